"""The server: every route, who may ask, and what it is sent instead of sound."""

import base64
import io
import json
import time
import zipfile
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from moksori.audio.files import wav_bytes
from moksori.speakers import rows
from moksori.speakers.calibration import Calibration
from moksori.speakers.recognizer import Recognizer
from moksori.speakers.registry import Registry
from tests.speakers.fake import CALIBRATION, RATE, FakeDetector, FakeEncoder, voice

fastapi = pytest.importorskip("fastapi")
from fastapi.testclient import TestClient  # noqa: E402

from moksori.speakers.server.app import create_app  # noqa: E402
from moksori.speakers.server.keys import Keys  # noqa: E402

KEY = "a key of many letters"
LOCAL, EVIL = "ws://localhost", "https://evil.example"


def sound(hertz: float, seconds: float = 4.0, seed: int = 0) -> bytes:
    return wav_bytes(voice(hertz, seconds, seed), RATE)


@pytest.fixture
def recognizer(tmp_path):
    encoder = FakeEncoder()
    with Registry.open(tmp_path / "r.db", encoder.id, encoder.dimension) as registry:
        yield Recognizer(encoder, registry, CALIBRATION, FakeDetector())


@pytest.fixture
def client(recognizer):
    app = create_app(recognizer)
    return TestClient(app, "http://localhost", raise_server_exceptions=False)


def register(client, name: str, hertz: float):
    files = [("files", (f"{n}.wav", sound(hertz, seed=n))) for n in range(3)]
    fields = {"name": name, "consent_by": name, "purpose": "tests"}
    return client.post("/speakers/register", data=fields, files=files)


def identify(client, content: bytes, **fields):
    files = {"file": ("../../etc/passwd", content)}
    return client.post("/speakers/identify", files=files, data=fields)


def test_from_registration_to_forgetting(client):
    assert client.get("/health").json() == {
        **{"status": "ok", "encoder": "fake-1", "speakers": 0}
    }
    answer = register(client, "김민지", 400)
    assert answer.status_code == 201
    minji = answer.json()["id"]
    suho = register(client, "suho", 900)
    assert (suho.status_code, suho.json()["warnings"]) == (201, [])
    twin = register(client, "twin", 900).json()
    assert twin["warnings"] == ["sounds like suho (1.00)"]
    assert client.delete(f"/speakers/{twin['id']}").status_code == 204

    decision = identify(client, sound(402)).json()
    assert (decision["decision"], decision["name"]) == ("known", "김민지")
    assert decision["encoder"] == "fake-1"
    assert identify(client, sound(2500)).json()["decision"] == "unknown"
    one = identify(client, sound(402), top=1, threshold=0.9).json()
    assert (len(one["candidates"]), one["threshold"]) == (1, 0.9)

    files = {"file": ("x.wav", sound(900))}
    verified = client.post(f"/speakers/{minji}/verify", files=files)
    assert verified.json()["decision"] == "unknown"
    page = client.get("/speakers", params={"offset": 1, "limit": 5}).json()
    assert (page["total"], len(page["speakers"])) == (2, 1)
    renamed = client.patch(f"/speakers/{minji}", json={"name": "민지"})
    assert renamed.json()["name"] == "민지"
    more = [("files", ("x.wav", sound(401, seed=9)))]
    assert client.post(f"/speakers/{minji}/clips", files=more).json()["clips"] == 4
    other = [("files", ("x.wav", sound(2000)))]
    refused = client.post(f"/speakers/{minji}/clips", files=other)
    assert (refused.status_code, refused.json()["error"]) == (422, "incoherent")
    kept = client.get(f"/speakers/{minji}/export").json()
    assert len(kept["clips_sha256"]) == 4
    assert "vector" not in json.dumps(kept)

    assert client.get("/plot.png").content[1:4] == b"PNG"

    assert client.delete(f"/speakers/{minji}").status_code == 204
    assert client.delete(f"/speakers/{minji}").status_code == 404
    assert client.get(f"/speakers/{minji}").status_code == 404
    metrics = client.get("/metrics").text
    assert 'decisions_total{answer="known"} 2.0' in metrics
    assert minji not in metrics


