"""Connections to a real server: too slow, too many, and those that are neither."""

import asyncio
import contextlib
import socket
import threading
import time

import pytest

pytest.importorskip("uvicorn")
HEAD = 0.3
BEGUN = b"GET / HTTP/1.1\r\nHost: localhost\r\n"


async def application(scope, receive, send):
    """Answer the bytes of a body, after a second below /slow; echo on a socket."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": (await receive())["text"]})
        return
    count, more = 0, True
    while more:
        message = await receive()
        count, more = count + len(message["body"]), message["more_body"]
    if scope["path"] == "/slow":
        await asyncio.sleep(3 * HEAD)
    body = b"%d" % count
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def port(monkeypatch):
    """Serve twenty connections, of which another address holds two."""
    import uvicorn

    from moksori.speakers.server import connections

    monkeypatch.setattr(connections, "HEAD_SECONDS", HEAD)
    config = uvicorn.Config(
        application,
        http=connections.Connection,
        limit_concurrency=20,
        lifespan="off",
        proxy_headers=False,
        log_level="error",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    listen = lambda: asyncio.run(server.serve(sockets=[listening]))  # noqa: E731
    thread = threading.Thread(target=listen)
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()


def connected(port, address="127.0.0.1"):
    return socket.create_connection(("127.0.0.1", port), 5, (address, 0))


def asked(connection, path="/", body=b""):
    head = f"GET {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)
    return answered(connection)


def answered(connection):
    """Return a whole answer, whose body is never empty."""
    answer = b""
    while not answer.partition(b"\r\n\r\n")[2]:
        answer += (piece := connection.recv(4096))
        assert piece, answer
    return answer


def test_a_head_that_does_not_come_is_given_up(port):
    silent, begun = connected(port), time.monotonic()
    assert silent.recv(1) == b""
    assert HEAD * 0.9 < time.monotonic() - begun < 3
    # A letter now and then is none the better, nor on a connection that was answered.
    slow = connected(port)
    assert asked(slow).endswith(b"0")
    slow.sendall(BEGUN)
    slow.settimeout(HEAD / 10)
    begun, ended = time.monotonic(), False
    while not ended:
        assert time.monotonic() - begun < 3
        with contextlib.suppress(TimeoutError):
            slow.sendall(b"X")
            ended = slow.recv(1) == b""


def test_what_takes_long_by_right_is_answered(port):
    connection = connected(port)
    assert asked(connection, "/slow").endswith(b"0")
    time.sleep(2 * HEAD)
    assert asked(connection).endswith(b"0")
    connection.sendall(BEGUN + b"Content-Length: 4\r\n\r\n")
    for _ in range(4):
        time.sleep(HEAD / 2)
        connection.sendall(b"x")
    assert answered(connection).endswith(b"4")


def test_a_websocket_is_no_request_that_is_late(port):
    from websockets.sync.client import connect

    with connect(f"ws://127.0.0.1:{port}/") as websocket:
        time.sleep(3 * HEAD)
        websocket.send("here")
        assert websocket.recv() == "here"


def test_an_address_from_elsewhere_holds_a_tenth(port):
    held = [connected(port, "127.0.0.2") for _ in range(2)]
    assert asked(held[0]).startswith(b"HTTP/1.1 200")
    refused = answered(connected(port, "127.0.0.2"))
    assert refused.startswith(b"HTTP/1.1 503")
    assert refused.endswith(b"too many connections from here\n")
    assert asked(connected(port, "127.0.0.3")).startswith(b"HTTP/1.1 200")
    # This machine is bounded by the whole alone.
    assert all(
        asked(each).startswith(b"HTTP/1.1 200")
        for each in [connected(port) for _ in range(5)]
    )
    held.pop().close()
    time.sleep(0.1)
    again = connected(port, "127.0.0.2")
    assert asked(again).startswith(b"HTTP/1.1 200")


def test_more_than_all_is_503(port):
    held = [connected(port) for _ in range(19)]
    assert asked(held[-1]).startswith(b"HTTP/1.1 200")
    assert asked(connected(port)).startswith(b"HTTP/1.1 503")
