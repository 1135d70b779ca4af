import json
import threading

import pytest

from tests.service.site import Speaking, site
from tests.service.tones import Tones

TEXT = "첫째 문장입니다. 둘째 문장은 조금 더 깁니다. 셋째 문장도 있습니다."


@pytest.fixture
def gone_on():
    """What the voice waits for before its last part."""
    return threading.Event()


@pytest.fixture
def client(settings, database, storage, gone_on):
    waits = Tones(at=lambda i: gone_on.wait(20) if i % 3 == 2 else None)
    gone_on.set()
    with site(settings, database, storage, Speaking(waits)) as client:
        yield client
        gone_on.set()


def spoken(client, **request):
    """Submit and wait; returns the job."""
    answer = client.post("/api/v1/synthesize", json={"text": TEXT, **request})
    assert answer.status_code == 202, answer.text
    job = answer.json()
    told = list(events(client, job["id"]))
    assert told[-1]["state"] in ("succeeded", "failed", "cancelled")
    return client.get(f"/api/v1/jobs/{job['id']}").json()


def events(client, job, after=None):
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    path = f"/api/v1/jobs/{job}/events"
    with client.stream("GET", path, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith("data: "):
                yield json.loads(line[6:])


def test_a_text_is_spoken_followed_and_downloaded(client):
    job = spoken(client, format="wav", stream=True)
    assert (job["state"], job["progress"], job["error"]) == ("succeeded", 1.0, None)
    assert job["request"]["text"] == TEXT
    assert "".join(part["text"] for part in job["result"]["parts"]) == TEXT
    [file] = job["artefacts"]
    assert (file["name"], file["format"]) == ("speech.wav", "wav")
    sound = client.get(file["url"])
    assert sound.status_code == 200
    assert len(sound.content) == file["bytes"]
    assert sound.headers["content-type"] == "audio/wav"
    assert sound.headers["x-content-type-options"] == "nosniff"
    assert sound.headers["content-disposition"].startswith("attachment; filename=")
    assert int(sound.headers["x-watermark-id"], 16) < 2**32
    assert client.get("/api/v1/jobs").json()["jobs"] == [job]


@pytest.mark.parametrize(
    ("asked", "status", "slice_"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=100-", 206, slice(100, None)),
        ("bytes=-7", 206, slice(-7, None)),
        ("bytes=0-999999999999", 206, slice(0, None)),
        ("bytes=0-1,5-6", 200, slice(0, None)),
        ("bytes=-", 416, None),
        ("bytes=9-3", 416, None),
        ("bytes=999999999-", 416, None),
        ("bytes=-0", 416, None),
        ("lines=1-2", 200, slice(0, None)),
        (f"bytes={'9' * 400}-", 200, slice(0, None)),
    ],
)
def test_ranges(whole, asked, status, slice_):
    client, url, data = whole
    answer = client.get(url, headers={"Range": asked})
    assert answer.status_code == status
    if slice_ is None:
        assert answer.headers["content-range"] == f"bytes */{len(data)}"
    else:
        assert answer.content == data[slice_]
        assert int(answer.headers["content-length"]) == len(answer.content)


@pytest.fixture(scope="module")
def whole(postgres, tmp_path_factory):
    """A client without a worker, and a file of a job."""
    from dataclasses import replace
    from types import SimpleNamespace

    from fastapi import FastAPI
    from fastapi.testclient import TestClient
    from starlette.requests import Request

    from moksori.service import downloads, problems
    from moksori.service.storage import Storage

    _, base = postgres
    storage = Storage(replace(base, folder=tmp_path_factory.mktemp("ranges")))
    data = bytes(range(256)) * 4
    storage.put_once("jobs/a/speech.mp3", data)
    artefact = SimpleNamespace(
        key="jobs/a/speech.mp3", bytes=len(data), sha256="5" * 64, format="mp3"
    )
    artefact.job_id, artefact.name, artefact.token = "0" * 32, "speech.mp3", None
    app = FastAPI()
    problems.install(app)
    app.state.storage = storage

    async def file(request: Request):
        return downloads.send(request, artefact)

    app.add_route("/file", file)
    return TestClient(app), "/file", data


def test_events_are_replayed_behind_the_last_that_was_received(client):
    job = spoken(client)["id"]
    told = list(events(client, job))
    numbers = [event["n"] for event in told]
    assert numbers == list(range(1, len(told) + 1))
    assert list(events(client, job, after=numbers[1])) == told[2:]
    assert list(events(client, job, after="1; drop")) == told


def test_a_socket_tells_the_same(client):
    from websockets.sync.client import connect

    job = spoken(client)["id"]
    url = str(client.base_url).replace("http", "ws")
    with connect(f"{url}/ws/jobs/{job}?after=1") as socket:
        told = [json.loads(message) for message in socket]
    assert told == list(events(client, job, after=1))


def test_a_cancelled_job_ends_within_a_part(client, gone_on):
    gone_on.clear()
    answer = client.post("/api/v1/synthesize", json={"text": TEXT, "stream": True})
    job = answer.json()["id"]
    path = f"/api/v1/jobs/{job}"
    with client.stream("GET", f"{path}/audio") as sound:
        next(sound.iter_raw())  # it speaks
        assert client.delete(path).json()["state"] == "cancelling"
        gone_on.set()
    assert list(events(client, job))[-1]["state"] == "cancelled"
    assert client.delete(path).json()["state"] == "cancelled"
    assert client.get(f"{path}/audio").status_code == 404


def test_sound_is_heard_before_the_last_part_is_spoken(client, gone_on):
    gone_on.clear()
    request = {"text": TEXT, "stream": True, "format": "mp3"}
    job = client.post("/api/v1/synthesize", json=request).json()["id"]
    path = f"/api/v1/jobs/{job}"
    with client.stream("GET", f"{path}/audio") as answer:
        assert answer.headers["content-type"] == "audio/mpeg"
        pieces = answer.iter_raw()
        first = next(pieces)
        assert client.get(path).json()["state"] == "running"
        gone_on.set()
        assert len(first + b"".join(pieces)) > len(first)


@pytest.mark.parametrize(
    ("request_", "status", "word"),
    [
        ({"text": ""}, 400, "no_text"),
        ({"text": " \n"}, 400, "no_text"),
        ({"text": "가" * 5001}, 400, "text_too_long"),
        ({"text": "가\0나"}, 400, "bad_text"),
        ({"voice": "korean-dmo"}, 400, "unknown_voice"),
        ({"voice": "../../etc/passwd"}, 400, "unknown_voice"),
        ({"voice": "run:../secrets"}, 400, "unknown_voice"),
        ({"voice": "upload:20260101T000000-" + "0" * 64}, 400, "unknown_voice"),
        ({"language": "fr"}, 400, "unsupported_language"),
        ({"language": "../x"}, 400, "invalid_request"),
        ({"speed": 4.1}, 400, "invalid_request"),
        ({"speed": 4.0, "pitch": -12}, 400, "bad_speed"),
        ({"pitch": "NaN"}, 400, "invalid_request"),
        ({"format": "exe"}, 400, "invalid_request"),
        ({"format": "ogg", "sample_rate": 22050}, 400, "bad_sample_rate"),
    ],
)
def test_what_cannot_be_spoken_is_refused_with_a_word(client, request_, status, word):
    answer = client.post("/api/v1/synthesize", json={"text": TEXT, **request_})
    assert (answer.status_code, answer.json()["error"]) == (status, word)
    assert client.get("/api/v1/jobs").json()["jobs"] == []


def test_an_unreadable_text_fails_and_says_why(client):
    job = spoken(client, text="龘")
    assert (job["state"], job["error"]) == ("failed", "unreadable_text")
    assert "龘" in job["message"]


def test_the_same_key_is_the_same_job(client):
    headers = {"Idempotency-Key": "a1"}
    post = lambda text: client.post(  # noqa: E731
        "/api/v1/synthesize", json={"text": text}, headers=headers
    )
    assert post(TEXT).json()["id"] == post(TEXT).json()["id"]
    assert post("다른 글").status_code == 409


@pytest.mark.parametrize("job", ["0" * 32, "x", "%00", "..%2f..%2fetc", "0" * 33])
def test_jobs_that_are_not_there(client, job):
    for path in (f"/api/v1/jobs/{job}", f"/api/v1/jobs/{job}/audio"):
        assert client.get(path).status_code == 404
    assert client.delete(f"/api/v1/jobs/{job}").status_code == 404


def test_voices_and_what_is_missing(settings, database, storage):
    tasks = Speaking(missing=["XTTS 가중치가 없습니다."])
    with site(settings, database, storage, tasks) as client:
        before = client.get("/api/v1/voices").json()
        assert before["voices"][0]["id"] == "korean-demo"
        assert before["missing"] == []
        assert client.post("/initialize").json()["missing"] == tasks.missing
        assert client.get("/api/v1/voices").json()["missing"] == tasks.missing


def test_a_socket_is_for_its_job_and_its_user(settings, database, storage, user):
    from dataclasses import replace

    from fastapi.testclient import TestClient
    from starlette.websockets import WebSocketDisconnect

    from moksori.service.web import create_app
    from tests.service.working import submit

    job = submit(database, user)
    accounts = create_app(replace(settings, accounts=True), database, storage)
    home = create_app(settings, database, storage)
    for app, path in ((accounts, job), (home, job), (home, "0" * 32), (home, "x%00")):
        client = TestClient(app, "http://127.0.0.1")
        url = f"ws://127.0.0.1/ws/jobs/{path}"
        with (
            pytest.raises(WebSocketDisconnect) as refused,
            client.websocket_connect(url),
        ):
            pass
        assert refused.value.code == 1008


def test_operators_see_how_many_jobs_wait(settings, database, storage, user):
    from tests.service.people import client_of
    from tests.service.working import submit

    submit(database, user)
    with client_of(settings, database, storage) as client:
        assert client.get("/api/v1/admin/queue").json() == {"queued": 1}
