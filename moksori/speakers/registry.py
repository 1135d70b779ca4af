"""Keep enrolled speakers: vectors and consent in one SQLite file, no sound.

Vectors are turned by a secret rotation before they are written, which changes no cosine
between them: the file without its key, which lies beside it, matches nobody elsewhere.
Forgetting overwrites what it deletes.
"""

import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from moksori.speakers.bandwidth import Band
from moksori.speakers.clip import Clip
from moksori.speakers.database import (
    RegistryError,
    check_key,
    connect,
    rotation_of,
    write_private,
)
from moksori.speakers.templates import Templates, read_templates

_EVENT_DAYS = 90
_LONGEST_NAME = 200


class UnknownSpeaker(KeyError):
    """Nobody of this id is enrolled."""

    def __str__(self) -> str:
        return f"nobody is enrolled as {self.args[0]}"


@dataclass(frozen=True)
class Consent:
    """Represent who agreed to be recognised, when (UTC, ISO 8601), and for what."""

    by: str
    purpose: str
    at: str = ""


@dataclass(frozen=True)
class Speaker:
    """Represent an enrolled speaker; `seconds` are those of speech in its clips."""

    id: str
    name: str
    created: str
    expires: str | None
    consent: Consent
    clips: int
    seconds: float


class Registry:
    """Enrol, find and forget speakers. Safe to share by threads and processes."""

    def __init__(self, path: Path, encoder: str, dimension: int, rotation: np.ndarray):
        self.path, self.encoder, self.dimension = path, encoder, dimension
        self._rotation = rotation
        self._lock = threading.RLock()
        self._templates: dict[Band, tuple[tuple, Templates]] = {}
        self._changes = 0
        self._database = connect(path)

    @classmethod
    def open(
        cls, path: Path, encoder: str, dimension: int, key_path: Path | None = None
    ) -> "Registry":
        """Open a registry, or begin one, for the vectors of one encoder.

        The key lies beside it as NAME.key unless `key_path` says otherwise. Raises
        `RegistryError` for a file of another program and for a lost key.
        """
        path = Path(path)
        key_path = Path(key_path or path.with_suffix(".key"))
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists() and not key_path.exists():
            write_private(key_path, secrets.token_bytes(32))
        if not key_path.exists():
            raise RegistryError(f"{path} needs its key, and {key_path} is missing")
        key = key_path.read_bytes()
        registry = cls(path, encoder, dimension, rotation_of(key, dimension))
        check_key(registry._database, path, key)
        registry.expire()
        return registry

    def __enter__(self) -> "Registry":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def rotate(self, vector: np.ndarray) -> np.ndarray:
        """Turn a vector [dimension] as those of the registry are."""
        return (self._rotation @ vector.astype(np.float64)).astype(np.float32)

    def enrol(
        self,
        name: str,
        clips: list[Clip],
        consent: Consent,
        expires: datetime | None = None,
    ) -> Speaker:
        """Enrol a speaker with all of its clips, or not at all.

        Raises `RegistryError` without clips, a name or a consent.
        """
        name = _checked_name(name)
        if not clips:
            raise RegistryError(f"{name}: no clip to enrol")
        if not consent.by.strip() or not consent.purpose.strip():
            raise RegistryError("a consent says who agreed, and for what")
        speaker, now = secrets.token_hex(16), _now()
        row = (
            *(speaker, name, now, expires and _stamp(expires)),
            *(consent.by, consent.at or now, consent.purpose),
        )
        with self._writing() as database:
            database.execute("INSERT INTO speaker VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            self._insert(database, speaker, clips)
            _log(database, "enrol", speaker)
        return self.get(speaker)

    def add_clips(self, speaker: str, clips: list[Clip]) -> Speaker:
        """Add clips to a speaker; one that is there already counts once."""
        self.get(speaker)
        with self._writing() as database:
            self._insert(database, speaker, clips)
            _log(database, "add clips", speaker)
        return self.get(speaker)

    def get(self, speaker: str) -> Speaker:
        """Return a speaker by id; raises `UnknownSpeaker`."""
        found = self._select("WHERE s.id = ?", speaker)
        if not found:
            raise UnknownSpeaker(speaker)
        return found[0]

    def find(self, name: str) -> list[Speaker]:
        """Return the speakers of a name, or the one of an id."""
        return self._select("WHERE s.name = ? OR s.id = ?", name, name)

    def speakers(self, offset: int = 0, limit: int = -1) -> list[Speaker]:
        """Return everybody, in order of names, or a page of them."""
        return self._select("", page=(limit, offset))

    def __len__(self) -> int:
        with self._lock:
            row = self._database.execute("SELECT count(*) FROM speaker").fetchone()
        return row[0]

    def hashes(self, speaker: str) -> set[str]:
        """Return the SHA-256 of a speaker's clips."""
        with self._lock:
            rows = self._database.execute(
                "SELECT sha256 FROM clip WHERE speaker = ?", (speaker,)
            ).fetchall()
        return {each for (each,) in rows}

    def rename(self, speaker: str, name: str) -> Speaker:
        """Give a speaker another name."""
        self.get(speaker)
        with self._writing() as database:
            row = _checked_name(name), speaker
            database.execute("UPDATE speaker SET name = ? WHERE id = ?", row)
            _log(database, "rename", speaker)
        self._purge()
        return self.get(speaker)

    def forget(self, speaker: str) -> None:
        """Delete a speaker; no byte of name, vectors and hashes stays in the file."""
        self.get(speaker)
        self._forget([speaker])

    def expire(self) -> int:
        """Forget everybody whose time is over; return how many. Old events go too."""
        with self._lock:
            rows = self._database.execute(
                "SELECT id FROM speaker WHERE expires <= ?", (_now(),)
            ).fetchall()
        if rows:
            self._forget([each for (each,) in rows])
        with self._writing(quiet=True) as database:
            oldest = _stamp(datetime.now(UTC) - timedelta(days=_EVENT_DAYS))
            database.execute("DELETE FROM event WHERE at < ?", (oldest,))
        return len(rows)

    def templates(self, band: Band) -> Templates:
        """Return the mean vector of everybody's clips in a band."""
        with self._lock:
            (version,) = self._database.execute("PRAGMA data_version").fetchone()
            state = version, self._changes
            before, kept = self._templates.get(band, (None, None))
            if before != state or (kept.until and kept.until <= _now()):
                wanted = self.encoder, self.dimension, band, _now()
                kept = read_templates(self._database, *wanted)
                self._templates[band] = state, kept
            return kept

    def events(self) -> list[dict]:
        """Return what was done with whom, the newest first; names are not kept."""
        with self._lock:
            rows = self._database.execute(
                "SELECT at, action, speaker FROM event ORDER BY rowid DESC"
            ).fetchall()
        return [
            {"at": at, "action": action, "speaker": speaker}
            for at, action, speaker in rows
        ]

    def _insert(self, database, speaker: str, clips: list[Clip]) -> None:
        for clip in clips:
            quality = clip.quality
            row = (speaker, clip.sha256, quality.seconds, quality.speech_seconds)
            statement = "INSERT OR IGNORE INTO clip VALUES (?, ?, ?, ?, ?)"
            database.execute(statement, (*row, quality.snr_db))
            for band, vector in clip.vectors.items():
                if vector.shape != (self.dimension,):
                    raise RegistryError(f"a vector is not {self.dimension} numbers")
                if not abs(float(np.linalg.norm(vector)) - 1) < 1e-3:
                    raise RegistryError("a vector has not length 1")
                value = self.rotate(vector).astype("<f4").tobytes()
                row = (speaker, clip.sha256, self.encoder, str(band), value)
                statement = "INSERT OR REPLACE INTO vector VALUES (?, ?, ?, ?, ?)"
                database.execute(statement, row)

    def _select(
        self, condition: str, *values: str, page: tuple[int, int] = (-1, 0)
    ) -> list[Speaker]:
        with self._lock:
            rows = self._database.execute(
                "SELECT s.*, count(c.sha256), coalesce(sum(c.speech_seconds), 0)"
                f" FROM speaker s LEFT JOIN clip c ON c.speaker = s.id {condition}"
                " GROUP BY s.id ORDER BY s.name, s.id LIMIT ? OFFSET ?",
                (*values, *page),
            ).fetchall()
        return [
            Speaker(*row[:4], Consent(row[4], row[6], row[5]), row[7], row[8])
            for row in rows
        ]

    def _forget(self, speakers: list[str]) -> None:
        with self._writing() as database:
            for each in speakers:
                database.execute("DELETE FROM speaker WHERE id = ?", (each,))
                database.execute("DELETE FROM event WHERE speaker = ?", (each,))
            _log(database, "forget", None)
        self._purge()

    def _purge(self) -> None:
        """Write the file anew, so that nothing deleted stays in free pages."""
        with self._lock:
            try:
                self._database.execute("VACUUM")
            except sqlite3.OperationalError as error:
                raise RegistryError(
                    f"done, but {self.path} is in use ({error}), so traces may be left "
                    "in it: forget or rename once more when it is free"
                ) from None

    @contextmanager
    def _writing(self, quiet: bool = False) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")
            self._changes += not quiet


def _log(database: sqlite3.Connection, action: str, speaker: str | None) -> None:
    database.execute("INSERT INTO event VALUES (?, ?, ?)", (_now(), action, speaker))


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise RegistryError(f"a name has 1 to {_LONGEST_NAME} printable characters")
    return name


def _now() -> str:
    return _stamp(datetime.now(UTC))


def _stamp(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds")
