import numpy as np
import pytest

from moksori.audio.encoding import encode
from tests.service.site import Speaking, site

TEXT = "안녕하세요. 반갑습니다."
RATE = 24_000


@pytest.fixture
def client(settings, database, storage):
    with site(settings, database, storage, Speaking()) as client:
        yield client


@pytest.fixture(scope="module")
def recording():
    time = np.arange(4 * RATE) / RATE
    return encode((0.3 * np.sin(1400 * time)).astype(np.float32), RATE, "flac")


def send(client, data, name="목소리.flac"):
    return client.post("/upload", files={"audio": (name, data, "text/html")})


def test_the_walk_of_the_web_app(client, recording):
    assert client.post("/initialize").json()["success"] is True
    assert client.post("/initialize").json()["success"] is True
    sent = send(client, recording).json()
    assert sent["success"] is True
    assert set(sent["features"]) == {
        *("fundamental_frequency", "spectral_centroid", "spectral_rolloff"),
        *("mfcc_mean", "duration", "sample_rate"),
    }
    asked = {"text": TEXT, "reference_filename": sent["filename"], "language": "ko"}
    made = client.post("/synthesize", json={**asked, "voice": "korean-demo"}).json()
    assert made["success"] is True
    assert made["duration"] > 1
    sound = client.get(f"/download/{made['output_filename']}")
    assert sound.content.startswith(b"RIFF")
    assert sound.headers["content-disposition"].startswith("attachment")
    assert sound.headers["x-content-type-options"] == "nosniff"
    assert client.post("/cleanup").json()["deleted_files"] == 0


def test_a_clone_needs_consent_and_says_what_is_missing(client, recording):
    name = send(client, recording).json()["filename"]
    asked = {"text": TEXT, "reference_filename": name}
    answer = client.post("/synthesize", json=asked)
    assert (answer.status_code, answer.json()["error"]) == (403, "consent_required")
    consent = "김민지, 2026년 11월 20일, 편지 낭독"
    answer = client.post("/synthesize", json={**asked, "consent": consent})
    assert (answer.status_code, answer.json()["error"]) == (503, "xtts_missing")
    assert answer.json()["success"] is False
    [job] = client.get("/api/v1/jobs").json()["jobs"]
    assert job["request"]["consent"] == consent
    answer = client.post("/synthesize", json={"text": TEXT})
    assert (answer.status_code, answer.json()["error"]) == (400, "no_voice")


def test_what_takes_longer_is_answered_by_its_job(client, monkeypatch):
    from moksori.service import classic

    monkeypatch.setattr(classic, "WAIT_SECONDS", 0.0)
    asked = {"text": TEXT, "voice": "korean-demo"}
    answer = client.post("/synthesize", json=asked)
    assert (answer.status_code, answer.json()["success"]) == (202, True)
    path = f"/api/v1/jobs/{answer.json()['job']['id']}"
    client.get(f"{path}/events")
    assert client.get(path).json()["state"] == "succeeded"


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..%2f..%2fsecrets.json",
        "%2e%2e/secrets.json",
        "%00.wav",
        "C:%5Cwindows%5Cwin.ini",
        "..%5csecrets.json",
        "%ef%bc%8e%ef%bc%8e/secrets.json",
        "0" * 32 + ".wav",
        "0" * 32 + ".wav%00.html",
        "a" * 5000,
    ],
)
def test_no_name_leads_anywhere(client, name):
    answer = client.get(f"/download/{name}")
    assert answer.status_code == 404
    asked = {"text": TEXT, "reference_filename": name, "consent": "가 나 다"}
    answer = client.post("/synthesize", json=asked)
    assert (answer.status_code, answer.json()["error"]) == (404, "no_upload")


@pytest.mark.parametrize(
    "name",
    [
        "../../x.wav",
        "a\r\nSet-Cookie: b=c.wav",
        "<img src=x>.wav",
        "\u202evaw.exe",
        ".",
    ],
)
def test_the_name_of_an_upload_is_not_used(client, recording, storage, name):
    answer = send(client, recording, name)
    assert answer.status_code == 200
    [key] = storage.keys("uploads")
    assert key == f"uploads/{'0' * 32}/{answer.json()['filename']}"
    assert "set-cookie" not in answer.headers


def test_what_is_no_recording_is_refused(client):
    answer = send(client, b"<html><script>alert(1)</script></html>", "a.wav")
    assert (answer.status_code, answer.json()["error"]) == (415, "not_sound")
    assert answer.json()["success"] is False
    assert client.post("/upload").status_code == 400


def test_a_large_upload_in_chunks_is_counted(client):
    """Without a Content-Length only what has come tells how much there is."""
    boundary = "x"
    head = (
        f"--{boundary}\r\nContent-Disposition: form-data; name=audio; "
        f"filename=a.wav\r\n\r\n"
    ).encode()

    def body():
        yield head
        for _ in range(60):
            yield bytes(2**20)

    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    answer = client.post("/upload", content=body(), headers=headers)
    assert answer.status_code == 413


def test_many_parts_are_refused(client):
    files = [("audio", ("a.wav", b"RIFF", "audio/wav")) for _ in range(10_000)]
    assert client.post("/upload", files=files).status_code == 400


def test_old_uploads_go(client, recording, storage):
    import re
    from datetime import timedelta

    from moksori.service import uploads
    from moksori.service.tables import now

    name = send(client, recording).json()["filename"]
    old = f"{now() - timedelta(minutes=61):%Y%m%dT%H%M%S}"
    aged = re.sub(r"^\w+", old, name)
    user = "0" * 32
    storage.put_once(f"uploads/{user}/{aged}", b"RIFF")
    assert uploads.kept(storage, user, aged)[0] == b"RIFF"
    assert client.post("/cleanup").json()["deleted_files"] == 1
    assert storage.keys("uploads") == [f"uploads/{user}/{name}"]
