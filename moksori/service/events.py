"""Follow jobs: what happened to one so far, and then what happens, as it does.

One connection a process listens to Postgres and passes on what concerns somebody here.
A listener that was away says the number of the last event that it has.
"""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator

import psycopg
from sqlalchemy import select

from moksori.service.database import Database
from moksori.service.notices import CHUNKS, EVENTS
from moksori.service.tables import FINAL, Chunk, Event, Job

_RETRY_SECONDS = 1.0
# Where a notification was lost, the table is asked.
_ASK_SECONDS = 15.0


class Events:
    """Pass the events of jobs on to who follows them; `run` it as long as that goes."""

    def __init__(self, database: Database):
        self._database = database
        self._followers: dict[str, set[asyncio.Queue]] = defaultdict(set)

    async def run(self) -> None:
        """Listen until cancelled, on a new connection whenever one is lost."""
        while True:
            with contextlib.suppress(psycopg.Error, OSError):
                await self._listen()
            await asyncio.sleep(_RETRY_SECONDS)

    async def _listen(self) -> None:
        url, options = self._database.url, self._database.alive
        connection = await psycopg.AsyncConnection.connect(
            url, autocommit=True, **options
        )
        async with connection:
            for channel in (EVENTS, CHUNKS):
                await connection.execute(f"listen {channel}")
            # What was told while nobody listened is in the table.
            for job_id in list(self._followers):
                self._pass_on(job_id, None)
            async for told in connection.notifies():
                if told.channel == EVENTS:
                    event = json.loads(told.payload)
                    self._pass_on(event.pop("job"), event)
                else:
                    self._pass_on(told.payload.partition(" ")[0], None)

    def _pass_on(self, job_id: str, event: dict | None) -> None:
        for queue in self._followers.get(job_id, ()):
            queue.put_nowait(event)

    @contextlib.contextmanager
    def _following(self, job_id: str):
        queue: asyncio.Queue = asyncio.Queue()
        self._followers[job_id].add(queue)
        try:
            yield queue
        finally:
            self._followers[job_id].discard(queue)
            if not self._followers[job_id]:
                del self._followers[job_id]

    async def follow(self, job_id: str, after: int = 0) -> AsyncIterator[dict]:
        """Yield the events of a job behind number `after`, until one is final.

        Each has its number "n", "state", "progress" and more (`notices.event_of`).
        """
        with self._following(job_id) as queue:
            event = None
            while True:
                following = event is not None and event["n"] == after + 1
                if following:
                    events = [event]
                elif event is not None and event["n"] <= after:
                    events = []
                else:
                    events = await asyncio.to_thread(self._since, job_id, after)
                for each in events:
                    after = each["n"]
                    yield each
                    if each["state"] in FINAL:
                        return
                event = await _next(queue)

    async def chunks(self, job_id: str, after: int = -1) -> AsyncIterator[bytes]:
        """Yield the pieces of a job's sound behind number `after`, until it ends."""
        with self._following(job_id) as queue:
            while True:
                pieces, ended = await asyncio.to_thread(self._pieces, job_id, after)
                for number, data in pieces:
                    after = number
                    yield data
                if ended:
                    return
                await _next(queue)

    def _since(self, job_id: str, after: int) -> list[dict]:
        statement = select(Event).where(Event.job_id == job_id, Event.n > after)
        with self._database.session() as session:
            events = session.scalars(statement.order_by(Event.n)).all()
        return [{"n": event.n, **event.json} for event in events]

    def _pieces(self, job_id: str, after: int) -> tuple[list[tuple[int, bytes]], bool]:
        statement = select(Chunk.n, Chunk.data).where(Chunk.job_id == job_id)
        statement = statement.where(Chunk.n > after).order_by(Chunk.n)
        with self._database.session() as session:
            # Asked before the pieces: what is final has them all.
            state = session.scalar(select(Job.state).where(Job.id == job_id))
            pieces = [tuple(row) for row in session.execute(statement)]
        return pieces, state is None or state in FINAL


async def _next(queue: asyncio.Queue) -> dict | None:
    try:
        return await asyncio.wait_for(queue.get(), _ASK_SECONDS)
    except TimeoutError:
        return None
