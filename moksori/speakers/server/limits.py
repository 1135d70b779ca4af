"""Refuse what is too large, from elsewhere, or without a key, before it is read."""

import json
from collections.abc import Awaitable, Callable

from moksori.speakers.server.keys import LOOPBACK, Keys

MOST_BYTES = 10 * 2**20
_OPEN = ("/health",)


class Gate:
    """Stand before an ASGI app: keys, hosts, and the size of bodies.

    Bytes are counted as they come, as a length that is announced, or not, proves
    nothing. Pages of other sites are refused, as a browser sends what they ask for, and
    without a key other names of this host are: one could be pointed here (DNS
    rebinding).
    """

    def __init__(self, app: Callable[..., Awaitable], keys: Keys, most: int):
        self._app, self._keys, self._most = app, keys, most

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await _refuse(scope, receive, send, *refusal)
            return
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._most:
                await _refuse(scope, receive, send, *self._too_large())
                return
        whole = iter([{"type": "http.request", "body": bytes(body)}])

        async def replay():
            return next(whole, None) or await receive()

        await self._app(scope, replay, send)

    def _refusal(self, scope, headers) -> tuple[int, str, str] | None:
        host = headers.get(b"host", "").rsplit("@")[-1]
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if not self._keys and name.strip("[]") not in LOOPBACK:
            return 421, "wrong_host", "without a key only this machine is served"
        origin = headers.get(b"origin")
        if origin is not None and origin.partition("://")[2] != host:
            return 403, "other_site", "pages of other sites are not answered"
        if scope["path"] not in _OPEN and not self._keys.admit(
            headers.get(b"x-api-key")
        ):
            return 401, "no_key", "send the key in the header X-API-Key"
        length = headers.get(b"content-length", "0")
        # Its digits are counted first, as Python reads no number of thousands.
        if not length.isdecimal() or len(length) > 15 or int(length) > self._most:
            return self._too_large()
        return None

    def _too_large(self) -> tuple[int, str, str]:
        return 413, "too_large", f"a request has {self._most} bytes at most"


async def _refuse(scope, receive, send, status: int, code: str, text: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": text})
        return
    body = json.dumps({"error": code, "message": text}).encode()
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
