"""Workers in threads of this process, and tasks that need no model."""

import threading
import time
from contextlib import contextmanager


class Tasks:
    """Tasks that write, wait and fail as their request says."""

    def __init__(self):
        self.functions = {"speak": self.speak}
        # Job, attempt and what happened, in order.
        self.seen: list[tuple[str, int, str]] = []

    def warm_up(self) -> None:
        pass

    def speak(self, context) -> dict | None:
        self.seen.append((context.job.id, context.job.attempt, "begun"))
        if error := context.request.get("error"):
            raise error if isinstance(error, Exception) else RuntimeError(error)
        pieces = context.request.get("pieces", 1)
        for i in range(pieces):
            context.progress("speaking", i / pieces)
            time.sleep(context.request.get("seconds", 0.0))
            context.stream(b"%d;" % i)
        context.write("speech.wav", b"sound", sample_rate=24000, seconds=1.5)
        self.seen.append((context.job.id, context.job.attempt, "done"))
        return {"pieces": pieces}


@contextmanager
def working(settings, database, storage, tasks, count: int = 1):
    """Run workers in threads; they end with the block."""
    from moksori.service.worker import Worker

    workers = [Worker(settings, database, storage, tasks) for _ in range(count)]
    threads = [threading.Thread(target=each.run) for each in workers]
    for thread in threads:
        thread.start()
    try:
        yield workers
    finally:
        for worker in workers:
            worker.stop()
        for thread in threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in threads)


def submit(database, user: str, **request) -> str:
    """Create a job of type speak; returns its id."""
    from moksori.service import jobs

    with database.session() as session:
        return jobs.create(session, user, "speak", {"text": "안녕", **request}).id


def until(condition, seconds: float = 20.0):
    """Wait until `condition()` is true, and return what it is."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
    return value


def job_of(database, job_id: str):
    """Return the row of a job."""
    from moksori.service.tables import Job

    with database.session() as session:
        return session.get_one(Job, job_id)


def ended(database, job_id: str):
    """Wait for a job's end; returns its row."""
    from moksori.service.tables import FINAL

    until(lambda: job_of(database, job_id).state in FINAL)
    return job_of(database, job_id)
