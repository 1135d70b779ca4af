"""Serve vocal models: train one, bring one, train on, hear, download, delete."""

from hashlib import sha256
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from pydantic import BaseModel, Field

from moksori.service import downloads, jobs_api, profiles, uploads, vocals
from moksori.service.callers import Caller, SignedIn
from moksori.service.errors import ServiceError
from moksori.service.problems import not_found
from moksori.service.tables import Artefact, Job, Profile

router = APIRouter(prefix="/api/v1/vocals", tags=["vocals"])
Name = Annotated[str, Form(examples=["민지의 노래"])]
ConsentId = Annotated[str, Form(description="of a consent to these files")]
Epochs = Annotated[int, Form(ge=0, le=1000)]


class More(BaseModel):
    """Represent how much longer a model is trained."""

    epochs: Annotated[int, Field(ge=1, le=1000)] = 50


@router.post("", status_code=202)
def train(
    request: Request,
    caller: SignedIn,
    name: Name,
    consent_id: ConsentId,
    files: Annotated[list[UploadFile], File(description="1 to 5 clips, 10 s in all")],
    epochs: Epochs = 50,
    seed: Annotated[int, Form(ge=0, le=2**31)] = 0,
    decoder: Annotated[Literal["world", "wave"], Form()] = "world",
) -> dict:
    """Train a vocal model on clips of one person; it sings from its index on, and
    better with every epoch. Cancelling its job keeps the best so far."""
    state = request.app.state
    clips = [each.file.read(uploads.MOST_BYTES + 1) for each in files]
    how = epochs, seed, decoder
    made = vocals.train(state, caller, name, consent_id, clips, *how)
    return {**_begun(request, *made), **_warning(made[0])}


@router.post("/import", status_code=202)
def bring(
    request: Request,
    caller: SignedIn,
    name: Name,
    consent_id: ConsentId,
    file: Annotated[UploadFile, File(description="a zip, as one downloads it here")],
) -> dict:
    """Bring a vocal model in a zip; a job reads it, running nothing of it."""
    data = file.file.read()
    made = vocals.bring(request.app.state, caller, name, consent_id, data)
    return _begun(request, *made)


@router.get("")
def all_of(request: Request, caller: SignedIn) -> dict:
    """List the caller's vocal models, and what is missing to sing with them."""
    with request.app.state.database.session() as session:
        return {
            "vocals": vocals.all_of(session, caller),
            "missing": jobs_api.missing(session, "missing_for_covers"),
        }


@router.get("/{vocal_id}")
def show(request: Request, caller: SignedIn, vocal_id: str) -> dict:
    """Show a vocal model, and the job that made or makes it."""
    with request.app.state.database.session() as session:
        return vocals.described(session, [vocals.owned(session, caller, vocal_id)])[0]


@router.post("/{vocal_id}/continue", status_code=202)
def train_on(request: Request, caller: SignedIn, vocal_id: str, more: More) -> dict:
    """Train a model on from its best epoch; it sings meanwhile."""
    with request.app.state.database.session() as session:
        made = vocals.train_on(session, caller, vocal_id, more.epochs)
    return _begun(request, *made)


@router.get("/{vocal_id}/download", response_class=Response)
def download(request: Request, caller: SignedIn, vocal_id: str) -> Response:
    """Send a model as a zip, which can be brought again, here or elsewhere."""
    return _sent(request, caller, vocal_id, "", "zip")


@router.get("/{vocal_id}/sample", response_class=Response)
def sample(request: Request, caller: SignedIn, vocal_id: str) -> Response:
    """Send what a model said when it was trained."""
    return _sent(request, caller, vocal_id, ".wav", "wav")


@router.delete("/{vocal_id}")
def delete(request: Request, caller: SignedIn, vocal_id: str) -> dict:
    """Delete a model; the answer lists what is gone and what is not."""
    state = request.app.state
    with state.database.session() as session:
        vocals.owned(session, caller, vocal_id)
    return profiles.delete(state, caller, vocal_id).to_json()


def _begun(request: Request, profile: Profile, job: Job) -> dict:
    with request.app.state.database.session() as session:
        (told,) = vocals.described(session, [profile])
    return {**told, "job_id": job.id}


def _warning(profile: Profile) -> dict:
    if profile.total_duration_seconds >= vocals.ADVISED_SECONDS:
        return {}
    lines = ServiceError("advised", seconds=vocals.ADVISED_SECONDS)
    return {"warning": lines.korean, "warning_en": lines.english}


def _sent(request: Request, caller: Caller, vocal_id: str, end: str, format: str):
    with request.app.state.database.session() as session:
        profile = vocals.usable(session, caller, vocal_id)
        if end and not vocals.described(session, [profile])[0]["sample"]:
            raise not_found()
    key = f"{profile.latents_key}{end}"
    # It is no job's, and has no row: made up to be sent as those are.
    file = Artefact(
        job_id=profile.id,
        name="",
        key=key,
        sha256=sha256(key.encode()).hexdigest(),
        bytes=request.app.state.storage.size(key),
        format=format,
    )
    return downloads.send(request, file)
