"""Serve consents: record, list, show, revoke."""

import hashlib
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile

from moksori.service import consents, revoking
from moksori.service.callers import SignedIn
from moksori.service.tables import Consent

router = APIRouter(prefix="/api/v1/consents", tags=["consents"])


@router.post("", status_code=201)
def record(
    request: Request,
    caller: SignedIn,
    voice_owner: Annotated[str, Form(examples=["김민지"])],
    owner_contact: Annotated[str, Form(examples=["minji@example.com"])],
    purpose: Annotated[str, Form(examples=["제 블로그 글을 읽어 주는 데"])],
    prohibited: Annotated[list[str], Form(description="every prohibited use by name")],
    audio_sha256: Annotated[list[str] | None, Form()] = None,
    audio: Annotated[list[UploadFile] | None, File()] = None,
    valid_until: Annotated[datetime | None, Form()] = None,
    document_sha256: Annotated[str | None, Form()] = None,
    statement: Annotated[UploadFile | None, File()] = None,
) -> dict:
    """Record a consent: written, or spoken where a statement comes with it.

    `audio` are the recordings that it is about; they are hashed and not kept, so their
    hashes may be sent instead.
    """
    hashes = list(audio_sha256 or ())
    for each in audio or ():
        hashes.append(hashlib.file_digest(each.file, "sha256").hexdigest())
    terms = consents.Terms(
        voice_owner,
        owner_contact,
        purpose,
        prohibited,
        hashes,
        valid_until,
        document_sha256,
    )
    spoken = statement.file.read() if statement else None
    state = request.app.state
    with state.database.session() as session:
        consent = consents.record(session, state.storage, caller, terms, spoken)
    return _described(consent)


@router.get("")
def all_of(request: Request, caller: SignedIn) -> dict:
    """List the caller's consents, and what a new one has to say."""
    with request.app.state.database.session() as session:
        found = [_described(each) for each in consents.all_of(session, caller)]
    return {
        "consents": found,
        "prohibited_uses": consents.PROHIBITED_USES,
        "statement": consents.STATEMENT,
    }


@router.get("/{consent_id}")
def show(request: Request, caller: SignedIn, consent_id: str) -> dict:
    """Show a consent."""
    with request.app.state.database.session() as session:
        return _described(consents.owned(session, caller, consent_id))


@router.post("/{consent_id}/revoke")
def revoke(
    request: Request,
    caller: SignedIn,
    consent_id: str,
    reason: Annotated[str | None, Form()] = None,
) -> dict:
    """Revoke a consent: nothing new is spoken, and what is kept of the voice goes.

    The answer lists what is gone and what is not; a revoked one may be asked again.
    """
    state = request.app.state
    reason = consents.line(reason, "reason", 500) if reason else None
    with state.database.session() as session:
        consent = consents.owned(session, caller, consent_id)
        revoking.revoke(session, consent, caller.id, reason)
    return revoking.purge(state, consent_id).to_json()


def _described(consent: Consent) -> dict:
    """Return a consent as JSON."""
    told = consent.told(
        *("id", "voice_owner", "owner_contact", "purpose", "prohibited", "type"),
        *("audio_sha256", "document_sha256", "similarity", "reason"),
        *("signed_at", "verified_at", "valid_until", "revoked_at", "purged_at"),
    )
    checked = ["length", "speech", "speaker"] if consent.verified_at else []
    checked += ["sentence"] if checked and consent.said else []
    return {**told, "state": consents.state(consent), "checked": checked}
