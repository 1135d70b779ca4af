"""Revoke consents, and purge what is kept of a voice until nothing is left of it.

A consent that is revoked, or over, ends what is spoken with its voice at the next
piece. What proves something stays: the consent, hashes, tokens, usage, the audit.
"""

import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import delete as delete_rows
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from moksori.service import audit, jobs, uploads
from moksori.service.context import Service
from moksori.service.settings import Settings
from moksori.service.storage import StorageError
from moksori.service.tables import (
    ACTIVE,
    EXPIRED,
    SUCCEEDED,
    Artefact,
    Chunk,
    Consent,
    Job,
    Profile,
    now,
)

log = logging.getLogger(__name__)

# What stays by intent, and what no program reaches.
KEPT = ("consent", "hashes", "watermark_tokens", "usage", "audit", "texts_of_jobs")
BEYOND = (
    "downloaded_files",
    "backups",
    "registry_of_moksori_speakers",
    "memory_of_workers_until_their_next_job",
)


@dataclass
class Purge:
    """Represent what a purge did: counts of what is `gone`, reasons for what is
    `left`, by what it is. It is `complete` when nothing is left."""

    consent_id: str | None = None
    gone: dict[str, int] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Return whether nothing is left that can be purged."""
        return not self.left

    def run(self, what: str, step: Callable[[], int]) -> None:
        """Purge one kind of things; an error leaves it for the next time."""
        try:
            self.gone[what] = self.gone.get(what, 0) + step()
        except (StorageError, OSError) as error:
            log.warning("purge of %s: %s", what, error)
            self.left[what] = "could not be deleted; it is tried again"

    def to_json(self) -> dict:
        """Return the answer to who asked, the Korean line included."""
        message = (
            "이 목소리로 저장된 것을 모두 지웠습니다."
            if self.complete
            else "일부가 아직 남아 있습니다. 다 지워질 때까지 다시 시도합니다."
        )
        told = {"complete": self.complete, "gone": self.gone, "left": self.left}
        beyond = {"kept": list(KEPT), "not_reached": list(BEYOND)}
        return {"id": self.consent_id, **told, **beyond, "message": message}


def revoke(session: Session, consent: Consent, actor: str, reason: str | None) -> None:
    """Revoke a consent: its voices speak no more, jobs that wait are cancelled, those
    that run end at the next piece. One that is revoked stays as it is."""
    # Waits for who is about to use it; whoever comes later sees it revoked.
    session.refresh(consent, with_for_update={"key_share": True})
    if consent.revoked_at is None:
        consent.revoked_at, consent.reason = now(), reason
        audit.note(session, actor, "revoke", consent.id)
    mine = select(Profile).where(Profile.consent_id == consent.id)
    for profile in session.scalars(mine.with_for_update(key_share=True)):
        if profile.status != "deleted":
            profile.status = "revoked"
    session.flush()
    _cancel(session, _of_consent(consent.id))


def delete(session: Session, profile: Profile) -> None:
    """Let a voice, whose row is locked, speak no more."""
    profile.status, profile.deleted_at = "deleted", now()
    session.flush()
    _cancel(session, Job.profile_id == profile.id)


def _of_consent(consent_id: str):
    """Say which jobs rest on a consent: by their profile, or by an upload's clone."""
    profiles = select(Profile.id).where(Profile.consent_id == consent_id)
    cloned = Job.request["consent"].astext == consent_id
    return or_(Job.profile_id.in_(profiles), cloned)


def _cancel(session: Session, which) -> None:
    active = select(Job).where(which, Job.state.in_(ACTIVE))
    for job in session.scalars(active).all():
        jobs.cancel(session, job)


def purge(service: Service, consent_id: str) -> Purge:
    """Purge what is kept of the voices of a revoked consent; safe to repeat."""
    purged, storage = Purge(consent_id), service.storage
    with service.database.session() as session:
        consent = session.get_one(Consent, consent_id)
        profiles = select(Profile).where(Profile.consent_id == consent_id)
        profiles = session.scalars(profiles).all()
    hashes = {consent.audio_sha256}
    for profile in profiles:
        hashes |= {each["sha256"] for each in profile.samples}
        purge_profile(service, profile, purged)
    purged.run("uploads", lambda: uploads.forget(storage, consent.user_id, hashes))
    _purge_outputs(service, _of_consent(consent_id), purged)
    if consent.statement_key:
        folder = f"consents/{consent_id}"
        purged.run("statements", lambda: storage.delete_below(folder))
    with service.database.session() as session:
        consent = session.get_one(Consent, consent_id, with_for_update=True)
        if purged.complete and consent.purged_at is None:
            consent.purged_at = now()
            audit.note(session, "service", "purge", consent_id, purged.gone)
    return purged


