"""Tell those who follow a job what happened, in the transaction in which it does."""

import json

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from moksori.service.tables import Event, Job

# Channels of NOTIFY: events of all jobs as JSON, and pieces of sound as "id n".
EVENTS, CHUNKS = "moksori_events", "moksori_chunks"
_NOTIFY = text("select pg_notify(:channel, :payload)")


def event_of(job: Job) -> dict:
    """Return what listeners are told of a job, as JSON."""
    told = {"state": job.state, "stage": job.stage, "progress": round(job.progress, 4)}
    if job.seconds_left is not None:
        told["seconds_left"] = round(job.seconds_left, 1)
    if job.error:
        told |= {"error": job.error, "message": job.message}
    return told


def tell(session: Session, job: Job) -> None:
    """Add an event; the job's row is locked, so that numbers have no gap."""
    session.flush()
    last = select(func.max(Event.n)).where(Event.job_id == job.id)
    event = Event(job_id=job.id, n=(session.scalar(last) or 0) + 1, json=event_of(job))
    session.add(event)
    payload = json.dumps({"job": job.id, "n": event.n, **event.json})
    session.execute(_NOTIFY, {"channel": EVENTS, "payload": payload})


def tell_piece(session: Session, job_id: str, n: int) -> None:
    """Tell that the n-th piece of a job's sound is there."""
    session.execute(_NOTIFY, {"channel": CHUNKS, "payload": f"{job_id} {n}"})
