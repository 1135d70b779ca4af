"""Refuse what is too large, from elsewhere, or without a key, before it is read."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

from moksori.speakers.server.keys import LOOPBACK, Keys

MOST_BYTES = 10 * 2**20
# A body of which nothing comes for so long is not waited for, nor one that comes slower
# after that time: 50 MB take less than two hours.
PATIENCE_SECONDS = 30.0
LEAST_BYTES_A_SECOND = 8192
_OPEN = ("/health",)
_DISCONNECT = {"type": "http.disconnect"}


class Gate:
    """Stand before an ASGI app: keys, hosts, and the size of bodies.

    Pages of other sites are refused, as a browser sends what they ask for, and without
    a key other names of this host are: one could be pointed here (DNS rebinding).
    """

    def __init__(self, app: Callable[..., Awaitable], keys: Keys, most: int):
        self._app, self._keys, self._most = app, keys, most

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(scope, headers)
        if refusal is None and scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        if refusal is None:
            status = await limited(self._app, scope, receive, send, self._most)
            refusal = _BODIES.get(status)
        if refusal is not None:
            await _refuse(scope, receive, send, *refusal)

    def _refusal(self, scope, headers) -> tuple[int, str, str] | None:
        host = headers.get(b"host", "")
        if not self._keys and name_of(host) not in LOOPBACK:
            return 421, "wrong_host", "without a key only this machine is served"
        if other_site(headers):
            return 403, "other_site", "pages of other sites are not answered"
        if scope["path"] not in _OPEN and not self._keys.admit(
            headers.get(b"x-api-key")
        ):
            return 401, "no_key", "send the key in the header X-API-Key"
        return None


_BODIES = {
    413: (413, "too_large", "the request has too many bytes"),
    408: (408, "too_slow", "the request does not come"),
}


def name_of(host: str) -> str:
    """Return the name, without port, that a Host header holds."""
    host = host.rsplit("@")[-1]
    return (host if host.endswith("]") else host.rsplit(":", 1)[0]).strip("[]")


def other_site(headers: dict[bytes, str]) -> bool:
    """Whether a browser says that a page of another site asks."""
    origin = headers.get(b"origin")
    return origin is not None and origin.partition("://")[2] != headers.get(b"host")


async def limited(app, scope, receive, send, most: int) -> int | None:
    """Run an ASGI app on a request of `most` bytes at most.

    Bytes are counted as they come, as a length that is announced, or not, proves
    nothing. Returns 413 or 408 if the body was too large or did not come: the caller
    then answers, and what the app says to a torn body is dropped. None if it answered.
    """
    length = dict(scope["headers"]).get(b"content-length", b"0")
    # Its digits are counted first, as Python reads no number of thousands.
    if not length.isdigit() or len(length) > 15 or int(length) > most:
        return 413
    count, more, answered, torn = 0, True, False, None
    begun = time.monotonic()

    async def counted():
        nonlocal count, more, torn
        if torn:
            return _DISCONNECT
        late = begun + PATIENCE_SECONDS + count / LEAST_BYTES_A_SECOND
        left = min(PATIENCE_SECONDS, late - time.monotonic())
        try:
            message = await asyncio.wait_for(receive(), left if more else None)
        except TimeoutError:
            torn = 408
            return _DISCONNECT
        count += len(message.get("body", b""))
        more = message.get("more_body", False)
        torn = 413 if count > most else None
        return _DISCONNECT if torn else message

    async def guarded(message):
        nonlocal answered
        if answered or not torn:
            answered = True
            await send(message)

    try:
        await app(scope, counted, guarded)
    except Exception:
        if answered or not torn:
            raise
    return None if answered else torn


async def _refuse(scope, receive, send, status: int, code: str, text: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": text})
        return
    body = json.dumps({"error": code, "message": text}).encode()
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
