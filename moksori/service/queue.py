"""Queue jobs with Procrastinate, in the transaction that writes them.

Its rows say only which job is to be done. A row is deleted when a worker is done with
it, so what is there is what waits or runs. Its SQL functions are called on our own
connection; they belong to the version that is pinned, and a test holds them to it.
"""

import json

from sqlalchemy import text
from sqlalchemy.orm import Session

from moksori.service.tables import FINAL, QUEUED, RUNNING, Job

TASK = "run_job"
_LOST_SECONDS = 30

_DEFER = text(
    "select procrastinate_defer_jobs_v1(array[row(cast(:queue as varchar), :task, "
    "cast(:priority as integer), cast(:lock as text), cast(:job as text), "
    "cast(:arguments as jsonb), null)::procrastinate_job_to_defer_v1])"
)
_WITHDRAW = text(
    "delete from procrastinate_jobs where queueing_lock = :job and status = 'todo'"
)
_ABORT = text(
    "update procrastinate_jobs set abort_requested = true "
    "where queueing_lock = :job and status = 'doing'"
)
_STALLED = text(
    "select j.id, j.queueing_lock as job, j.queue_name as queue, "
    "exists (select from procrastinate_jobs other where other.status = 'todo' "
    "and other.queueing_lock = j.queueing_lock) as waits "
    "from procrastinate_jobs j left join procrastinate_workers w on w.id = j.worker_id "
    "where j.status = 'doing' and (w.id is null or "
    "w.last_heartbeat < now() - make_interval(secs => :seconds)) "
    "for update of j skip locked"
)
# A row whose abort was requested would not be given again.
_UNABORT = text("update procrastinate_jobs set abort_requested = false where id = :id")
_RETRY = text("select procrastinate_retry_job_v2(:id, now(), null, null, null)")
_DROP = text("delete from procrastinate_jobs where id = :id")
# A row that is given again wakes nobody by itself.
_WAKE = text(
    "select pg_notify('procrastinate_queue_v1#' || cast(:queue as text), :told), "
    "pg_notify('procrastinate_any_queue_v1', :told)"
)
_LOST = text(
    "select id from jobs where state in ('queued', 'running', 'cancelling') "
    "and coalesce(started_at, queued_at) < now() - make_interval(secs => :seconds) "
    "and not exists (select from procrastinate_jobs q where q.queueing_lock = jobs.id)"
)


def defer(session: Session, job: Job) -> None:
    """Add a job to its queue; nothing is added unless the transaction commits.

    Jobs of a user in the same slot run one after the other, so that a user who has as
    many slots as the tier has jobs never runs more.
    """
    row = {
        "queue": job.queue,
        "task": TASK,
        "priority": job.priority,
        "lock": f"{job.user_id}-{job.slot}",
        "job": job.id,
        "arguments": json.dumps({"job_id": job.id}),
    }
    session.execute(_DEFER, row)


def withdraw(session: Session, job_id: str) -> None:
    """Take a job that waits out of its queue."""
    session.execute(_WITHDRAW, {"job": job_id})


def abort(session: Session, job_id: str) -> None:
    """Tell the worker that runs a job to leave it."""
    session.execute(_ABORT, {"job": job_id})


def redeliver(session: Session, stalled_seconds: float) -> list[str]:
    """Give the jobs of workers that were silent for so long to others.

    Returns their ids. How often a job outlived its worker is counted in `deaths`.
    """
    given = []
    stalled = session.execute(_STALLED, {"seconds": stalled_seconds}).all()
    for row in stalled:
        job = session.get(Job, row.job, with_for_update=True)
        unfinished = job is not None and job.state not in FINAL
        if unfinished:
            job.deaths += 1
        if unfinished and not row.waits:
            if job.state == RUNNING:
                job.state = QUEUED
            session.execute(_UNABORT, {"id": row.id})
            session.execute(_RETRY, {"id": row.id})
            told = json.dumps({"type": "job_inserted", "job_id": row.id})
            session.execute(_WAKE, {"queue": row.queue, "told": told})
            given.append(job.id)
        else:
            session.execute(_DROP, {"id": row.id})
    return given


def restore(session: Session, seconds: float = _LOST_SECONDS) -> list[str]:
    """Queue unfinished jobs again that no queue has a row of; returns their ids."""
    given = []
    for job_id in session.scalars(_LOST, {"seconds": seconds}).all():
        job = session.get(Job, job_id, with_for_update=True)
        if job.state not in FINAL:
            job.state = QUEUED if job.state == RUNNING else job.state
            defer(session, job)
            given.append(job_id)
    return given
