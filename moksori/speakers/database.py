"""Open the file of a registry: one writer at a time, no trace of the deleted."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_APPLICATION, _VERSION = 0x6D6B7372, 2  # "mksr"
# What changes with the people and their vectors, and not with the events.
_REVISION = """
CREATE TABLE revision (one INTEGER PRIMARY KEY CHECK (one = 1),
    number INTEGER NOT NULL);
INSERT INTO revision VALUES (1, 0);
"""
_SCHEMA = f"""
CREATE TABLE speaker (id TEXT PRIMARY KEY, name TEXT NOT NULL, created TEXT NOT NULL,
    expires TEXT, consent_by TEXT NOT NULL, consent_at TEXT NOT NULL,
    consent_purpose TEXT NOT NULL);
CREATE TABLE clip (speaker TEXT NOT NULL REFERENCES speaker ON DELETE CASCADE,
    sha256 TEXT NOT NULL, seconds REAL NOT NULL, speech_seconds REAL NOT NULL,
    snr_db REAL NOT NULL, PRIMARY KEY (speaker, sha256));
CREATE TABLE vector (speaker TEXT NOT NULL, sha256 TEXT NOT NULL,
    encoder TEXT NOT NULL, band TEXT NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (speaker, sha256, encoder, band),
    FOREIGN KEY (speaker, sha256) REFERENCES clip ON DELETE CASCADE);
CREATE TABLE lock (one INTEGER PRIMARY KEY CHECK (one = 1), digest TEXT NOT NULL);
CREATE TABLE event (at TEXT NOT NULL, action TEXT NOT NULL, speaker TEXT);
{_REVISION}"""


class RegistryError(ValueError):
    """A registry that cannot be used as it is; the text says why, in a line."""


class Database:
    """Hold the connection of a registry; safe to share by threads and processes.

    Begins the file where there is none. Raises `RegistryError` for another program's.
    """

    def __init__(self, path: Path):
        self.path = path
        self.connection = _connect(path)
        self._lock = threading.RLock()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self.connection.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Hold the connection, for what is read together."""
        with self._lock:
            yield self.connection

    def rows(self, query: str, *values) -> list[tuple]:
        """Return the rows of a query."""
        with self._lock:
            return self.connection.execute(query, values).fetchall()

    def revision(self) -> int:
        """Return a number that every change of people or vectors makes another."""
        return self.rows("SELECT number FROM revision")[0][0]

    @contextmanager
    def writing(self, people: bool = True) -> Iterator[sqlite3.Connection]:
        """Write all of a block or nothing; `people` says whether it makes another
        revision."""
        with self._lock:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                if people:
                    self.connection.execute("UPDATE revision SET number = number + 1")
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    def purge(self) -> None:
        """Write the file anew, so that nothing deleted stays in free pages."""
        with self._lock:
            try:
                self.connection.execute("VACUUM")
            except sqlite3.OperationalError as error:
                raise RegistryError(
                    f"done, but the registry is in use ({error}), so traces may be "
                    "left in it: forget or rename once more when it is free"
                ) from None


def _connect(path: Path) -> sqlite3.Connection:
    if not path.exists():
        write_private(path, b"")
    database = sqlite3.connect(
        path, timeout=30, isolation_level=None, check_same_thread=False
    )
    try:
        os.chmod(path, 0o600)
        database.execute("PRAGMA secure_delete = ON")
        database.execute("PRAGMA foreign_keys = ON")
        (application,) = database.execute("PRAGMA application_id").fetchone()
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if not application and not path.stat().st_size:
            _begin(database, _SCHEMA)
        elif application != _APPLICATION:
            raise RegistryError(f"{path} is no registry of speakers")
        elif version == 1:
            _begin(database, _REVISION)
        elif version != _VERSION:
            raise RegistryError(
                f"{path} has version {version}, this program reads {_VERSION}"
            )
    except sqlite3.DatabaseError as error:
        database.close()
        raise RegistryError(f"{path} is no registry of speakers: {error}") from None
    except RegistryError:
        database.close()
        raise
    return database


def _begin(database: sqlite3.Connection, schema: str) -> None:
    database.executescript(
        f"BEGIN; {schema} PRAGMA application_id = {_APPLICATION};"
        f"PRAGMA user_version = {_VERSION}; COMMIT;"
    )


def write_private(path: Path, content: bytes) -> None:
    """Begin a file that its owner alone may read; one that is there is an error."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
