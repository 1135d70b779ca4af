"""Delete what has had its time: files of jobs, live pieces, jobs of long ago."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from moksori.service import jobs
from moksori.service.database import Database
from moksori.service.storage import Storage
from moksori.service.tables import (
    EXPIRED,
    FINAL,
    SUCCEEDED,
    ApiKey,
    Artefact,
    Chunk,
    Job,
    RefreshToken,
    now,
)

# Whoever listened has the pieces by then; the file has them all.
_CHUNK_TIME = timedelta(minutes=10)
_AT_ONCE = 100


def expire(database: Database, storage: Storage, every: bool = False) -> int:
    """Delete files whose time is over, or `every` file; returns how many.

    The rows stay, and the tokens in the files are known as before.
    """
    count = 0
    while found := _expire_some(database, storage, every):
        count += found
    with database.session() as session:
        ended = select(Job.id).where(
            Job.state.in_(FINAL), Job.finished_at < now() - _CHUNK_TIME
        )
        session.execute(delete(Chunk).where(Chunk.job_id.in_(ended)))
    return count


def _expire_some(database: Database, storage: Storage, every: bool) -> int:
    due = select(Artefact).where(Artefact.deleted_at.is_(None))
    if not every:
        due = due.where(Artefact.expires_at < now())
    with database.session() as session:
        statement = due.limit(_AT_ONCE).with_for_update(skip_locked=True)
        artefacts = session.scalars(statement).all()
        for artefact in artefacts:
            # First the file: if this is interrupted, it is deleted again.
            storage.delete(artefact.key)
            artefact.deleted_at = now()
        session.flush()
        for job_id in {artefact.job_id for artefact in artefacts}:
            _expire_job(session, storage, job_id)
    return len(artefacts)


def _expire_job(session, storage: Storage, job_id: str) -> None:
    left = select(Artefact.id).where(
        Artefact.job_id == job_id, Artefact.deleted_at.is_(None)
    )
    ended = update(Job).where(Job.id == job_id, Job.state == SUCCEEDED)
    if session.scalar(left.limit(1)) is None:
        # What attempts left that died.
        storage.delete_below(jobs.folder(job_id))
        session.execute(ended.values(state=EXPIRED))


def forget(database: Database, storage: Storage, days: float) -> int:
    """Delete jobs that ended so many days ago, and their texts and events with them;
    returns how many. API keys go as long after they were revoked, refresh tokens when
    they expire.

    Consents, watermarks, usage and audit stay: they prove what there was.
    """
    before, count = now() - timedelta(days=days), 0
    while forgotten := _forget_some(database, storage, before):
        count += forgotten
    with database.session() as session:
        session.execute(delete(ApiKey).where(ApiKey.revoked_at < before))
        session.execute(delete(RefreshToken).where(RefreshToken.expires_at < now()))
    return count


def _forget_some(database: Database, storage: Storage, before: datetime) -> int:
    keeps = select(Artefact.id).where(
        Artefact.job_id == Job.id, Artefact.deleted_at.is_(None)
    )
    old = select(Job.id).where(Job.state.in_(FINAL), Job.finished_at < before)
    old = old.where(~keeps.exists()).limit(_AT_ONCE).with_for_update(skip_locked=True)
    with database.session() as session:
        ids = session.scalars(old).all()
        for job_id in ids:
            # What attempts left that died, of a job that never succeeded.
            storage.delete_below(jobs.folder(job_id))
        session.execute(delete(Artefact).where(Artefact.job_id.in_(ids)))
        session.execute(delete(Job).where(Job.id.in_(ids)))
    return len(ids)
