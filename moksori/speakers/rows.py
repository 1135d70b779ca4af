"""Write the rows of a registry, inside a transaction."""

import sqlite3
from datetime import UTC, datetime

import numpy as np

from moksori.speakers.bandwidth import Band
from moksori.speakers.database import RegistryError
from moksori.speakers.people import NameTaken, Speaker, StoredClip, checked_name


def insert_speaker(database: sqlite3.Connection, speaker: Speaker) -> None:
    """Insert a speaker; raises `NameTaken`, and `RegistryError` without a consent."""
    name, consent = checked_name(speaker.name), speaker.consent
    consent.check()
    refuse_taken(database, name)
    row = (
        *(speaker.id, name, speaker.created, speaker.expires),
        *(consent.by, consent.at, consent.purpose),
    )
    try:
        database.execute("INSERT INTO speaker VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    except sqlite3.IntegrityError:
        raise RegistryError(f"{name} is enrolled already, as somebody else") from None


def refuse_taken(database: sqlite3.Connection, name: str, but: str = "") -> None:
    """Raise `NameTaken` where somebody has a name, but for one speaker's id."""
    query = "SELECT 1 FROM speaker WHERE name = ? AND id != ?"
    if database.execute(query, (name, but)).fetchone():
        raise NameTaken(name)


def insert_clips(
    database: sqlite3.Connection,
    speaker: str,
    clips: list[StoredClip],
    encoder: str,
    rotation: np.ndarray,
) -> None:
    """Insert clips of a speaker; raises `RegistryError` for vectors that are none."""
    for clip in clips:
        clip.check(len(rotation))
        row = speaker, clip.sha256, clip.seconds, clip.speech_seconds, clip.snr_db
        statement = "INSERT OR IGNORE INTO clip VALUES (?, ?, ?, ?, ?)"
        database.execute(statement, row)
        for band, vector in clip.vectors.items():
            key = speaker, clip.sha256, encoder, band
            insert_vector(database, *key, vector, rotation)


def insert_vector(
    database: sqlite3.Connection,
    speaker: str,
    sha256: str,
    encoder: str,
    band: Band,
    vector: np.ndarray,
    rotation: np.ndarray,
) -> None:
    """Insert a vector [dimension], rotated."""
    value = (rotation @ vector.astype(np.float64)).astype("<f4").tobytes()
    row = speaker, sha256, encoder, str(band), value
    database.execute("INSERT OR REPLACE INTO vector VALUES (?, ?, ?, ?, ?)", row)


def log(
    database: sqlite3.Connection, action: str, speaker: str | None = None, at: str = ""
) -> None:
    """Insert an event; nothing of somebody who was forgotten meanwhile."""
    database.execute(
        "INSERT INTO event SELECT ?1, ?2, ?3 WHERE ?3 IS NULL"
        " OR EXISTS (SELECT 1 FROM speaker WHERE id = ?3)",
        (at or now(), action, speaker),
    )


def now() -> str:
    """Return the time as it is written: UTC, ISO 8601, seconds."""
    return stamp(datetime.now(UTC))


def stamp(time: datetime) -> str:
    """Return a time as it is written."""
    return time.astimezone(UTC).isoformat(timespec="seconds")