def purge_profile(service: Service, profile: Profile, purged: Purge) -> None:
    """Purge the recordings of a voice, and what speaks like it."""
    folder, storage = f"profiles/{profile.id}", service.storage
    purged.run("recordings", lambda: storage.delete_below(f"{folder}/samples"))
    purged.run("voice_files", lambda: storage.delete_below(folder))
    for place in training_folders(service.settings, profile.id):
        purged.run("training_folders", lambda place=place: _delete_folder(place))
    _note_active(service, Job.profile_id == profile.id, purged)
    if purged.complete:
        with service.database.session() as session:
            row = session.get_one(Profile, profile.id, with_for_update=True)
            # Their hashes stay in the consent.
            row.latents_key, row.samples = None, []


def training_folders(settings: Settings, profile_id: str) -> Iterator[Path]:
    """Yield the folders of a voice that is trained: its run, and what it is made of."""
    yield settings.runs / f"voice-{profile_id}"
    yield settings.folder / "trainings" / profile_id


def sweep(service: Service) -> None:
    """Revoke consents whose time is over, and purge on where something was left, or a
    voice never became ready."""
    with service.database.session() as session:
        over = select(Consent).where(
            Consent.valid_until <= now(), Consent.revoked_at.is_(None)
        )
        for consent in session.scalars(over.with_for_update(skip_locked=True)).all():
            revoke(session, consent, "service", "expired")
        due = select(Consent.id).where(
            Consent.revoked_at.is_not(None), Consent.purged_at.is_(None)
        )
        consents = session.scalars(due).all()
        _abandon(session)
        left = select(Profile).where(
            Profile.status.in_(("deleted", "failed")),
            or_(Profile.latents_key.is_not(None), Profile.samples != []),
        )
        profiles = session.scalars(left).all()
        ended = _ended_folders(session, service.settings)
    for folder in ended:
        shutil.rmtree(folder, ignore_errors=True)
    for consent_id in consents:
        purge(service, consent_id)
    for profile in profiles:
        purge_profile(service, profile, Purge())


def _ended_folders(session: Session, settings: Settings) -> list[Path]:
    """Return the folders of trainings on this machine whose voice has ended; whoever
    purged it may have been another machine, which does not see them."""
    there = [
        *settings.runs.glob("voice-*"),
        *(settings.folder / "trainings").glob("*"),
    ]
    ids = {path: path.name.removeprefix("voice-") for path in there}
    running = select(Job.id).where(Job.profile_id == Profile.id, Job.state.in_(ACTIVE))
    ended = select(Profile.id).where(
        Profile.id.in_(set(ids.values())),
        Profile.status.in_(("deleted", "failed", "revoked")),
        ~running.exists(),
    )
    gone = set(session.scalars(ended))
    return [path for path, id in ids.items() if id in gone]


def _abandon(session: Session) -> None:
    """Let voices fail whose job ended without a word, as with its worker."""
    active = select(Job.id).where(Job.profile_id == Profile.id, Job.state.in_(ACTIVE))
    waiting = update(Profile).where(Profile.status == "processing", ~active.exists())
    error = "작업이 끝나지 못했습니다. 다시 만들어 주세요."
    session.execute(waiting.values(status="failed", error=error))


def _purge_outputs(service: Service, which, purged: Purge) -> None:
    """Purge what jobs made: files, and pieces for listeners."""
    mine, storage = select(Job.id).where(which), service.storage
    with service.database.session() as session:
        for job_id in session.scalars(mine).all():
            folder = jobs.folder(job_id)
            purged.run("outputs", lambda folder=folder: storage.delete_below(folder))
        session.execute(delete_rows(Chunk).where(Chunk.job_id.in_(mine)))
        if "outputs" not in purged.left:
            there = Artefact.job_id.in_(mine) & Artefact.deleted_at.is_(None)
            session.execute(update(Artefact).where(there).values(deleted_at=now()))
            spoken = Job.id.in_(mine) & (Job.state == SUCCEEDED)
            session.execute(update(Job).where(spoken).values(state=EXPIRED))
    _note_active(service, which, purged)


def _note_active(service: Service, which, purged: Purge) -> None:
    active = select(Job.id).where(which, Job.state.in_(ACTIVE))
    with service.database.session() as session:
        if session.scalar(active.limit(1)) is not None:
            purged.left["jobs"] = "a job ends at its next piece; then its files go"


def _delete_folder(folder) -> int:
    if not folder.exists():
        return 0
    shutil.rmtree(folder)
    return 1
