import base64
import json
import threading
import time

import pytest

from tests.service.site import Speaking, site
from tests.service.tones import Tones
from tests.service.working import until

TEXT = "첫째 문장입니다. 둘째 문장은 조금 더 깁니다. 셋째 문장도 있습니다."


@pytest.fixture
def gone_on():
    event = threading.Event()
    event.set()
    return event


@pytest.fixture
def voice(gone_on):
    """A voice that waits before each third part until the test goes on."""
    return Tones(at=lambda i: gone_on.wait(20) if i % 3 == 2 else None)


@pytest.fixture
def client(settings, database, storage, gone_on, voice):
    with site(settings, database, storage, Speaking(voice)) as client:
        yield client
        gone_on.set()


def ask(client, timeout=20.0, **request):
    body = {"input": TEXT, **request}
    return client.stream("POST", "/v1/audio/speech", json=body, timeout=timeout)


def states(client):
    return [job["state"] for job in client.get("/api/v1/jobs").json()["jobs"]]


@pytest.mark.parametrize(
    ("asked", "media", "magic"),
    [
        ({}, "audio/mpeg", b"ID3"),
        ({"response_format": "opus", "voice": {"id": "korean-demo"}}, None, b"OggS"),
        ({"response_format": "aac", "model": "tts-1"}, "audio/aac", b"ID3"),
        ({"response_format": "flac"}, "audio/flac", b"fLaC"),
        ({"response_format": "wav"}, "audio/wav", b"RIFF\xff\xff\xff\xff"),
        ({"response_format": "pcm", "speed": 2.0}, "audio/pcm", b""),
    ],
)
def test_formats(client, asked, media, magic):
    with ask(client, **asked) as answer:
        assert answer.status_code == 200
        if media:
            assert answer.headers["content-type"] == media
        token = answer.headers["x-watermark-id"]
        sound = answer.read()
    assert sound.startswith(magic)
    [job] = client.get("/api/v1/jobs").json()["jobs"]
    assert job["state"] == "succeeded"
    assert client.get(job["artefacts"][0]["url"]).headers["x-watermark-id"] == token
    if asked.get("response_format") == "pcm":
        [file] = job["artefacts"]
        assert client.get(file["url"]).content == sound
        assert len(sound) / 2 == pytest.approx(24_000 * (file["seconds"] + 0.2), abs=99)


def test_the_first_sound_comes_before_the_last_sentence(client, gone_on, voice):
    gone_on.clear()
    with ask(client) as answer:
        pieces = answer.iter_raw()
        first = next(pieces)
        assert first
        assert len(voice.spoken) < 3
        gone_on.set()
        assert b"".join(pieces)
    assert len(voice.spoken) == 3


def test_events_hold_the_sound_in_base64(client):
    with ask(client, stream_format="sse", response_format="pcm") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = [json.loads(line[6:]) for line in answer.iter_lines() if line]
    *deltas, done = told
    assert {event["type"] for event in deltas} == {"speech.audio.delta"}
    assert done["type"] == "speech.audio.done"
    assert done["usage"]["total_tokens"] == len(TEXT)
    sound = b"".join(base64.b64decode(event["audio"]) for event in deltas)
    [job] = client.get("/api/v1/jobs").json()["jobs"]
    assert client.get(job["artefacts"][0]["url"]).content == sound


def test_a_client_that_goes_ends_its_job_at_the_next_part(client, gone_on, voice):
    gone_on.clear()
    with ask(client) as answer:
        next(answer.iter_raw())
    until(lambda: states(client) == ["cancelling"])
    gone_on.set()
    until(lambda: states(client) == ["cancelled"])
    assert len(voice.spoken) < 3


def test_what_was_heard_is_charged_though_its_client_goes(client, gone_on, database):
    from moksori.service.tables import Usage

    gone_on.clear()
    with ask(client) as answer:
        next(answer.iter_raw())
    gone_on.set()
    until(lambda: states(client) == ["cancelled"])
    with database.session() as session:
        assert session.query(Usage).one().characters == len(TEXT)


def test_a_repeated_request_is_answered_though_its_pieces_are_gone(client, database):
    from moksori.service.tables import Chunk

    body, headers = {"input": TEXT}, {"Idempotency-Key": "a1"}
    first = client.post("/v1/audio/speech", json=body, headers=headers)
    with database.session() as session:
        session.query(Chunk).delete()
    again = client.post("/v1/audio/speech", json=body, headers=headers)
    assert again.status_code == 200
    assert len(again.content) == pytest.approx(len(first.content), rel=0.05)
    assert len(client.get("/api/v1/jobs").json()["jobs"]) == 1


def test_a_client_that_goes_before_the_first_sound(client, gone_on, voice):
    import httpx

    voice.at = lambda i: gone_on.wait(20)
    gone_on.clear()
    with pytest.raises(httpx.ReadTimeout), ask(client, timeout=0.5):
        pass
    until(lambda: states(client) == ["cancelling"])
    gone_on.set()
    until(lambda: states(client) == ["cancelled"])


def test_many_that_go_leave_a_service_that_speaks(client, voice):
    """Forty here; `python -m benchmarks.service_speech` has two hundred."""
    voice.at = lambda i: time.sleep(0.01)
    for _ in range(40):
        with ask(client, response_format="pcm") as answer:
            next(answer.iter_raw())
    until(lambda: not {"queued", "running", "cancelling"} & set(states(client)), 60)
    with ask(client) as answer:
        assert answer.read()


@pytest.mark.parametrize(
    ("asked", "status", "code", "param"),
    [
        ({"voice": "alloy"}, 400, "unknown_voice", "voice"),
        ({"input": ""}, 400, "no_text", "text"),
        ({"input": "가" * 5001}, 400, "text_too_long", "text"),
        ({"model": "whisper-1"}, 404, "model_not_found", "model"),
        ({"instructions": "슬프게"}, 400, "unsupported_instructions", "instructions"),
        ({"response_format": "exe"}, 400, "invalid_request", "response_format"),
        ({"speed": 5}, 400, "invalid_request", "speed"),
        ({"input": "龘"}, 422, "unreadable_text", None),
    ],
)
def test_errors_are_in_openais_shape(client, asked, status, code, param):
    with ask(client, **asked) as answer:
        error = json.loads(answer.read())["error"]
    assert (answer.status_code, error["code"], error["param"]) == (status, code, param)
    assert error["type"] == "invalid_request_error"
    if code == "unknown_voice":
        assert "korean-demo" in error["message"]


def test_models_and_voices(client):
    models = client.get("/v1/models").json()
    assert models["object"] == "list"
    assert {"moksori", "tts-1"} <= {model["id"] for model in models["data"]}
    [voice] = client.get("/v1/audio/voices").json()["voices"]
    assert voice["id"] == "korean-demo"


def test_sound_goes_on_where_a_worker_left_its_job(client, voice):
    """The next attempt has the same token, so it makes the same bytes."""
    from moksori.service.errors import Interrupted

    left = []

    def leave(part):
        if part == 2 and not left:
            left.append(part)
            raise Interrupted

    voice.at = leave
    with ask(client, response_format="pcm") as answer:
        sound = answer.read()
    assert len(voice.spoken) == 5
    [job] = client.get("/api/v1/jobs").json()["jobs"]
    assert job["state"] == "succeeded"
    assert client.get(job["artefacts"][0]["url"]).content == sound
