"""The gate: whose requests are served, how large they may be, what is logged."""

import json
import logging
from dataclasses import replace

import pytest

from tests.service.signing import ORIGIN, PASSWORD, registered, word

EVIL = {"origin": "https://evil.example"}


@pytest.fixture
def local(service_installed, tmp_path):
    """Call a service without accounts: of an upload, a socket and a mistake."""
    from fastapi import FastAPI, Request, UploadFile, WebSocket
    from fastapi.testclient import TestClient

    from moksori.service import gate
    from moksori.service.callers import SignedIn
    from moksori.service.settings import Settings

    app = FastAPI()
    app.state.settings = settings = Settings(folder=tmp_path, secret="s" * 32)
    app.state.settings = settings = replace(
        settings, origins=("https://friend.example",)
    )
    gate.install(app, settings)

    @app.post("/upload")
    async def upload(audio: UploadFile):
        return {"bytes": audio.size}

    @app.post("/text")
    async def text(request: Request):
        return {"bytes": len(await request.body())}

    @app.get("/fail/{name}")
    def fail(name: str):
        raise ValueError(f"the secret of {name}")

    @app.websocket("/ws/{name}")
    async def socket(websocket: WebSocket, caller: SignedIn, name: str):
        await websocket.accept()
        await websocket.send_text(name)
        await websocket.close()

    return TestClient(app, "http://127.0.0.1:5000")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:5000", 200),
        ("localhost", 200),
        ("[::1]:5000", 200),
        ("evil.example:5000", 421),
        ("127.0.0.1.evil.example", 421),
        ("127.0.0.1@evil.example", 421),
        ("evil.example:127.0.0.1", 421),
        ("", 421),
    ],
)
def test_without_accounts_other_names_are_not_served(local, host, status):
    answer = local.post("/text", headers={"host": host})
    assert answer.status_code == status
    with local.websocket_connect("ws://127.0.0.1:5000/ws/a") as socket:
        assert socket.receive_text() == "a"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", "file://"])
def test_pages_of_other_sites_may_not_ask(local, origin):
    from starlette.websockets import WebSocketDisconnect

    headers = {"origin": origin}
    assert word(local.post("/text", headers=headers)) == (403, "other_site")
    with (
        pytest.raises(WebSocketDisconnect) as caught,
        local.websocket_connect("ws://127.0.0.1:5000/ws/a", headers=headers),
    ):
        pass
    assert caught.value.code == 1008
    own = {"origin": "http://127.0.0.1:5000"}
    assert local.post("/text", headers=own).status_code == 200
    with local.websocket_connect("ws://127.0.0.1:5000/ws/a", headers=own) as socket:
        assert socket.receive_text() == "a"


def test_cors_is_an_allow_list(local):
    def asked(origin):
        return local.options(
            "/text",
            headers={
                "origin": origin,
                "access-control-request-method": "POST",
                "access-control-request-headers": "authorization",
            },
        )

    allowed = asked("https://friend.example")
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "https://friend.example"
    assert "access-control-allow-credentials" not in allowed.headers
    refused = asked(EVIL["origin"])
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers
    answer = local.post("/text", headers={"origin": "https://friend.example"})
    assert answer.headers["access-control-allow-origin"] == "https://friend.example"


def test_what_changes_something_by_cookie_comes_from_own_pages(web):
    registered(web)
    body = {"email": "minji@example.com", "password": PASSWORD, "cookie": True}
    assert word(web.post("/api/v1/auth/token", json=body, headers=EVIL))[0] == 403
    assert not web.cookies
    web.post("/api/v1/auth/token", json=body, headers=ORIGIN)
    label = {"label": "k"}
    for headers in ({}, EVIL, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        answer = web.post("/api/v1/keys", json=label, headers=headers)
        assert word(answer) == (403, "other_site")
    for headers in (ORIGIN, {"sec-fetch-site": "same-origin"}):
        answer = web.post("/api/v1/keys", json=label, headers=headers)
        assert answer.status_code == 201
    assert web.get("/api/v1/usage").status_code == 200


def test_a_friends_page_needs_a_token_as_its_cookies_do_not_count(web):
    _, signed_in = registered(web)
    friend = {"origin": "https://friend.example"}
    middle = web.app.user_middleware[0]
    middle.kwargs["settings"] = replace(
        middle.kwargs["settings"], origins=(friend["origin"],)
    )
    web.app.middleware_stack = None
    web.cookies.set("moksori_access", signed_in["authorization"].split()[1])
    assert web.get("/api/v1/usage", headers=friend).status_code == 401
    assert web.get("/api/v1/usage", headers={**friend, **signed_in}).status_code == 200


def chunks(count, head=b""):
    yield head
    for _ in range(count):
        yield b"x" * 2**20


def test_bodies_are_counted_as_they_come(local):
    form = {"content-type": "multipart/form-data; boundary=b"}
    head = b'--b\r\nContent-Disposition: form-data; name="audio"; filename="a"\r\n\r\n'

    def posted(count):
        def body():
            yield from chunks(count, head)
            yield b"\r\n--b--\r\n"

        return local.post("/upload", content=body(), headers=form)

    assert posted(50).json() == {"bytes": 50 * 2**20}
    assert word(posted(52)) == (413, "too_large")
    announced = local.post(
        "/upload", content=b"", headers={**form, "content-length": "9" * 9}
    )
    assert announced.status_code == 413
    announced = local.post("/text", content=b"", headers={"content-length": "9" * 5000})
    assert announced.status_code == 413
    assert word(local.post("/text", content=chunks(1))) == (413, "too_large")
    assert local.post("/text", content=b"x" * 2**17).json() == {"bytes": 2**17}


@pytest.mark.parametrize("piece", [None, b"x"])
def test_a_body_that_does_not_come_or_slowly_is_given_up(local, monkeypatch, piece):
    import anyio

    monkeypatch.setattr("moksori.speakers.server.limits.PATIENCE_SECONDS", 0.1)
    sent = []

    async def receive():
        await anyio.sleep(0.02 if piece else 60)
        return {"type": "http.request", "body": piece, "more_body": True}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/text",
        "raw_path": b"/text",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"transfer-encoding", b"chunked")],
        "scheme": "http",
    }

    async def posted():
        with anyio.fail_after(10):
            await local.app(scope, receive, send)

    anyio.run(posted)
    assert sent[0]["status"] == 408