def test_a_clip_is_removed(client):
    path = "/speakers/" + register(client, "김민지", 400).json()["id"]
    clips = client.get(f"{path}/export").json()["clips_sha256"]
    for each in ("0" * 64, clips[0] + "x"):
        assert client.delete(f"{path}/clips/{each}").status_code == 404
    assert client.delete(f"/speakers/{'0' * 32}/clips/{clips[0]}").status_code == 404
    assert client.delete(f"{path}/clips/{clips[0]}").status_code == 204
    assert client.delete(f"{path}/clips/{clips[1]}").status_code == 204
    last = client.delete(f"{path}/clips/{clips[2]}")
    assert last.status_code == 422
    assert "forget the speaker" in last.json()["message"]
    assert client.get(path).json()["clips"] == 1


def test_a_batch_goes_on_after_an_error(client):
    audio = [base64.b64encode(sound(400, seed=n)).decode() for n in range(3)]
    agreed = {"consent_by": "they", "purpose": "tests"}
    operations = [
        {"op": "register", "name": "minji", "audio": audio, **agreed},
        {"op": "register", "name": "minji", "audio": audio, **agreed},
        {"op": "identify", "audio": audio[0]},
        {"op": "identify", "audio": "no base64!"},
        {"op": "verify", "speaker": "../x", "audio": audio[0]},
        {"op": "identify", "audio": audio[0], "threshold": "high"},
        {"op": "dance"},
    ]
    results = client.post("/batch", json={"operations": operations}).json()["results"]
    words = [each.get("error", each.get("decision", "done")) for each in results]
    assert words == [
        *("done", "name_taken", "known", "invalid"),
        *("not_enrolled", "invalid", "invalid"),
    ]
    assert client.post("/batch", json={"operations": [{}] * 65}).status_code == 422


def hostile() -> dict[str, tuple[bytes, set[int]]]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.wav", "x")
    good = sound(400)
    floats = wav_bytes(np.zeros(100, np.float32), RATE)
    return {
        "empty": (b"", {422}),
        "zip": (archive.getvalue(), {415}),
        "text": (b"hello" * 99, {415}),
        "cut header": (good[:20], {415}),
        "cut": (good[: len(good) // 2], {415}),
        "no samples": (floats[:44], {415}),
        "short": (floats, {200}),
        "silence": (wav_bytes(np.zeros(RATE * 4, np.float32), RATE), {200}),
        "playlist": (b"#EXTM3U\nhttp://127.0.0.1:1/x\n", {415}),
        "pickle": (b"\x80\x04cos\nsystem\n(S'x'\ntR.", {415}),
        "riff lies": (good[:4] + b"\xff\xff\xff\x7f" + good[8:400], {415}),
    }


@pytest.mark.parametrize("case", hostile())
def test_what_is_no_sound(client, case):
    content, statuses = hostile()[case]
    answer = identify(client, content)
    assert answer.status_code in statuses
    if answer.status_code != 200:
        assert set(answer.json()) == {"error", "message"}
        assert "/tmp" not in answer.text
    assert client.get("/health").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "fields", "status"),
    [
        ("GET", "/speakers/..%2f..%2fetc", {}, 404),
        ("GET", "/speakers/" + "x" * 5000, {}, 404),
        ("DELETE", "/speakers/%00", {}, 404),
        ("GET", "/speakers?limit=-1", {}, 422),
        ("GET", "/speakers?limit=many", {}, 422),
        ("POST", "/speakers/identify", {"content": b"no form"}, 422),
        ("POST", "/speakers/identify", {"json": {"file": "x"}}, 422),
        ("POST", "/speakers/register", {"data": {"name": "x"}}, 422),
        ("POST", "/batch", {"content": b"[" * 100000}, 422),
        ("POST", "/batch", {"json": {"operations": "x"}}, 422),
        ("POST", "/batch", {"json": {"operations": [1, None]}}, 422),
        ("PATCH", "/speakers/" + "0" * 32, {"json": {"name": 5}}, 422),
        ("PUT", "/speakers", {}, 405),
        ("POST", "/nothing", {}, 404),
    ],
)
def test_requests_of_another_form(client, method, path, fields, status):
    answer = client.request(method, path, **fields)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "message"}


def test_bodies_are_counted_as_they_come(recognizer):
    app = create_app(recognizer, most_bytes=100_000)
    client = TestClient(app, "http://localhost")

    def endless():
        for _ in range(10):
            yield b"x" * 50_000

    assert identify(client, b"x" * 200_000).status_code == 413
    chunked = client.post("/batch", content=endless())
    assert chunked.status_code == 413
    assert chunked.json()["error"] == "too_large"


