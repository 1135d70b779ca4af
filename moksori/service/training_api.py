"""Serve trainings: begin one, and follow its losses and pictures."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, File, Form, Header, Request, UploadFile
from sse_starlette import EventSourceResponse

from moksori.service import jobs, samples
from moksori.service.callers import SignedIn
from moksori.service.problems import not_found
from moksori.service.profiles_api import described
from moksori.service.speak_requests import owned

router = APIRouter(prefix="/api/v1/trainings", tags=["voices"])


@router.post("", status_code=202)
def train(
    request: Request,
    caller: SignedIn,
    name: Annotated[str, Form(examples=["민지"])],
    consent_id: Annotated[str, Form()],
    files: Annotated[
        list[UploadFile], File(description="recordings, and NAME.txt beside each")
    ],
    minutes: Annotated[float | None, Form(ge=1, le=1440)] = None,
) -> dict:
    """Train a voice on recordings and texts; cancelling its job keeps what it learned.

    `minutes` is about how long, some twenty if nothing is said.
    """
    state, sent = request.app.state, [(f.filename or "", f.file.read()) for f in files]
    profile, job = samples.train(state, caller, name, consent_id, sent, minutes)
    return {**described(profile), "job_id": job.id}


@router.get("/{job_id}/live")
def live(
    request: Request,
    caller: SignedIn,
    job_id: str,
    last_event_id: Annotated[int, Header(ge=0, le=2**31)] = 0,
) -> EventSourceResponse:
    """Follow a training by server-sent events: {"step", "steps", "loss"} and
    {"step", "picture"}, an image as a data URL."""
    with request.app.state.database.session() as session:
        if owned(session, caller, job_id).type != jobs.TRAIN:
            raise not_found()

    async def told() -> AsyncIterator[dict]:
        number = last_event_id
        async for piece in request.app.state.events.chunks(job_id, number - 1):
            number += 1
            yield {"id": str(number), "data": piece.decode()}

    return EventSourceResponse(told())
