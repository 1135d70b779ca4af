"""Keep for 90 days what was done with whom, without making anybody wait for a disk."""

import atexit
import threading
from datetime import UTC, datetime, timedelta

from moksori.speakers import rows
from moksori.speakers.database import Database

_DAYS = 90
_DELAY = 1.0  # seconds in which events are collected and then written together


class Events:
    """Record identifications of a registry; what was changed is recorded with the
    change itself (`rows.log`). A crash loses those of the last second."""

    def __init__(self, database: Database):
        self._database = database
        self._lock = threading.Lock()
        self._waiting: list[tuple[str, str, str]] = []
        atexit.register(self.flush)

    def record(self, action: str, speaker: str) -> None:
        """Record that something was done with a speaker."""
        with self._lock:
            first = not self._waiting
            self._waiting.append((action, speaker, rows.now()))
        if first:
            timer = threading.Timer(_DELAY, self.flush)
            timer.daemon = True
            timer.start()

    def flush(self) -> None:
        """Write what waits."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            if waiting:
                with self._database.writing(people=False) as database:
                    for action, speaker, at in waiting:
                        rows.log(database, action, speaker, at)

    def close(self) -> None:
        """Write what waits, and be done."""
        self.flush()
        atexit.unregister(self.flush)

    def expire(self) -> None:
        """Delete what is older than 90 days."""
        oldest = rows.stamp(datetime.now(UTC) - timedelta(days=_DAYS))
        with self._database.writing(people=False) as database:
            database.execute("DELETE FROM event WHERE at < ?", (oldest,))

    def list(self) -> list[dict]:
        """Return all events, the newest first; names are not kept."""
        self.flush()
        names = "at", "action", "speaker"
        query = "SELECT at, action, speaker FROM event ORDER BY at DESC, rowid DESC"
        return [
            dict(zip(names, row, strict=True)) for row in self._database.rows(query)
        ]
