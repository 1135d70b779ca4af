"""Serve profiles: make a voice from recordings, list, show, delete."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile

from moksori.service import profiles, samples
from moksori.service.callers import SignedIn
from moksori.service.tables import Profile

router = APIRouter(prefix="/api/v1/profiles", tags=["voices"])


@router.post("", status_code=202)
def clone(
    request: Request,
    caller: SignedIn,
    name: Annotated[str, Form(examples=["민지"])],
    consent_id: Annotated[str, Form()],
    files: Annotated[list[UploadFile], File(description="recordings, 10 s in all")],
) -> dict:
    """Make a voice from recordings that a consent is about; a job prepares it."""
    recordings = [each.file.read() for each in files]
    made = samples.clone(request.app.state, caller, name, consent_id, recordings)
    profile, job = made
    return {**described(profile), "job_id": job.id}


@router.get("")
def all_of(request: Request, caller: SignedIn) -> dict:
    """List the caller's profiles."""
    with request.app.state.database.session() as session:
        found = profiles.all_of(session, caller)
    return {"profiles": [described(each) for each in found]}


@router.get("/{profile_id}")
def show(request: Request, caller: SignedIn, profile_id: str) -> dict:
    """Show a profile."""
    with request.app.state.database.session() as session:
        return described(profiles.owned(session, caller, profile_id))


@router.delete("/{profile_id}")
def delete(request: Request, caller: SignedIn, profile_id: str) -> dict:
    """Delete a voice; the answer lists what is gone and what is not."""
    return profiles.delete(request.app.state, caller, profile_id).to_json()


def described(profile: Profile) -> dict:
    """Return a profile as JSON."""
    told = profile.told(
        *("id", "name", "kind", "status", "consent_id", "error", "similarity"),
        *("created_at", "ready_at"),
    )
    samples = [{k: each[k] for k in ("sha256", "seconds")} for each in profile.samples]
    seconds = round(profile.total_duration_seconds, 2)
    return {**told, "samples": samples, "total_duration_sec": seconds}
