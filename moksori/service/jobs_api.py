"""Answer requests about jobs: speak, list, follow, cancel, and hear the result."""

import contextlib
import json
import re
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.websockets import WebSocket, WebSocketDisconnect
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse

from moksori.service import downloads, jobs, profiles
from moksori.service.callers import Operator, SignedIn
from moksori.service.problems import Problem
from moksori.service.speak_requests import (
    IdempotencyKey,
    SpeakRequest,
    accept,
    described,
    estimated_seconds,
    owned,
)
from moksori.service.tables import ACTIVE, SUCCEEDED, Job

router = APIRouter()
_NUMBER = re.compile(r"[0-9]{1,9}")
Limit = Annotated[int, Query(ge=1, le=100)]


@router.post("/api/v1/synthesize", status_code=202)
def synthesize(
    request: Request,
    caller: SignedIn,
    body: SpeakRequest,
    idempotency_key: IdempotencyKey = None,
) -> dict:
    """Queue a text to be spoken; the job tells how far it is."""
    with request.app.state.database.session() as session:
        job = accept(session, request, caller, body, idempotency_key)
        estimated = estimated_seconds(session, job)
        return {**described(session, job), "estimated_time_sec": estimated}


@router.get("/api/v1/jobs")
def list_jobs(
    request: Request,
    caller: SignedIn,
    limit: Limit = 20,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> dict:
    """List one's jobs, the newest first."""
    mine = select(Job).where(Job.user_id == caller.id)
    mine = mine.order_by(Job.queued_at.desc(), Job.id).offset(offset).limit(limit)
    with request.app.state.database.session() as session:
        found = session.scalars(mine).all()
        return {"jobs": [described(session, job) for job in found]}


@router.get("/api/v1/jobs/{job_id}")
def show_job(request: Request, caller: SignedIn, job_id: str) -> dict:
    """Tell how far a job is, and what it made."""
    with request.app.state.database.session() as session:
        return described(session, owned(session, caller, job_id))


@router.delete("/api/v1/jobs/{job_id}")
def cancel_job(request: Request, caller: SignedIn, job_id: str) -> dict:
    """Cancel a job: at once if it waits, at its next piece if it runs."""
    with request.app.state.database.session() as session:
        job = jobs.cancel(session, owned(session, caller, job_id))
        return described(session, job)


@router.get(
    "/api/v1/jobs/{job_id}/events",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def follow_job(
    request: Request,
    caller: SignedIn,
    job_id: str,
    last_event_id: Annotated[str, Header()] = "0",
) -> EventSourceResponse:
    """Follow a job by server-sent events, behind the one that was received last."""
    job = await request.app.state.database.run(owned, caller, job_id)
    after = int(last_event_id) if _NUMBER.fullmatch(last_event_id) else 0
    followed = request.app.state.events.follow(job.id, after)

    async def told():
        async for event in followed:
            yield {"id": str(event["n"]), "data": json.dumps(event)}

    return EventSourceResponse(told(), headers={"Cache-Control": "no-store"})


@router.websocket("/ws/jobs/{job_id}")
async def follow_by_socket(
    socket: WebSocket,
    caller: SignedIn,
    job_id: str,
    after: Annotated[int, Query(ge=0, lt=2**31)] = 0,
) -> None:
    """Follow a job by messages of JSON, behind event number `after`."""
    job = await socket.app.state.database.run(owned, caller, job_id)
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        async for event in socket.app.state.events.follow(job.id, after):
            await socket.send_json(event)
        await socket.close()


@router.get("/api/v1/jobs/{job_id}/audio", response_class=Response)
def hear_job(
    request: Request,
    caller: SignedIn,
    job_id: str,
    name: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Send what a job made; one that still speaks to listeners, as it is made."""
    with request.app.state.database.session() as session:
        job = owned(session, caller, job_id)
        if job.state in ACTIVE and job.request.get("stream") and name is None:
            return downloads.live(job, _heard(request, job))
        if job.state in ACTIVE:
            raise Problem(409, "not_finished")
        return downloads.send(request, downloads.artefact_of(session, job, name))


@router.get("/api/v1/admin/queue")
def show_queue(request: Request, caller: Operator) -> dict[str, int]:
    """Count the jobs of everybody that wait and run, by state."""
    states = select(Job.state, func.count()).where(Job.state.in_(ACTIVE))
    with request.app.state.database.session() as session:
        return dict(map(tuple, session.execute(states.group_by(Job.state))))


@router.get("/api/v1/voices")
def list_voices(request: Request, caller: SignedIn) -> dict:
    """List the voices that one may choose, and what is missing for more."""
    state = request.app.state
    with state.database.session() as session:
        return {
            "voices": profiles.voices_of(session, caller, state.settings),
            "missing": missing(session),
        }


def missing(session: Session, kind: str = "missing") -> list[str]:
    """Return what workers lack, for a `kind` of work, as the last one asked told."""
    told = select(Job).where(Job.type == "initialize", Job.state == SUCCEEDED)
    last = session.scalars(told.order_by(Job.finished_at.desc()).limit(1)).first()
    return last.result.get(kind, []) if last else []


async def _heard(request: Request, job: Job):
    with contextlib.suppress(downloads.ClientGone):
        async for piece in downloads.relay(request, job):
            yield piece
