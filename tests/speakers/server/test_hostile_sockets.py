"""A server that listens: broken connections, sockets, and what the disk refuses."""

import contextlib
import json
import socket
import sqlite3
import struct
import threading
import time

import numpy as np
import pytest

from moksori.speakers.recognizer import Recognizer
from moksori.speakers.registry import Registry
from tests.speakers.fake import CALIBRATION, RATE, FakeDetector, FakeEncoder, voice
from tests.speakers.test_stream import Energy

pytest.importorskip("fastapi")
import uvicorn
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from moksori.speakers.server.app import create_app
from moksori.speakers.server.live import MOST_BYTES


class Hears(FakeDetector, Energy):
    """Detect speech in whole recordings and in streams."""


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """The port of a server in a thread, as the command runs it."""
    encoder, path = FakeEncoder(), tmp_path_factory.mktemp("people") / "r.db"
    with Registry.open(path, encoder.id, encoder.dimension) as registry:
        app = create_app(Recognizer(encoder, registry, CALIBRATION, Hears()))
        how = {"port": 0, "log_level": "critical", "ws_max_size": MOST_BYTES}
        server = uvicorn.Server(uvicorn.Config(app, **how))
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
        server.should_exit = True
        thread.join(timeout=20)


def sent(port: int, content: bytes, reset: bool = False) -> bytes:
    """Send bytes over a connection of their own; return what comes back."""
    answer = b""
    with (
        contextlib.suppress(ConnectionError),  # before all of it was sent
        socket.create_connection(("127.0.0.1", port), timeout=10) as connection,
    ):
        connection.sendall(content)
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            return b""
        if content.endswith(CUT):
            connection.shutdown(socket.SHUT_WR)
        while piece := connection.recv(65_536):
            answer += piece
    return answer


# Closing resets the connection.
AT_ONCE = struct.pack("ii", 1, 0)
CUT = b"cut off"
HEAD = b"POST /speakers/identify HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"100000\r\n" + b"x" * 2**20 + b"\r\n"
BROKEN = {
    "no HTTP": (b"\0\1\2\3 hello\r\n\r\n", b"400"),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 9, b""),
    "negative length": (HEAD + b"Content-Length: -1\r\n\r\n", b"400"),
    "two lengths": (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", b"400"),
    "digits": (HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", b"4"),
    "large": (HEAD + b"Content-Length: 11000000\r\n\r\n", b"413"),
    "long header": (HEAD + b"X: " + b"x" * 100_000 + b"\r\n\r\n", b""),
    "no chunk": (CHUNKED + b"xyz\r\nabc\r\n", b"400"),
    "endless chunk": (CHUNKED + b"ffffffffffffffffff\r\nabc\r\n" + CUT, b""),
    "cut off in a chunk": (CHUNKED + CHUNK[:900] + CUT, b""),
    "cut off": (HEAD + b"Content-Length: 500\r\n\r\n" + CUT, b""),
    # The connection may be reset before the answer is read.
    "large in chunks": (CHUNKED + CHUNK * 11 + b"0\r\n\r\n", b""),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_requests(port, case):
    content, status = BROKEN[case]
    answer = sent(port, content)
    assert answer.startswith(b"HTTP/1.1 " + status) or not (answer or status)
    assert answer[9:10] in (b"", b"4")
    alive(port)


def alive(port: int) -> None:
    health = HEAD.replace(b"POST /speakers/identify", b"GET /health")
    assert b'"status":"ok"' in sent(port, health + b"\r\n")


def test_clients_that_vanish(port):
    for content in (HEAD, CHUNKED + CHUNK[:99], HEAD + b"Content-Length: 9\r\n\r\n"):
        sent(port, content, reset=True)
    with connect(f"ws://localhost:{port}/listen") as listening:
        listening.send(samples(1.0))
        listening.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        listening.socket.close()
    alive(port)


def samples(seconds: float) -> bytes:
    return (voice(440, seconds) * 32767).astype("<i2").tobytes()


@pytest.mark.parametrize(
    ("query", "message", "code"),
    [
        *((f"?rate={rate}", b"", 1008) for rate in ("0", "-8000", "nan", "48001", "")),
        *((f"?threshold={each}", b"", 1008) for each in ("nan", "2", "x", "")),
        ("?rate=" + "9" * 5000, b"", 1008),
        ("?rate=%D9%A1%D9%A6%D9%A0%D9%A0%D9%A0", b"", 1008),
        ("", "text", 1003),
        ("", '{"audio": []}', 1003),
        ("", b"odd", 1008),
        ("", bytes(MOST_BYTES + 2), 1009),
    ],
    ids=lambda each: repr(each)[:20],
)
def test_sockets_that_send_no_sound(port, query, message, code):
    with connect(f"ws://localhost:{port}/listen{query}") as listening:
        with contextlib.suppress(ConnectionClosed):
            listening.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            listening.recv(timeout=10)
    assert closed.value.rcvd.code == code
    assert closed.value.rcvd.reason.isprintable()


def test_noise_and_cut_off_speech_over_a_socket(port):
    """What is sound is answered, whatever it sounds like."""
    random = np.random.default_rng(0)
    loud = random.integers(-32768, 32768, RATE * 5, "<i2").tobytes()
    square = b"\xff\x7f" * RATE * 5
    for content in (bytes(MOST_BYTES), square, loud, samples(5)[:70_002]):
        with connect(f"ws://localhost:{port}/listen?rate=8000") as listening:
            for start in range(0, len(content), 6000):
                listening.send(content[start : start + 6000])
            listening.send(b"")
            for answer in listening:  # until it is closed as it should be
                assert json.loads(answer)["name"] is None
            assert listening.close_code == 1000


def test_a_registry_in_use_is_busy_and_a_mistake_of_ours_says_so(server, monkeypatch):
    server.registry._database.connection.execute("PRAGMA busy_timeout = 20")
    other = sqlite3.connect(server.registry.path)
    other.execute("BEGIN EXCLUSIVE")
    path = f"/speakers/{server.minji}"
    answers = [
        server.client.patch(path, json={"name": "suho"}),
        server.client.delete(path),
        server.client.get("/speakers"),
    ]
    other.close()
    server.registry._database.connection.execute("PRAGMA busy_timeout = 30000")
    for answer in answers:
        assert (answer.status_code, answer.json()["error"]) == (503, "busy")
        assert answer.headers["Retry-After"] == "1"

    def fail(*_):
        raise RuntimeError("/home/secret")

    monkeypatch.setattr(server.registry, "get", fail)
    answer = server.client.get(path)
    assert (answer.status_code, answer.json()["error"]) == (500, "failed")
    assert "secret" not in answer.text
