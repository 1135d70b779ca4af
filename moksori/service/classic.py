"""Answer the web app's requests: initialize, upload, synthesize, download, cleanup.

Names and shapes are those that its clients know; every answer says {"success": …,
"message": …}. A file of a client is known by the name that `upload` gave it.
"""

import asyncio
import contextlib
import re
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, File, Request, Response, UploadFile
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from moksori.audio.files import AudioError, wav_bytes
from moksori.audio.preparation import prepare
from moksori.service import audit, consents, downloads, expiry, jobs, uploads
from moksori.service.callers import Caller, Operator, SignedIn
from moksori.service.features import features
from moksori.service.problems import Problem, not_found, of_job
from moksori.service.profiles import SHIPPED
from moksori.service.speak_requests import (
    SpeakRequest,
    accept,
    checked,
    described,
    owned,
)
from moksori.service.tables import FINAL, SUCCEEDED, Job
from moksori.service.tiers import TIERS

router = APIRouter()
WAIT_SECONDS = 120.0
# A voice that is cloned from an upload is called so, and the upload's name.
UPLOAD = "upload:"
_CONSENT_ID = re.compile(r"[0-9a-f]{32}")
_LEAST_WORDS = 3
_UPLOADS = CapacityLimiter(2)
_OUTPUT = re.compile(r"([0-9a-f]{32})\.([a-z0-9]{2,4})")


class Synthesis(BaseModel):
    """Represent a text for a voice: one that `voice` names, or a clone of an upload.

    A clone needs the `consent` of its owner: the id of a recorded one, or at home a
    line that says who agreed, when and for what.
    """

    model_config = {
        "json_schema_extra": {
            "examples": [{"text": "안녕하세요.", "voice": SHIPPED, "language": "ko"}]
        }
    }

    text: str
    reference_filename: str | None = None
    language: str = "ko"
    voice: str | None = None
    consent: Annotated[str | None, Field(max_length=500)] = None


_WAITS = {202: {"description": "Not yet, and the job that does it"}}


@router.post("/initialize", responses=_WAITS)
async def initialize(request: Request, caller: SignedIn) -> Response:
    """Wait until a worker is ready; it tells what it has and what it lacks."""
    create = jobs.create, caller.id, "initialize", {}
    job = await request.app.state.database.run(*create)
    job = await _waited(request, caller, job)
    if job["state"] not in FINAL:
        body = {"message": "작업 프로세스를 기다리고 있습니다.", "job": job}
        return JSONResponse({"success": False, **body}, 202)
    _check(job)
    message = "음성 합성을 시작할 수 있습니다."
    return JSONResponse({"success": True, "message": message, **job["result"]})


@router.post("/upload")
async def upload(
    request: Request, caller: SignedIn, audio: Annotated[UploadFile, File()]
) -> dict:
    """Take a reference recording: prepared for cloning, and described."""
    # A recording takes a hundred megabytes meanwhile: the rest waits on the disk.
    how = {"limiter": _UPLOADS}
    return await to_thread.run_sync(_uploaded, request, caller, audio, **how)


@router.post("/synthesize", responses=_WAITS)
async def synthesize(request: Request, caller: SignedIn, body: Synthesis) -> Response:
    """Speak and wait for it; what takes longer is answered by 202 and its job."""
    job = await asyncio.to_thread(_accepted, request, caller, body)
    job = await _waited(request, caller, job)
    if job["state"] not in FINAL:
        body = {"message": "아직 만드는 중입니다.", "job": job}
        return JSONResponse({"success": True, **body}, 202)
    _check(job)
    made = job["artefacts"][0]
    name = f"{job['id']}.{made['format']}"
    answer = {
        "success": True,
        "message": "음성을 만들었습니다.",
        "output_filename": name,
        "download_url": f"/download/{name}",
        "duration": made["seconds"],
        "job": job,
    }
    return JSONResponse(answer)


@router.get("/download/{filename}", response_class=Response)
def download(request: Request, caller: SignedIn, filename: str) -> Response:
    """Send what `synthesize` made."""
    asked = _OUTPUT.fullmatch(filename)
    if asked is None:
        raise not_found()
    with request.app.state.database.session() as session:
        artefact = downloads.artefact_of(session, owned(session, caller, asked[1]))
        if artefact.format != asked[2]:
            raise not_found()
        return downloads.send(request, artefact)


@router.post("/cleanup")
def cleanup(request: Request, caller: Operator) -> dict:
    """Delete uploads and outputs that have had their time, as happens by itself too."""
    state = request.app.state
    old = uploads.expire(state.storage, state.settings.upload_hours)
    count = old + expiry.expire(state.database, state.storage)
    message = f"파일 {count}개를 지웠습니다."
    return {"success": True, "message": message, "deleted_files": count}


def _uploaded(request: Request, caller: Caller, audio: UploadFile) -> dict:
    recording = uploads.decoded(audio.file.read(uploads.MOST_BYTES + 1))
    try:
        wave = prepare(recording.wave, recording.sample_rate)
    except AudioError:
        raise uploads.refusal("no_sound") from None
    data = wav_bytes(wave, recording.sample_rate)
    name = uploads.keep(request.app.state.storage, caller.id, recording.sha256, data)
    found = features(recording.wave, recording.sample_rate, recording.original_rate)
    return {
        "success": True,
        "message": "파일을 올렸습니다.",
        "filename": name,
        "features": found,
        "prepared_seconds": round(len(wave) / recording.sample_rate, 2),
    }


def _accepted(request: Request, caller: Caller, body: Synthesis) -> Job:
    formats = TIERS[caller.tier].formats
    wanted = SpeakRequest(
        text=body.text,
        voice=body.voice or SHIPPED,
        language=body.language,
        format="wav" if "wav" in formats else formats[0],
    )
    with request.app.state.database.session() as session:
        if body.voice or not body.reference_filename:
            if not body.voice:
                field = "reference_filename"
                raise Problem(400, "no_voice", voice=SHIPPED, field=field)
            return accept(session, request, caller, wanted)
        return _accept_clone(session, request, caller, body, wanted)


def _accept_clone(
    session: Session,
    request: Request,
    caller: Caller,
    body: Synthesis,
    wanted: SpeakRequest,
) -> Job:
    """Queue a text for a clone of an upload, by its owner's consent."""
    state, statement = request.app.state, " ".join((body.consent or "").split())
    name = body.reference_filename
    _, sha256 = uploads.kept(state.storage, caller.id, name)
    if _CONSENT_ID.fullmatch(statement):
        consents.holding(session, caller, statement, [sha256])
    elif state.settings.accounts or len(statement.split()) < _LEAST_WORDS:
        raise Problem(403, "consent_required", field="consent")
    audit.note(session, caller.id, "clone", sha256, {"consent": statement})
    more = {"voice": f"{UPLOAD}{name}", "consent": statement}
    wanted = {**checked(caller, wanted), **more}
    return jobs.create(session, caller.id, "speak", wanted)


async def _waited(request: Request, caller: Caller, job: Job) -> dict:
    """Return a job once it has ended, or after two minutes as it is then."""

    async def ended() -> None:
        async for _ in request.app.state.events.follow(job.id):
            pass

    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(ended(), WAIT_SECONDS)
    return await request.app.state.database.run(
        lambda session: described(session, owned(session, caller, job.id))
    )


def _check(job: dict) -> None:
    """Raise `Problem` for a job that did not succeed."""
    if job["state"] != SUCCEEDED:
        raise of_job(job["state"], job["error"], job["message"])
