"""Stand before the service: who may send what, what is answered, and what is logged."""

import re
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable

import structlog
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection

from moksori.service import callers, metrics, problems
from moksori.service.callers import ACCESS_COOKIE, REFRESH_COOKIE
from moksori.service.problems import Problem
from moksori.service.rates import Rates
from moksori.service.settings import LOOPBACK, Settings
from moksori.service.uploads import MOST_BYTES, refusal
from moksori.service.vocals import MOST_CLIPS, MOST_ZIP_BYTES
from moksori.speakers.server.limits import limited, name_of, other_site

# The most of a request without files, which lies in memory: a text of 5,000 syllables
# in jamo, escaped, has 90 kB. And of what a form has around its files, which do not.
_MOST_ELSE, _MOST_AROUND = 2**17, 2**20
# Forms of one user that are read at once: their files lie on the disk until then.
_FORMS_AT_ONCE = 4
# Recordings to train with come together.
_UPLOADS = {
    "/api/v1/trainings": 10 * MOST_BYTES,
    "/api/v1/vocals": MOST_CLIPS * MOST_BYTES,
    "/api/v1/vocals/import": MOST_ZIP_BYTES,
}
_READING = ("GET", "HEAD", "OPTIONS")
_PROBES = ("/live", "/ready")
_REQUEST_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer, with which a browser hides the origin of our own forms too.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
}
_log = structlog.get_logger()


def install(app: FastAPI, settings: Settings) -> None:
    """Put the gate before an application, and let it answer errors in our shapes."""
    app.state.rates = Rates(settings)
    problems.install(app)
    app.add_middleware(Gate, settings=settings)
    if settings.origins:
        # Before the gate, which would refuse the question that a browser asks first.
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key"],
            expose_headers=["X-Request-Id", "Retry-After"],
        )


class Gate:
    """Check requests, count the bytes of bodies, add headers, log a line each.

    Without accounts only this machine's names are served (DNS rebinding). A browser
    sends our cookies with whatever a page asks: what changes something by a cookie
    must come from our own pages (CSRF). Pages of `settings.origins` may call with a
    key or a token, and their cookies are not looked at.
    """

    def __init__(self, app: Callable[..., Awaitable], settings: Settings):
        self._app, self._settings = app, settings
        self._forms: Counter[str] = Counter()
        # A song, or its vocals and its backing.
        self._uploads = _UPLOADS | {"/api/v1/covers": 2 * settings.song_bytes}

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        number = headers.get(b"x-request-id", "")
        if not _REQUEST_ID.fullmatch(number):
            number = secrets.token_hex(16)
        scope.setdefault("state", {})["request_id"] = number
        begun, status = time.perf_counter(), None

        async def answer(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status, route = message["status"], _route(scope) or "none"
                seconds = time.perf_counter() - begun
                metrics.answered(scope["method"], route, status, seconds)
                self._add_headers(scope, MutableHeaders(scope=message))
            await send(message)

        try:
            with structlog.contextvars.bound_contextvars(request_id=number):
                await self._serve(scope, receive, answer, headers)
        finally:
            if scope["path"] not in _PROBES:
                _note(scope, status, time.perf_counter() - begun)

    async def _serve(self, scope, receive, send, headers) -> None:
        problem = self._refusal(scope, headers)
        try:
            if problem is None and scope["type"] == "websocket":
                await self._app(scope, receive, send)
            elif problem is None:
                form = headers.get(b"content-type", "").lower().startswith("multipart/")
                read = self._read_form if form else self._read
                files = self._most(scope) if form else 0
                problem = _torn(await read(scope, receive, send), files)
        except Exception as error:
            problem = problems.of_error(error)
            if problem.status == 500:
                _log.error("failed", exc_info=error)
        if problem is None:
            return
        if scope["type"] == "websocket":
            await send(
                {"type": "websocket.close", "code": 1008, "reason": problem.word}
            )
            return
        reply = problems.response(problem, HTTPConnection(scope))
        await reply(scope, receive, send)

    async def _read(self, scope, receive, send, most: int = _MOST_ELSE) -> int | None:
        return await limited(self._app, scope, receive, send, most)

    async def _read_form(self, scope, receive, send) -> int | None:
        # The body is read before a route asks who sends it.
        caller = await run_in_threadpool(callers.admit, HTTPConnection(scope))
        if self._forms[caller.id] >= _FORMS_AT_ONCE:
            wait = {"Retry-After": "5"}
            raise Problem(429, "too_many_uploads", most=_FORMS_AT_ONCE, headers=wait)
        self._forms[caller.id] += 1
        try:
            most = _MOST_AROUND + self._most(scope)
            return await self._read(scope, receive, send, most)
        finally:
            self._forms[caller.id] -= 1
            # No entry for each user who ever sent one.
            self._forms += Counter()

    def _most(self, scope) -> int:
        return self._uploads.get(scope["path"], MOST_BYTES)

    def _refusal(self, scope, headers) -> Problem | None:
        host = name_of(headers.get(b"host", ""))
        if not self._settings.accounts and host not in LOOPBACK:
            return Problem(421, "wrong_host")
        foreign = other_site(headers)
        if foreign and headers[b"origin"] in self._settings.origins:
            scope["headers"] = [h for h in scope["headers"] if h[0] != b"cookie"]
            return None
        reading = scope["type"] == "http" and scope["method"] in _READING
        ours = b"origin" in headers or headers.get(b"sec-fetch-site") == "same-origin"
        if foreign or (not reading and not ours and _holds_cookie(headers)):
            return Problem(403, "other_site")
        return None

    def _add_headers(self, scope, headers: MutableHeaders) -> None:
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        headers["X-Request-Id"] = scope["state"]["request_id"]
        if scope.get("scheme") == "https":
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if scope["path"].startswith(("/api/", "/v1/")):
            headers.setdefault("Cache-Control", "no-store")


def _holds_cookie(headers) -> bool:
    cookies = headers.get(b"cookie", "")
    return ACCESS_COOKIE in cookies or REFRESH_COOKIE in cookies


def _torn(status: int | None, files: int) -> Problem | None:
    if status == 413 and not files:
        return Problem(413, "too_large-request", most=_MOST_ELSE >> 10)
    if status == 413:
        return refusal("too_large", files)
    return Problem(408, "too_slow") if status == 408 else None


def _route(scope) -> str | None:
    return getattr(scope.get("route"), "path", None)


def _note(scope, status: int | None, seconds: float) -> None:
    """Log a request by its route, as paths and queries hold what people wrote."""
    caller = scope["state"].get("caller")
    _log.info(
        "request",
        method=scope.get("method", "WEBSOCKET"),
        route=_route(scope),
        status=status,
        milliseconds=round(seconds * 1000, 1),
        user=caller and caller.id,
        request_id=scope["state"]["request_id"],
    )