def test_strangers_send_no_files(web):
    answer = web.post("/nowhere", files={"audio": b"x"})
    assert word(answer) == (401, "not_signed_in")
    _, signed_in = registered(web)
    answer = web.post("/nowhere", files={"audio": b"x"}, headers=signed_in)
    assert word(answer) == (404, "not_found")


def test_a_user_sends_four_forms_at_once(web):
    import anyio
    from fastapi import UploadFile

    def posting(status, headers):
        """Send the beginning of a form and no more of it."""
        pieces = [{"type": "http.request", "body": b"--b", "more_body": True}]

        async def receive():
            if pieces:
                return pieces.pop()
            await anyio.sleep_forever()

        async def send(message):
            status.append(message.get("status"))

        kind = {"content-type": "multipart/form-data; boundary=b", "host": "127.0.0.1"}
        raw = [(k.encode(), v.encode()) for k, v in (headers | kind).items()]
        scope = {"type": "http", "method": "POST", "path": "/upload", "headers": raw}
        scope |= {"query_string": b"", "raw_path": b"/upload", "scheme": "http"}
        return web.app(scope, receive, send)

    @web.app.post("/upload")
    async def upload(audio: UploadFile):
        raise AssertionError

    one, other = (registered(web, f"{n}@example.com")[1] for n in "ab")
    refused = []

    async def all_at_once():
        with anyio.move_on_after(5):
            async with anyio.create_task_group() as group:
                for _ in range(4):
                    group.start_soon(posting, [], one)
                await anyio.sleep(0.5)
                with anyio.fail_after(3):
                    await posting(refused, one)
                with anyio.move_on_after(0.5):
                    await posting(refused, other)
                group.cancel_scope.cancel()

    anyio.run(all_at_once)
    assert refused[0] == 429
    assert len([each for each in refused if each]) == 1
    answer = web.post("/upload", files={"other": b"x"}, headers=one)
    assert word(answer) == (400, "invalid_request")


def test_files_are_asked_for_again_while_the_database_is_away(web, database):
    from sqlalchemy import create_engine

    key = {"x-api-key": f"mk_{'0' * 32}_{'0' * 64}"}
    database.engine = create_engine("postgresql+psycopg://127.0.0.1:1/none")
    answer = web.post("/upload", files={"audio": b"x"}, headers=key)
    assert word(answer) == (503, "database_away")
    assert answer.headers["retry-after"] == "5"


def test_answers_say_how_browsers_must_treat_them(web):
    headers = web.get("/api/v1/usage").headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers
    secure = web.get("https://127.0.0.1/api/v1/usage").headers
    assert "strict-transport-security" in secure


def test_our_mistakes_are_one_line_with_the_id_of_the_log(local, lines):
    answer = local.get("/fail/minji", headers={"x-request-id": "from-a-client-1"})
    assert word(answer) == (500, "internal")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["x-request-id"] == "from-a-client-1"
    assert answer.headers["x-content-type-options"] == "nosniff"
    failed, request = lines()[-2:]
    assert failed["request_id"] == request["request_id"] == "from-a-client-1"
    assert failed["exception"] == "ValueError"
    assert any("fail" in frame for frame in failed["frames"])
    assert (request["route"], request["status"]) == ("/fail/{name}", 500)
    assert "minji" not in json.dumps(lines())


def test_ids_of_requests_cannot_forge_a_line(local, lines):
    answer = local.post("/text", headers={"x-request-id": 'a"}\\n{"event":"forged'})
    assert answer.headers["x-request-id"].isalnum()
    assert all(line["event"] != "forged" for line in lines())


def test_logs_hold_no_secret_and_no_address(web, lines, settings):
    tokens, signed_in = registered(web, "minji.secret@example.com")
    key = web.post("/api/v1/keys", json={"label": "라벨"}, headers=signed_in).json()
    web.get("/api/v1/usage?email=minji.secret@example.com", headers=signed_in)
    wrong = {"email": "minji.secret@example.com", "password": "wrong-password"}
    web.post("/api/v1/auth/token", json=wrong)
    web.get("/download/minji.secret", headers=signed_in)
    logging.getLogger("library").error("odd", exc_info=ValueError("minji.secret"))
    text = json.dumps(lines(), ensure_ascii=False)
    assert key["id"] not in text
    held = ("minji.secret", "wrong-password", PASSWORD, settings.secret, "라벨")
    issued = (tokens["access_token"], tokens["refresh_token"], key["key"])
    assert [secret for secret in (*issued, *held) if secret in text] == []
    requests = [line for line in lines() if line["event"] == "request"]
    assert {"/api/v1/auth/register", "/api/v1/keys", "/api/v1/usage", None} <= {
        line["route"] for line in requests
    }
    assert any(line["user"] for line in requests)
