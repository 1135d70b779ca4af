"""Move jobs through their states, each move in one transaction with what it entails.

    queued -> running -> succeeded | failed | cancelled -> expired
                 \\-> cancelling -> cancelled

The queue delivers a job at least once. It ends exactly once: `begin` raises its number
`attempt`, and `finish` moves it only for the worker that still has that number.
"""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from structlog.contextvars import get_contextvars

from moksori.service import metrics, queue, quota
from moksori.service.errors import JobError, ServiceError
from moksori.service.notices import tell, tell_piece
from moksori.service.problems import Problem, not_found
from moksori.service.tables import (
    ACTIVE,
    CANCELLED,
    CANCELLING,
    FAILED,
    FINAL,
    QUEUED,
    RUNNING,
    SUCCEEDED,
    Artefact,
    Chunk,
    Job,
    Profile,
    User,
    now,
)
from moksori.service.tiers import TIERS

MOST_DEATHS = 3
TRAIN, TRAIN_VOCAL = "train", "train_vocal"
COVER, CONVERT, BRING_VOCAL = "cover", "convert", "import_vocal"
TRAININGS = (TRAIN, TRAIN_VOCAL)
# Jobs that a voice must be ready for.
_SOUNDING = ("speak", COVER, CONVERT)
TRAINING_QUEUE, TRAINING_SLOT = "voice-training", -1
_MESSAGE_CHARACTERS = 300


@dataclass(frozen=True)
class Made:
    """Describe a file that a worker wrote for a job and did not hand over yet."""

    name: str
    key: str
    sha256: str
    bytes: int
    format: str
    sample_rate: int | None = None
    seconds: float | None = None
    token: int | None = None


def folder(job_id: str) -> str:
    """Return the folder of storage that all files of a job lie in."""
    return f"jobs/{job_id}"


def create(
    session: Session,
    user_id: str,
    type: str,
    request: dict,
    *,
    profile_id: str | None = None,
    seconds: float = 0.0,
    idempotency_key: str | None = None,
) -> Job:
    """Accept a job: reserve its characters, write it and queue it, or none of these.

    What has no text is charged by its `seconds` of sound (`quota.of_seconds`).
    The second job of a user with the same `idempotency_key` is the first one. Raises
    `Problem`: quota, a voice that may not speak, a key that was another request's.
    """
    user = session.get_one(User, user_id)
    if profile_id:
        _check_profile(session, user_id, profile_id, type)
    spoken = unicodedata.normalize("NFC", request.get("text", ""))
    charged = quota.characters(spoken) + quota.of_seconds(seconds)
    with session.begin_nested() as reservation:
        # Locks the month's row: of two requests with one key the second waits here.
        quota.reserve(session, user, charged)
        if kept := _by_key(session, user_id, idempotency_key):
            reservation.rollback()
            return _same(kept, type, request)
    tier = TIERS[user.tier]
    training = type in TRAININGS
    job = Job(
        user_id=user_id,
        profile_id=profile_id,
        type=type,
        request=request,
        text_sha256=hashlib.sha256(spoken.encode()).hexdigest() if spoken else None,
        characters=charged,
        tier=user.tier,
        # A training takes hours, and must not keep its user from speaking.
        slot=TRAINING_SLOT if training else _slot(session, user_id, tier.jobs),
        queue=TRAINING_QUEUE if training else tier.queue,
        priority=tier.priority,
        idempotency_key=idempotency_key,
        # Bound by the gate, for logs too.
        request_id=get_contextvars().get("request_id"),
    )
    session.add(job)
    session.flush()
    queue.defer(session, job)
    tell(session, job)
    return job


def cancel(session: Session, job: Job) -> Job:
    """Cancel a job: at once if it waits, at its next piece if it runs.

    One that has ended stays as it is.
    """
    job = session.get_one(Job, job.id, with_for_update=True, populate_existing=True)
    if job.state == QUEUED:
        queue.withdraw(session, job.id)
        _end(session, job, CANCELLED)
    elif job.state == RUNNING:
        job.state = CANCELLING
        queue.abort(session, job.id)
        tell(session, job)
    return job


def begin(session: Session, job_id: str, worker: str) -> Job | None:
    """Start an attempt; its number is `attempt` of the job that is returned.

    None if there is nothing to do: the job has ended, was cancelled while its worker
    died, or has outlived so many workers that it is taken for what kills them.
    """
    job = session.get(Job, job_id, with_for_update=True)
    if job is None or job.state in FINAL:
        return None
    if job.state == CANCELLING:
        _end(session, job, CANCELLED)
        return None
    if job.deaths >= MOST_DEATHS:
        _fail(session, job, JobError("worker_died"))
        return None
    job.state, job.worker = RUNNING, worker
    job.attempt += 1
    job.progress, job.stage, job.seconds_left = 0.0, None, None
    job.started_at = now()
    tell(session, job)
    return job