def test_keys_and_hosts(recognizer, tmp_path):
    (tmp_path / "keys").write_text(f"\n{KEY}\n")
    guarded = TestClient(create_app(recognizer, Keys.read(tmp_path / "keys")))
    assert guarded.get("/health").status_code == 200
    for headers in ({}, {"X-API-Key": "another"}):
        assert guarded.get("/speakers", headers=headers).status_code == 401
    assert guarded.get("/speakers", headers={"X-API-Key": KEY}).status_code == 200
    open_ = TestClient(create_app(recognizer), "http://localhost")
    assert open_.get("/speakers", headers={"Host": "evil.example"}).status_code == 421
    assert open_.get("/speakers", headers={"Host": "[::1]:8000"}).status_code == 200
    for origin, status in (("http://localhost", 200), ("null", 403), (EVIL, 403)):
        answer = open_.get("/speakers", headers={"Origin": origin})
        assert answer.status_code == status


def test_an_encoder_without_thresholds_needs_one(recognizer, client):
    register(client, "minji", 400)
    recognizer.calibration = Calibration({})
    answer = identify(client, sound(402))
    assert (answer.status_code, answer.json()["error"]) == (422, "not_usable")
    assert identify(client, sound(402), threshold=0.8).json()["name"] == "minji"


def test_keys_that_are_refused(tmp_path):
    with pytest.raises(ValueError, match="only this machine"):
        Keys().check_host("0.0.0.0")
    Keys.read(key=KEY).check_host("0.0.0.0")
    with pytest.raises(ValueError, match="16 characters"):
        Keys.read(key="short")
    with pytest.raises(ValueError, match="64 hexadecimal"):
        Keys.read(key="sha256:12")
    (tmp_path / "keys").write_text("\n")
    with pytest.raises(ValueError, match="holds no key"):
        Keys.read(tmp_path / "keys")


def test_listening_over_a_socket(recognizer, client, monkeypatch):
    from moksori.speakers.server import live

    class Listener:
        def __init__(self, recognizer, threshold):
            assert threshold in (None, 0.5)
            self.taken = 0

        def feed(self, samples, rate):
            self.taken += len(samples) / rate
            return [Answer(self.taken)]

        def finish(self):
            return [Answer(-1)]

    class Answer:
        def __init__(self, seconds):
            self.seconds = seconds

        def to_json(self):
            return {"seconds": self.seconds}

    monkeypatch.setattr(live, "Listener", Listener)
    with client.websocket_connect(f"{LOCAL}/listen?rate=8000&threshold=0.5") as socket:
        socket.send_bytes(bytes(8000))
        assert socket.receive_json() == {"seconds": 0.5}
        socket.send_bytes(b"")
        assert socket.receive_json() == {"seconds": -1}
    for path, block in (("/listen?rate=9e9", b""), ("/listen", b"odd")):
        with client.websocket_connect(f"{LOCAL}{path}") as socket:
            socket.send_bytes(block)
            with pytest.raises(fastapi.WebSocketDisconnect):
                socket.receive_json()
    guarded = TestClient(create_app(recognizer, Keys.read(key=KEY)))
    for asked, headers in ((guarded, {}), (client, {"Origin": EVIL})):
        with (
            pytest.raises(fastapi.WebSocketDisconnect),
            asked.websocket_connect(f"{LOCAL}/listen", headers=headers),
        ):
            pass


def test_whose_time_is_over_is_forgotten_while_the_server_runs(recognizer, monkeypatch):
    from moksori.speakers.server import work

    monkeypatch.setattr(work, "_HOUR", 0.01)
    with TestClient(create_app(recognizer), "http://localhost") as client:
        files = [("files", (f"{n}.wav", sound(400, seed=n))) for n in range(3)]
        fields = {"name": "minji", "consent_by": "they", "purpose": "tests", "days": 1}
        answer = client.post("/speakers/register", data=fields, files=files)
        assert answer.status_code == 201
        later = datetime.now(UTC) + timedelta(days=1, seconds=1)
        monkeypatch.setattr("moksori.speakers.rows.now", lambda: rows.stamp(later))
        ends = time.monotonic() + 10
        while len(recognizer.registry) and time.monotonic() < ends:
            time.sleep(0.01)
        assert len(recognizer.registry) == 0
