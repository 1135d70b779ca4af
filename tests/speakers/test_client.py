"""A server that answers, refuses, fails, is slow or is not there."""

import io
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import numpy as np
import pytest

from moksori.audio.files import decode
from moksori.speakers.client import RemoteRecognizer, ServerError, read_key

pytestmark = pytest.mark.usefixtures("speakers_installed")
WAVE = np.linspace(-0.5, 0.5, 1600, dtype=np.float32)
KNOWN = {"decision": "known", "speaker": "id", "name": "민지", "score": 0.8}


class Local:
    """A local recogniser that counts how often it was asked."""

    def __init__(self):
        self.asked = []

    def identify(self, wave, sample_rate, threshold=None, top=5):
        self.asked.append((len(wave), sample_rate, threshold, top))
        return SimpleNamespace(to_json=lambda: dict(KNOWN, name="수호"))


@pytest.fixture
def server():
    """A server whose `status`, `body` and `wait` tests set; `got` is what it got."""
    state = SimpleNamespace(status=200, body=json.dumps(KNOWN), wait=0.0, got=[])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.got.append((self.path, self.headers, body))
            time.sleep(state.wait)
            self.send_response(state.status)
            self.end_headers()
            self.wfile.write(state.body.encode())

        def log_message(self, *words):
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{http.server_port}"
    yield state
    http.shutdown()
    http.server_close()


def test_the_server_gets_a_wav_and_the_key(server, tmp_path):
    remote = RemoteRecognizer(server.url + "/", "secret")
    answer = remote.identify(WAVE, 16000, threshold=0.7, top=3)
    assert answer == {**KNOWN, "by": "server"}
    ((path, headers, body),) = server.got
    assert path == "/speakers/identify"
    assert headers["X-API-Key"] == "secret"
    for name, value in (("threshold", "0.7"), ("top", "3")):
        assert f'name="{name}"\r\n\r\n{value}\r\n'.encode() in body
    begin = body.index(b"RIFF")
    size = int.from_bytes(body[begin + 4 : begin + 8], "little") + 8
    sent = tmp_path / "a.wav"
    sent.write_bytes(io.BytesIO(body[begin : begin + size]).read())
    wave, rate = decode(sent)
    assert rate == 16000
    np.testing.assert_allclose(wave, WAVE, atol=1e-4)
    assert not remote.exposes_key
    assert RemoteRecognizer("http://example.org", "secret").exposes_key


@pytest.mark.parametrize("status", [400, 401, 404, 413, 422, 429])
def test_a_refusal_is_one_line_and_never_answered_locally(server, status):
    local = Local()
    server.status = status
    server.body = json.dumps({"error": "bad", "message": "this is why\nand more"})
    remote = RemoteRecognizer(server.url, fallback=lambda: local)
    with pytest.raises(ServerError, match=f"refuses: {status} .*: this is why$"):
        remote.identify(WAVE, 16000)
    assert not local.asked


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_that_fails_is_replaced(server, status):
    server.status, server.body = status, "<html>"
    local = Local()
    remote = RemoteRecognizer(server.url, fallback=lambda: local)
    answer = remote.identify(WAVE, 16000, threshold=0.6)
    assert (answer["by"], answer["name"]) == ("local", "수호")
    assert str(status) in answer["fallback"]
    assert local.asked == [(1600, 16000, 0.6, 5)]
    with pytest.raises(ServerError, match=f"fails: {status}"):
        RemoteRecognizer(server.url).identify(WAVE, 16000)


def test_a_slow_server_and_none_at_all_are_replaced(server):
    local, made = Local(), []

    def make():
        made.append(1)
        return local

    server.wait = 0.6
    slow = RemoteRecognizer(server.url, timeout=0.1, fallback=make)
    assert slow.identify(WAVE, 16000)["by"] == "local"
    # The recording was sent once: only connections are tried again.
    assert len(server.got) == 1
    assert slow.identify(WAVE, 16000)["by"] == "local"
    # The local one is loaded when it is needed, and once.
    assert len(made) == 1
    nobody = RemoteRecognizer("http://127.0.0.1:9", fallback=make)
    answer = nobody.identify(WAVE, 16000)
    assert answer["by"] == "local"
    assert "does not answer" in answer["fallback"]
    with pytest.raises(ServerError, match="does not answer"):
        RemoteRecognizer("http://127.0.0.1:9").identify(WAVE, 16000)


@pytest.mark.parametrize(
    "body",
    [
        *("<html>hello</html>", "[1]", "{}", "", "[" * 100_000, '{"decision": []}'),
        '{"decision": "known", "score": []}',
    ],
    ids=lambda body: body[:20],
)
def test_another_kind_of_server_is_said_to_be_one(server, body):
    server.body = body
    with pytest.raises(ServerError, match="not a server of speaker recognition"):
        RemoteRecognizer(server.url).identify(WAVE, 16000)


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://a", "http://", ""])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ServerError, match="no address"):
        RemoteRecognizer(url)


def test_keys_come_from_the_first_line_of_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_text("  abc \nnot this\n")
    assert read_key(file) == "abc"
    for content in (b"", b"\n", "열쇠".encode(), b"\xff\xfe"):
        file.write_bytes(content)
        with pytest.raises(ServerError, match="key"):
            read_key(file)
    with pytest.raises(ServerError, match="No such file"):
        read_key(tmp_path / "missing")


def test_without_a_registry_both_reasons_are_told():
    def missing():
        raise FileNotFoundError("no registry here")

    remote = RemoteRecognizer("http://127.0.0.1:9", fallback=missing)
    with pytest.raises(ServerError, match=r"does not answer.*no registry here"):
        remote.identify(WAVE, 16000)