def advance(
    session: Session,
    job_id: str,
    attempt: int,
    stage: str,
    fraction: float,
    left: float,
    told: dict | None = None,
) -> str | None:
    """Write how far an attempt is, and what it has `told`, the job's result so far;
    returns the job's state, None if it lost the job."""
    job = _mine(session, job_id, attempt)
    if job is None:
        return None
    job.stage, job.progress, job.seconds_left = stage, fraction, left
    job.result = told or job.result
    tell(session, job)
    return job.state


def give_back(session: Session, job_id: str, attempt: int) -> None:
    """Put the job of a worker that ends back into its queue."""
    job = _mine(session, job_id, attempt)
    if job is not None and job.state == CANCELLING:
        _end(session, job, CANCELLED)
    elif job is not None:
        job.state = QUEUED
        queue.defer(session, job)
        tell(session, job)


def add_chunk(session: Session, job_id: str, attempt: int, n: int, data: bytes) -> bool:
    """Add the n-th piece of sound for listeners; False if the job is another's now."""
    if _mine(session, job_id, attempt) is None:
        return False
    row = {"job_id": job_id, "n": n, "data": data}
    session.execute(insert(Chunk).values(**row).on_conflict_do_nothing())
    tell_piece(session, job_id, n)
    return True


def succeed(
    session: Session,
    job_id: str,
    attempt: int,
    made: Sequence[Made],
    result: dict | None,
    hours: float,
) -> bool:
    """End an attempt with the files that it made, which are kept for `hours`.

    False if they are not wanted: the job was cancelled or is another worker's.
    """
    job = _mine(session, job_id, attempt)
    if job is None:
        # It may have been written, and only the answer was lost.
        job = session.get(Job, job_id)
        return job is not None and (job.state, job.attempt) == (SUCCEEDED, attempt)
    if job.state == CANCELLING:
        _end(session, job, CANCELLED)
        return False
    job.expires_at = now() + timedelta(hours=hours)
    for each in made:
        session.add(Artefact(job_id=job_id, expires_at=job.expires_at, **vars(each)))
    job.result, job.progress, job.seconds_left = result, 1.0, 0.0
    _end(session, job, SUCCEEDED, sum(each.seconds or 0.0 for each in made))
    return True


def fail(session: Session, job_id: str, attempt: int, error: ServiceError) -> None:
    """End an attempt, and with it the job, as failed."""
    if (job := _mine(session, job_id, attempt)) is not None:
        _fail(session, job, error)


def cancelled(session: Session, job_id: str, attempt: int) -> None:
    """End an attempt whose job is to be cancelled."""
    if (job := _mine(session, job_id, attempt)) is not None:
        _end(session, job, CANCELLED)


def _mine(session: Session, job_id: str, attempt: int) -> Job | None:
    """Lock the job of an attempt; None if the attempt does not count any more."""
    return session.scalar(
        select(Job)
        .where(Job.id == job_id, Job.attempt == attempt)
        .where(Job.state.in_((RUNNING, CANCELLING)))
        .with_for_update()
    )


def _end(session: Session, job: Job, state: str, seconds: float = 0.0) -> None:
    job.state, job.finished_at = state, now()
    spoken = state == SUCCEEDED or (state == CANCELLED and _heard(session, job))
    quota.settle(session, job, seconds, spoken)
    metrics.job_ended(job, seconds)
    tell(session, job)


def _fail(session: Session, job: Job, error: ServiceError) -> None:
    job.error, job.message = error.word, error.korean[:_MESSAGE_CHARACTERS]
    _end(session, job, FAILED)


def _heard(session: Session, job: Job) -> bool:
    """Tell whether some of a job's sound was given out, which is not free of charge."""
    some = select(Chunk.n).where(Chunk.job_id == job.id)
    return session.scalar(some.limit(1)) is not None


def _by_key(session: Session, user_id: str, key: str | None) -> Job | None:
    if key is None:
        return None
    return session.scalar(
        select(Job).where(Job.user_id == user_id, Job.idempotency_key == key)
    )


def _same(job: Job, type: str, request: dict) -> Job:
    if (job.type, job.request) != (type, request):
        raise Problem(409, "idempotency_conflict")
    return job


def _check_profile(session: Session, user_id: str, profile_id: str, type: str) -> None:
    """Hold a voice's row, so that a consent is not revoked between here and the end."""
    # Not shared: who shares it, one after the other, would keep a revocation waiting.
    profile = session.get(Profile, profile_id, with_for_update={"key_share": True})
    if profile is None or profile.user_id != user_id or profile.status == "deleted":
        raise not_found()
    if profile.status == "revoked":
        raise Problem(403, "consent_revoked")
    if type in _SOUNDING and profile.status != "ready":
        raise Problem(409, "voice_not_ready")


def _slot(session: Session, user_id: str, slots: int) -> int:
    """Return the slot of a user in which the fewest jobs wait or run."""
    statement = (
        select(Job.slot, func.count())
        .where(Job.user_id == user_id, Job.state.in_(ACTIVE))
        .group_by(Job.slot)
    )
    counts = dict(map(tuple, session.execute(statement)))
    return min(range(slots), key=lambda slot: counts.get(slot, 0))
