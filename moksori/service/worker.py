"""Do jobs, one at a time, for as long as the process lives.

Procrastinate fetches them and keeps the heartbeat; the job itself runs in a thread. The
process ends itself when it hangs, after an error that nobody foresaw and after many
jobs; whoever started it starts it again, and no job is lost by that.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

import procrastinate
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from moksori.service import covers, expiry, jobs, queue, revoking, uploads
from moksori.service.context import JobContext
from moksori.service.database import Database
from moksori.service.errors import (
    Cancelled,
    Interrupted,
    JobError,
    ServiceError,
    Superseded,
)
from moksori.service.settings import Settings
from moksori.service.storage import Storage, StorageFull

log = logging.getLogger(__name__)

# Exit codes: asked to end or full of days; in need of a successor; hung.
ENDED, BROKEN, HUNG = 0, 1, 70
# The loop is taken for hung after that.
_SILENT_SECONDS = 60.0
# How long a result waits for a database that is away.
_PATIENCE_SECONDS = 120.0
_SWEEP_SECONDS = 3.0
_EXPIRE_SECONDS = 60.0
# Any number that nothing else locks.
_SWEEP_LOCK = 0x73776570


class Tasks(Protocol):
    """Say what a worker can do: functions by type of job, warmed up beforehand."""

    functions: Mapping[str, Callable[[JobContext], dict | None]]

    def warm_up(self) -> None:
        """Load what the first job would wait for."""
        ...


class Worker:
    """Run jobs until asked to end."""

    def __init__(
        self, settings: Settings, database: Database, storage: Storage, tasks: Tasks
    ):
        self.settings, self.database = settings, database
        self.storage, self._tasks = storage, tasks
        self.name = f"{socket.gethostname()}-{os.getpid()}"
        self.alive = settings.alive or settings.folder / "worker.alive"
        self._ending, self._broken = threading.Event(), False
        self._done = 0
        self._beat = time.monotonic()
        # Since when the job that runs has shown no sign of getting on.
        self._moved: float | None = None
        self._running: asyncio.Task | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self) -> int:
        """Work until SIGTERM or SIGINT; returns the exit code."""
        self._tasks.warm_up()
        ended = threading.Event()
        threading.Thread(target=self._watch, args=(ended,), daemon=True).start()
        try:
            return asyncio.run(self._run())
        finally:
            ended.set()

    def stop(self) -> None:
        """End at the next piece of the job that runs; it goes back into the queue."""
        self._ending.set()
        if self._running is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._running.cancel)

    async def _run(self) -> int:
        self._loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            # Elsewhere than in the main thread it is stopped by `stop`.
            with contextlib.suppress(ValueError, RuntimeError):
                self._loop.add_signal_handler(number, self.stop)
        connector = procrastinate.PsycopgConnector(
            conninfo=self.database.url,
            kwargs=dict(self.database.alive),
            min_size=1,
            max_size=4,
        )
        app = procrastinate.App(connector=connector)
        app.task(self._do, name=queue.TASK, pass_context=True)
        async with app.open_async():
            self._running = asyncio.create_task(self._work(app))
            beside = [
                asyncio.create_task(self._keep_alive()),
                asyncio.create_task(self._sweep()),
            ]
            if self._ending.is_set():
                self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running
            for each in beside:
                each.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
        return BROKEN if self._broken or not self._ending.is_set() else ENDED

    async def _work(self, app: procrastinate.App) -> None:
        try:
            await app.run_worker_async(
                concurrency=1,
                queues=list(self.settings.queues),
                delete_jobs="always",
                install_signal_handlers=False,
                update_heartbeat_interval=self.settings.heartbeat_seconds,
                # Workers that are dead are forgotten by the sweep's standard.
                stalled_worker_timeout=self.settings.stalled_seconds,
                fetch_job_polling_interval=1.0,
                abort_job_polling_interval=self.settings.heartbeat_seconds,
            )
        except procrastinate.exceptions.ConnectorException as error:
            log.warning("the database does not answer: %s", error.__cause__ or error)
            self._broken = True

    def _do(self, fetched: procrastinate.JobContext, job_id: str) -> None:
        """Do one job in this thread; whatever happens to it is written."""
        job = self._patiently(lambda session: jobs.begin(session, job_id, self.name))
        self._moved = None
        if job is None:
            return
        context = JobContext(
            job,
            self.settings,
            self.database,
            self.storage,
            aborted=fetched.should_abort,
            ending=self._ending.is_set,
            moved=self._sign_of_life,
        )
        self._sign_of_life()
        try:
            if not self._finished(context):
                context.discard()
        finally:
            self._moved = None
        self._done += 1
        if self._broken or self._done >= self.settings.jobs_per_worker:
            self.stop()

    def _finished(self, context: JobContext) -> bool:
        """Do the task and write how it ended; True if its files are wanted."""
        move, *more = self._outcome(context)
        job_id, attempt = context.job.id, context.job.attempt
        return bool(
            self._patiently(lambda session: move(session, job_id, attempt, *more))
        )

    def _outcome(self, context: JobContext) -> tuple:
        """Run the task; return the function of `jobs` to call, and its arguments."""
        job, hours = context.job, self.settings.output_hours
        try:
            result = self._tasks.functions[job.type](context)
            return jobs.succeed, context.made, result, hours
        except Superseded:
            return (lambda *_: False,)
        except Cancelled:
            return (jobs.cancelled,)
        except (Interrupted, OperationalError):
            return (jobs.give_back,)
        except ServiceError as error:
            return jobs.fail, error
        except StorageFull:
            return jobs.fail, JobError("storage_full")
        except Exception:
            # What it left behind in a model or on a card, nobody knows.
            self._broken = True
            number = job.request_id or job.id
            log.exception("job %s of request %s failed", job.id, job.request_id)
            return jobs.fail, JobError("internal-job", number=number)

    def _patiently(self, move: Callable[[Session], object]):
        """Run `move(session)` in a transaction, again while the database is away."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                with self.database.session() as session:
                    return move(session)
            except OperationalError:
                if time.monotonic() > until:
                    raise
            self._sign_of_life()
            time.sleep(0.5)

    def _sign_of_life(self) -> None:
        self._moved = time.monotonic()

    async def _keep_alive(self) -> None:
        """Beat for the watch in this process, and in a file for one outside."""
        while True:
            self._beat = time.monotonic()
            # A disk that is full is no sign of death.
            with contextlib.suppress(OSError):
                await asyncio.to_thread(self.alive.touch)
            await asyncio.sleep(1.0)

    def _watch(self, ended: threading.Event) -> None:
        """End the process, from a thread of its own, when the others hang."""
        while not ended.wait(1.0):
            now, moved = time.monotonic(), self._moved
            if now - self._beat > _SILENT_SECONDS:
                log.critical("the worker hangs and ends itself")
                os._exit(HUNG)
            if moved is not None and now - moved > self.settings.stuck_seconds:
                log.critical("the job does not get on, and the worker ends itself")
                os._exit(HUNG)

    async def _sweep(self) -> None:
        """Give lost jobs again and delete what has had its time, now and then."""
        expired = 0.0
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            try:
                await asyncio.to_thread(self._redeliver)
                if time.monotonic() - expired > _EXPIRE_SECONDS:
                    expired = time.monotonic()
                    await asyncio.to_thread(self._purge)
            except Exception:
                # It must not end with one fault: nobody else gives lost jobs again.
                log.exception("a sweep failed, and is done again")

    def _purge(self) -> None:
        """Delete what has had its time, and what those took back who had agreed."""
        expiry.expire(self.database, self.storage)
        expiry.forget(self.database, self.storage, self.settings.history_days)
        hours = self.settings.upload_hours
        uploads.expire(self.storage, hours)
        covers.expire(self.database, self.storage, hours)
        revoking.sweep(self)

    def _redeliver(self) -> None:
        with self.database.session() as session:
            lock = select(func.pg_try_advisory_xact_lock(_SWEEP_LOCK))
            if session.scalar(lock):
                given = queue.redeliver(session, self.settings.stalled_seconds)
                given += queue.restore(session)
                for job_id in given:
                    log.warning("job %s lost its worker and is given again", job_id)
