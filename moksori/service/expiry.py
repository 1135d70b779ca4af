"""Delete what has had its time: files of jobs, and pieces that nobody waits for."""

from datetime import timedelta

from sqlalchemy import delete, select, update

from moksori.service import jobs
from moksori.service.database import Database
from moksori.service.storage import Storage
from moksori.service.tables import EXPIRED, FINAL, SUCCEEDED, Artefact, Chunk, Job, now

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
