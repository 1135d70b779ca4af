"""Speak as clients of OpenAI's API expect it: /v1/audio/speech and what is around it.

Source of the shapes: platform.openai.com/docs/api-reference/audio/createSpeech; the
list of voices is what other servers of that kind have agreed on.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from moksori.service import downloads, jobs, profiles
from moksori.service.callers import Caller, SignedIn
from moksori.service.problems import Problem, of_job
from moksori.service.speak_requests import (
    SPEEDS,
    IdempotencyKey,
    SpeakRequest,
    accept,
    owned,
)
from moksori.service.tables import SUCCEEDED, Job, Watermark

router = APIRouter()

MODEL = "moksori"
# What clients send that can be told no other name.
_ALSO = ("tts-1", "tts-1-hd", "gpt-4o-mini-tts")
_FORMATS = {"opus": "ogg"}
_PCM_RATE = 24_000
# What servers log for a client that did not wait.
_CLIENT_GONE = 499
_SINCE = 1_764_000_000


class VoiceId(BaseModel):
    """Represent a voice of one's own, as OpenAI's clients name it."""

    id: str


class Speech(BaseModel):
    """Represent a text to be spoken, by OpenAI's names."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {"model": MODEL, "input": "안녕하세요.", "voice": "korean-demo"}
            ]
        }
    }

    model: str = MODEL
    input: str
    voice: str | VoiceId = profiles.SHIPPED
    instructions: str = ""
    response_format: Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] = "mp3"
    speed: Annotated[float, Field(ge=SPEEDS[0], le=SPEEDS[1])] = 1.0
    stream_format: Literal["audio", "sse"] = "audio"


@router.post("/v1/audio/speech", response_class=Response)
async def speak(
    request: Request,
    caller: SignedIn,
    body: Speech,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Speak; the sound is sent while it is made, and made only while it is received."""
    job = await asyncio.to_thread(_accepted, request, caller, body, idempotency_key)
    pieces = downloads.relay(request, job)
    try:
        first = await anext(pieces, None)
    except downloads.ClientGone:
        await _cancel(request, caller, job)
        return Response(status_code=_CLIENT_GONE)
    except asyncio.CancelledError:
        await _cancel(request, caller, job)
        raise
    if first is None:
        return await asyncio.to_thread(_ended, request, caller, job)
    sound = _while_received(request, caller, job, first, pieces)
    if body.stream_format == "sse":
        return StreamingResponse(_told(sound, job), media_type="text/event-stream")
    issued = select(Watermark.token).where(Watermark.job_id == job.id)
    token = await request.app.state.database.run(Session.scalar, issued)
    return downloads.live(job, sound, token)


@router.get("/v1/models")
def list_models(caller: SignedIn) -> dict:
    """List the models; there is one, which also goes by names of OpenAI's."""
    names = (MODEL, *_ALSO)
    return {"object": "list", "data": [_model(name) for name in names]}


@router.get("/v1/audio/voices")
def list_voices(request: Request, caller: SignedIn) -> dict:
    """List the voices that are ready to speak."""
    state = request.app.state
    with state.database.session() as session:
        listed = profiles.voices_of(session, caller, state.settings)
    return {"voices": [each for each in listed if each["status"] == profiles.READY]}


def _model(name: str) -> dict:
    return {"id": name, "object": "model", "created": _SINCE, "owned_by": MODEL}


def _accepted(request: Request, caller: Caller, body: Speech, key: str | None) -> Job:
    if body.model not in (MODEL, *_ALSO):
        raise Problem(404, "model_not_found", model=MODEL, field="model")
    if body.instructions.strip():
        raise Problem(400, "unsupported_instructions", field="instructions")
    voice = body.voice if isinstance(body.voice, str) else body.voice.id
    wanted = SpeakRequest(
        text=body.input,
        voice=voice,
        speed=body.speed,
        format=_FORMATS.get(body.response_format, body.response_format),
        # Which raw samples do not tell, and clients take for granted.
        sample_rate=_PCM_RATE if body.response_format == "pcm" else None,
        stream=True,
    )
    with request.app.state.database.session() as session:
        return accept(session, request, caller, wanted, key)


async def _while_received(
    request: Request,
    caller: Caller,
    job: Job,
    first: bytes,
    pieces: AsyncIterator[bytes],
) -> AsyncIterator[bytes]:
    """Yield the sound of a job; cancel the job if that is given up."""
    received = False
    try:
        yield first
        async for piece in pieces:
            yield piece
        received = True
    finally:
        if not received:
            await _cancel(request, caller, job)


async def _cancel(request: Request, caller: Caller, job: Job) -> None:
    """Cancel a job, even while what asks for it is being cancelled."""
    cancelled = request.app.state.database.run(
        lambda session: jobs.cancel(session, owned(session, caller, job.id))
    )
    await asyncio.shield(cancelled)


def _ended(request: Request, caller: Caller, job: Job) -> Response:
    """Answer for a job without live sound: by its file, if it ended long ago.

    Raises `Problem` for one that failed.
    """
    with request.app.state.database.session() as session:
        ended = owned(session, caller, job.id)
        if ended.state == SUCCEEDED:
            return downloads.send(request, downloads.artefact_of(session, ended))
    raise of_job(ended.state, ended.error, ended.message)


async def _told(sound: AsyncIterator[bytes], job: Job) -> AsyncIterator[str]:
    """Wrap sound into server-sent events, in base64."""
    async for piece in sound:
        audio = base64.b64encode(piece).decode()
        yield _event({"type": "speech.audio.delta", "audio": audio})
    used = {"input_tokens": job.characters, "output_tokens": 0}
    used["total_tokens"] = job.characters
    yield _event({"type": "speech.audio.done", "usage": used})


def _event(event: dict) -> str:
    return f"data: {json.dumps(event)}\n\n"
