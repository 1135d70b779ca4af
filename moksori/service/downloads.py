"""Send files of jobs, whole or a range of them, and sound while it is made."""

import asyncio
import re
from collections.abc import AsyncIterator

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from moksori.service.problems import Problem, not_found
from moksori.service.speak_requests import media_type
from moksori.service.storage import Missing
from moksori.service.tables import SUCCEEDED, Artefact, Job

# One range, as players ask for; of several the whole file is an allowed answer.
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_ASK_SECONDS = 0.25
_PARTS = ("cover", "voice", "vocals", "backing")


class ClientGone(Exception):
    """Report that nobody receives any more what is sent."""


class Unfinished(Exception):
    """Break a connection off, so that nobody takes half a sound for the whole."""


def artefact_of(session, job: Job, name: str | None = None) -> Artefact:
    """Return a file of a job, its first without a name; raises `Problem`."""
    files = select(Artefact).where(Artefact.job_id == job.id)
    files = files.order_by(Artefact.created_at)
    found = session.scalars(files if name is None else files.filter_by(name=name))
    artefact = found.first()
    if artefact is None:
        raise not_found()
    if artefact.deleted_at is not None:
        raise Problem(410, "expired")
    return artefact


def send(request: Request, artefact: Artefact) -> Response:
    """Send a file as an attachment, or the range of it that was asked for."""
    storage, size = request.app.state.storage, artefact.bytes
    headers = {
        **_headers(artefact.job_id, artefact.format, artefact.name),
        "Accept-Ranges": "bytes",
        "ETag": f'"{artefact.sha256}"',
        **_watermark(artefact.token),
    }
    start, stop, status = 0, size, 200
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked and request.headers.get("if-range") in (None, headers["ETag"]):
        start, stop = _bounds(asked, size)
        status = 206
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    headers["Content-Length"] = str(stop - start)
    try:
        pieces = storage.stream(artefact.key, start, stop)
        kind = media_type(artefact.format)
        return StreamingResponse(pieces, status, headers, kind)
    except Missing:
        raise not_found() from None


def _bounds(asked: re.Match, size: int) -> tuple[int, int]:
    """Return the first byte of a range and the one after its last."""
    first, last = asked.groups()
    if first:
        start, stop = int(first), min(int(last or size) + 1, size)
    else:
        start, stop = max(size - int(last or 0), 0), size
    if start >= stop or (first and last and int(last) < int(first)):
        raise Problem(416, "bad_range", headers={"Content-Range": f"bytes */{size}"})
    return start, stop


def _headers(job_id: str, format: str, made: str = "") -> dict[str, str]:
    """Return headers that keep a browser from guessing what a file is."""
    # Of several files of a job each has its own name.
    part = made.partition(".")[0]
    name = f"moksori-{job_id[:8]}{f'-{part}' if part in _PARTS else ''}.{format}"
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }


def _watermark(token: int | None) -> dict[str, str]:
    return {} if token is None else {"X-Watermark-Id": f"{token:08x}"}


async def relay(request: Request, job: Job) -> AsyncIterator[bytes]:
    """Yield the sound of a job while it is made.

    Raises `ClientGone`, and `Unfinished` when the job fails on the way; when it fails
    before its first sound, nothing is yielded.
    """
    pieces, sent = aiter(request.app.state.events.chunks(job.id)), False
    while (piece := await _next(request, pieces)) is not None:
        yield piece
        sent = True
    state = select(Job.state).where(Job.id == job.id)
    database = request.app.state.database
    if sent and await database.run(Session.scalar, state) != SUCCEEDED:
        raise Unfinished(f"job {job.id} ended within its sound")


def live(job: Job, pieces: AsyncIterator[bytes], token: int | None = None):
    """Answer with sound that is not finished yet, and so has no length."""
    format = job.request["format"]
    headers = {**_headers(job.id, format), **_watermark(token)}
    return StreamingResponse(pieces, 200, headers, media_type(format))


async def _next(request: Request, pieces: AsyncIterator[bytes]) -> bytes | None:
    """Return the next piece, None at the end; look for the client meanwhile."""
    step = asyncio.ensure_future(anext(pieces, None))
    try:
        while not step.done():
            await asyncio.wait({step}, timeout=_ASK_SECONDS)
            if not step.done() and await request.is_disconnected():
                raise ClientGone
        return step.result()
    finally:
        step.cancel()
