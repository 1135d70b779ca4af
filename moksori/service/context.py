"""Give a task what it needs of its job: progress, cancellation, files, listeners."""

import hashlib
import logging
import time
from collections.abc import Callable
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from moksori.service import jobs
from moksori.service.database import Database
from moksori.service.errors import Cancelled, Interrupted, Superseded
from moksori.service.jobs import Made
from moksori.service.settings import Settings
from moksori.service.storage import Storage
from moksori.service.tables import Chunk, Consent, Job, Profile

log = logging.getLogger(__name__)

_PROGRESS_SECONDS = 0.2


class Service(Protocol):
    """Say what of the service many functions need; a job's context, the `state` of the
    web application and a worker have it."""

    settings: Settings
    database: Database
    storage: Storage


class JobContext:
    """Represent one attempt at a job, for the task that does it.

    `job` is the row as it was at the beginning. A task calls `check_cancelled` or
    `progress` between any two pieces of its work, which may raise `Stopped`; it lets
    that pass. What it wrote is handed over when it returns.
    """

    def __init__(
        self,
        job: Job,
        settings: Settings,
        database: Database,
        storage: Storage,
        aborted: Callable[[], bool] = lambda: False,
        ending: Callable[[], bool] = lambda: False,
        moved: Callable[[], None] = lambda: None,
    ):
        self.job, self.settings = job, settings
        self.database, self.storage = database, storage
        self.made: list[Made] = []
        self._aborted, self._ending, self._moved = aborted, ending, moved
        self._begun = time.monotonic()
        self._told: float | None = None
        self._chunks = 0

    @property
    def request(self) -> dict:
        """Return what was asked for."""
        return self.job.request

    def voice(self) -> tuple[Profile, Consent]:
        """Return the profile that the job is about, and the consent for it."""
        with self.database.session() as session:
            profile = session.get_one(Profile, self.job.profile_id)
            return profile, session.get_one(Consent, profile.consent_id)

    def check_cancelled(self) -> None:
        """Raise `Cancelled` or `Interrupted` when the task is to stop."""
        self._moved()
        if self._aborted():
            raise Cancelled
        if self._ending():
            raise Interrupted

    def progress(
        self,
        stage: str,
        fraction: float,
        left: float | None = None,
        told: dict | None = None,
    ) -> None:
        """Tell how far the job is, 0 to 1, at most some times a second; what else is
        `told` is its result so far. Seconds `left` are guessed where none are given.

        Raises `Superseded` if the job was given to another worker, and what
        `check_cancelled` does.
        """
        self.check_cancelled()
        spent, now = time.monotonic() - self._begun, time.monotonic()
        if self._told is not None and now - self._told < _PROGRESS_SECONDS:
            return
        self._told = now
        if left is None and fraction > 0:
            left = spent * (1 - fraction) / fraction
        try:
            with self.database.session() as session:
                way = stage, fraction, left, told
                mine = jobs.advance(session, *self._attempt, *way)
        except OperationalError:
            # A database that is away for a moment stops no work.
            log.warning("progress of a job was not written: no database")
            return
        if not mine:
            raise Superseded

    def write(
        self,
        name: str,
        data: bytes,
        *,
        format: str = "",
        sample_rate: int | None = None,
        seconds: float | None = None,
        token: int | None = None,
    ) -> Made:
        """Write a file of the job; it is nobody's before the task has returned.

        `name` is what a user may call it, made by the task. Raises `StorageFull`.
        """
        job_id, attempt = self._attempt
        made = Made(
            name=name,
            key=f"{jobs.folder(job_id)}/{attempt}/{name}",
            sha256=hashlib.sha256(data).hexdigest(),
            bytes=len(data),
            format=format or name.rpartition(".")[2],
            sample_rate=sample_rate,
            seconds=seconds,
            token=token,
        )
        self.storage.put_once(made.key, data)
        self.made.append(made)
        return made

    def stream(self, data: bytes) -> None:
        """Pass a piece of sound on to those who listen already; empty ones are not.

        Raises `Superseded`, and what `check_cancelled` does.
        """
        self.check_cancelled()
        if not data:
            return
        with self.database.session() as session:
            mine = jobs.add_chunk(session, *self._attempt, self._chunks, data)
        self._chunks += 1
        if not mine:
            raise Superseded

    def continue_stream(self) -> None:
        """Count pieces on from those of earlier attempts, which this one goes on from
        and does not make again."""
        made = select(func.count()).where(Chunk.job_id == self.job.id)
        with self.database.session() as session:
            self._chunks = session.scalar(made) or 0

    def discard(self) -> None:
        """Delete the files of an attempt that does not count."""
        for each in self.made:
            self.storage.delete(each.key)

    @property
    def _attempt(self) -> tuple[str, int]:
        return self.job.id, self.job.attempt
