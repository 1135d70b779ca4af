"""Rotate vectors by a secret, so that a registry without its key matches nobody.

A rotation changes no cosine between vectors that are turned by it. Another key turns
them otherwise: templates that leaked are worth nothing once the key is changed.
"""

import hmac
import os
import secrets
import sqlite3
from pathlib import Path

import numpy as np

from moksori.speakers.database import RegistryError, write_private


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


def begin_key(path: Path) -> None:
    """Write a key that nobody has guessed, readable by its owner alone."""
    write_private(path, secrets.token_bytes(32))


def read_key(database: sqlite3.Connection, path: Path) -> bytes:
    """Read the key that a registry is written with; its first one is taken as it is.

    Where a change of the key was cut off after the registry was turned, it is finished.
    Raises `RegistryError` for another key, which would make strangers of everybody.
    """
    key, following = path.read_bytes(), _following(path)
    database.execute("INSERT OR IGNORE INTO lock VALUES (1, ?)", (_digest(key),))
    (kept,) = database.execute("SELECT digest FROM lock").fetchone()
    if not hmac.compare_digest(kept, _digest(key)) and following.exists():
        key = following.read_bytes()
        if hmac.compare_digest(kept, _digest(key)):
            os.replace(following, path)
    if not hmac.compare_digest(kept, _digest(key)):
        raise RegistryError(f"the registry was written with another key than {path}")
    return key


def is_current(database: sqlite3.Connection, key: bytes) -> bool:
    """Whether the registry is still written with a key."""
    (kept,) = database.execute("SELECT digest FROM lock").fetchone()
    return hmac.compare_digest(kept, _digest(key))


def change_key(database: sqlite3.Connection, path: Path, key: bytes) -> bytes:
    """Turn all vectors from a key to a new one, inside a transaction.

    Returns the new key, which waits beside `path`: `finish_key` puts it there when the
    transaction is committed, or else `read_key` does.
    """
    _following(path).unlink(missing_ok=True)
    begin_key(_following(path))
    new = _following(path).read_bytes()
    turns: dict[int, np.ndarray] = {}
    rows = database.execute("SELECT rowid, value FROM vector").fetchall()
    for row, value in rows:
        vector = np.frombuffer(value, "<f4").astype(np.float64)
        size = len(vector)
        if size not in turns:
            turns[size] = rotation_of(new, size) @ rotation_of(key, size).T
        value = (turns[size] @ vector).astype("<f4").tobytes()
        database.execute("UPDATE vector SET value = ? WHERE rowid = ?", (value, row))
    database.execute("UPDATE lock SET digest = ?", (_digest(new),))
    return new


def finish_key(path: Path) -> None:
    """Put the new key in the place of the old one."""
    os.replace(_following(path), path)


def _following(path: Path) -> Path:
    return path.with_name(f"{path.name}.new")


def _digest(key: bytes) -> str:
    return hmac.digest(key, b"moksori registry", "sha256").hex()
