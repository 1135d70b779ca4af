"""Open the file of a registry, and its key."""

import hmac
import os
import sqlite3
from pathlib import Path

import numpy as np

_APPLICATION, _VERSION = 0x6D6B7372, 1  # "mksr"
_SCHEMA = """
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
"""


class RegistryError(ValueError):
    """A registry that cannot be used as it is; the text says why, in a line."""


def rotation_of(key: bytes, dimension: int) -> np.ndarray:
    """Compute the rotation [dimension, dimension] of a key of 32 bytes and more.

    The orthogonal factor of a matrix of normal numbers, which is uniform over all
    rotations when its diagonal is made positive (Mezzadri 2007, "How to generate random
    matrices from the classical compact groups").
    """
    if len(key) < 32:
        raise RegistryError("the key of the registry is shorter than 32 bytes")
    seed = int.from_bytes(key, "big")
    # RandomState's numbers stay as they are in every version of numpy.
    normal = np.random.RandomState(np.random.MT19937(seed)).standard_normal
    factor, upper = np.linalg.qr(normal((dimension, dimension)))
    return factor * np.sign(np.diag(upper))


def check_key(database: sqlite3.Connection, path: Path, key: bytes) -> None:
    """Compare a key with the one that the registry was begun with; raises
    `RegistryError` for another, whose rotation would make strangers of everybody."""
    digest = hmac.digest(key, b"moksori registry", "sha256").hex()
    database.execute("INSERT OR IGNORE INTO lock VALUES (1, ?)", (digest,))
    (kept,) = database.execute("SELECT digest FROM lock").fetchone()
    if not hmac.compare_digest(kept, digest):
        database.close()
        raise RegistryError(
            f"{path} was written with another key than the one beside it"
        )


def connect(path: Path) -> sqlite3.Connection:
    """Open a registry's file, or begin one; raises `RegistryError` for another's."""
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
            database.executescript(
                f"BEGIN; {_SCHEMA} PRAGMA application_id = {_APPLICATION};"
                f"PRAGMA user_version = {_VERSION}; COMMIT;"
            )
        elif application != _APPLICATION:
            raise RegistryError(f"{path} is no registry of speakers")
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


def write_private(path: Path, content: bytes) -> None:
    """Begin a file that its owner alone may read; one that is there is an error."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
