"""Tell those who follow a job what happened, in the transaction in which it does."""

import json

from sqlalchemy import text
from sqlalchemy.orm import Session

from moksori.service.tables import RUNNING, Job

# Channels of NOTIFY: events of all jobs as JSON, and pieces of sound as "id n".
EVENTS, CHUNKS = "moksori_events", "moksori_chunks"
# One statement, as a job has several and its worker waits for each.
_TELL = text(
    "with told as (insert into events (job_id, n, at, json) "
    "select cast(:job as text), coalesce(max(n), 0) + 1, now(), cast(:event as jsonb) "
    "from events where job_id = cast(:job as text) returning n) "
    "select pg_notify(:channel, cast(jsonb_build_object('job', cast(:job as text), "
    "'n', n) || cast(:event as jsonb) as text)) from told"
)
_NOTIFY = text("select pg_notify(:channel, :payload)")


def event_of(job: Job) -> dict:
    """Return what listeners are told of a job, as JSON."""
    told = {"state": job.state, "stage": job.stage, "progress": round(job.progress, 4)}
    if job.seconds_left is not None:
        told["seconds_left"] = round(job.seconds_left, 1)
    if job.state == RUNNING and job.result:
        told["result"] = job.result
    if job.error:
        told |= {"error": job.error, "message": job.message}
    return told


def tell(session: Session, job: Job) -> None:
    """Add an event; the job's row is locked, so that numbers have no gap."""
    session.flush()
    event = json.dumps(event_of(job))
    session.execute(_TELL, {"job": job.id, "event": event, "channel": EVENTS})


def tell_piece(session: Session, job_id: str, n: int) -> None:
    """Tell that the n-th piece of a job's sound is there."""
    session.execute(_NOTIFY, {"channel": CHUNKS, "payload": f"{job_id} {n}"})
