"""Keep enrolled speakers: vectors and consent in one SQLite file, no sound.

Vectors are turned by a secret rotation before they are written (rotation.py): the file
without its key, which lies beside it, matches nobody elsewhere. Forgetting overwrites
what it deletes.
"""

import secrets
import sqlite3
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np

from moksori.speakers import rotation, rows
from moksori.speakers.bandwidth import Band
from moksori.speakers.clip import Clip
from moksori.speakers.database import Database, RegistryError
from moksori.speakers.events import Events
from moksori.speakers.people import (
    Consent,
    Speaker,
    StoredClip,
    UnknownSpeaker,
    checked_name,
    composed,
)
from moksori.speakers.templates import Templates, read_templates

__all__ = ["Consent", "Registry", "RegistryError", "Speaker", "UnknownSpeaker"]


class Registry:
    """Enrol, find and forget speakers. Safe to share by threads and processes."""

    def __init__(self, database: Database, encoder: str, dimension: int, key: Path):
        self.path, self.encoder, self.dimension = database.path, encoder, dimension
        self._database, self._key_path = database, key
        self._templates: dict[Band, tuple[int, Templates]] = {}
        self.events = Events(database)
        self._key = b""
        self._take_key(database.connection)

    @classmethod
    def open(
        cls,
        path: Path,
        encoder: str,
        dimension: int,
        key_path: Path | None = None,
        reembed: bool = False,
    ) -> "Registry":
        """Open a registry, or begin one, for the vectors of one encoder.

        The key lies beside it as NAME.key unless `key_path` says otherwise. Raises
        `RegistryError` for a file of another program, for a lost key, and for one whose
        vectors another encoder made, unless it is opened to `reembed` them.
        """
        path = Path(path)
        key_path = Path(key_path or path.with_suffix(".key"))
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists() and not key_path.exists():
            rotation.begin_key(key_path)
        if not key_path.exists():
            raise RegistryError(f"{path} needs its key, and {key_path} is missing")
        database = Database(path)
        try:
            registry = cls(database, encoder, dimension, key_path)
            if not reembed:
                registry._refuse_others()
            registry.expire()
        except BaseException:
            database.close()
            raise
        return registry

    def __enter__(self) -> "Registry":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self.events.close()
        self._database.close()

    def enrol(
        self,
        name: str,
        clips: list[Clip],
        consent: Consent,
        expires: datetime | None = None,
    ) -> Speaker:
        """Enrol a speaker with all of its clips, or not at all.

        Raises `RegistryError` without clips, a name or a consent, of which `NameTaken`
        is for the name of somebody else, enrolled meanwhile by whatever process.
        """
        now = rows.now()
        consent = replace(consent, at=consent.at or now)
        until = expires and rows.stamp(expires)
        speaker = Speaker(secrets.token_hex(16), name, now, until, consent, 0, 0.0)
        self.restore([(speaker, [StoredClip.of(clip) for clip in clips])], "enrol")
        return self.get(speaker.id)

    def restore(
        self, people: list[tuple[Speaker, list[StoredClip]]], action: str = "import"
    ) -> None:
        """Enrol people as they are told, all or nobody; raises as `enrol` does."""
        with self._database.writing() as database:
            for speaker, clips in people:
                rows.insert_speaker(database, speaker)
                if not clips:
                    raise RegistryError(f"{speaker.name}: no clip to enrol")
                self._insert_clips(database, speaker.id, clips)
                rows.log(database, action, speaker.id)

    def add_clips(self, speaker: str, clips: list[Clip]) -> Speaker:
        """Add clips to a speaker; one that is there already counts once."""
        self.get(speaker)
        with self._database.writing() as database:
            kept = [StoredClip.of(clip) for clip in clips]
            self._insert_clips(database, speaker, kept)
            rows.log(database, "add clips", speaker)
        return self.get(speaker)

    def remove_clip(self, speaker: str, sha256: str) -> Speaker:
        """Delete what is kept of one clip. Raises `RegistryError` for one that is not
        there, and for the last: without it, the speaker is to be forgotten."""
        have = self.hashes(speaker)
        if sha256 not in have:
            raise RegistryError(f"{self.get(speaker).name} has no such clip")
        if len(have) == 1:
            raise RegistryError("this is the only clip: forget the speaker instead")
        with self._database.writing() as database:
            row = speaker, sha256
            database.execute("DELETE FROM clip WHERE speaker = ? AND sha256 = ?", row)
            rows.log(database, "remove clip", speaker)
        self._database.purge()
        return self.get(speaker)

    def get(self, speaker: str) -> Speaker:
        """Return a speaker by id; raises `UnknownSpeaker`."""
        found = self._select("WHERE s.id = ?", speaker)
        if not found:
            raise UnknownSpeaker(speaker)
        return found[0]

    def find(self, name: str) -> list[Speaker]:
        """Return the speakers of a name, or the one of an id."""
        where = "WHERE s.name IN (?, ?) OR s.id = ?"
        return self._select(where, name, composed(name), name)

    def speakers(self, offset: int = 0, limit: int = -1) -> list[Speaker]:
        """Return everybody, in order of names, or a page of them."""
        return self._select("", page=(limit, offset))

    def __len__(self) -> int:
        return self._database.rows("SELECT count(*) FROM speaker")[0][0]

    def hashes(self, speaker: str) -> set[str]:
        """Return the SHA-256 of a speaker's clips."""
        query = "SELECT sha256 FROM clip WHERE speaker = ?"
        return {each for (each,) in self._database.rows(query, speaker)}

    def clips(self, speaker: str) -> list[StoredClip]:
        """Return what is kept of a speaker's clips, vectors not rotated."""
        with self._database.reading() as database:
            self._take_key(database)
            query = (
                "SELECT sha256, seconds, speech_seconds, snr_db FROM clip"
                " WHERE speaker = ? ORDER BY sha256"
            )
            found = self._database.rows(query, speaker)
            return [StoredClip(*row, self._vectors(speaker, row[0])) for row in found]

    def rename(self, speaker: str, name: str) -> Speaker:
        """Give a speaker another name, that nobody else has."""
        self.get(speaker)
        name = checked_name(name)
        with self._database.writing() as database:
            rows.refuse_taken(database, name, but=speaker)
            row = name, speaker
            database.execute("UPDATE speaker SET name = ? WHERE id = ?", row)
            rows.log(database, "rename", speaker)
        self._database.purge()
        return self.get(speaker)

    def forget(self, speaker: str) -> None:
        """Delete a speaker; no byte of name, vectors and hashes stays in the file."""
        self.get(speaker)
        self._forget([speaker])

    def expire(self) -> int:
        """Forget everybody whose time is over; return how many. Old events go too."""
        query = "SELECT id FROM speaker WHERE expires <= ?"
        over = [each for (each,) in self._database.rows(query, rows.now())]
        if over:
            self._forget(over)
        self.events.expire()
        return len(over)

    def change_key(self) -> None:
        """Turn all vectors by a new secret: copies made before match nobody here."""
        with self._database.writing() as database:
            self._take_key(database)
            rotation.change_key(database, self._key_path, self._key)
            rows.log(database, "new key")
        rotation.finish_key(self._key_path)
        self._database.purge()

    def reembed(self, vectors: dict[str, dict[Band, np.ndarray]]) -> None:
        """Replace all vectors by those of this encoder, by SHA-256 of the clip.

        Clips that are not named are deleted, and speakers without any: look first.
        """
        with self._database.writing() as database:
            self._take_key(database)
            clips = database.execute("SELECT speaker, sha256 FROM clip").fetchall()
            database.execute("DELETE FROM vector")
            for speaker, sha256 in clips:
                for band, vector in vectors.get(sha256, {}).items():
                    key = speaker, sha256, self.encoder, band
                    rows.insert_vector(database, *key, vector, self._rotation)
            database.execute(
                "DELETE FROM clip WHERE sha256 NOT IN (SELECT sha256 FROM vector)"
            )
            database.execute(
                "DELETE FROM speaker WHERE id NOT IN (SELECT speaker FROM clip)"
            )
            rows.log(database, "reembed")
        self._database.purge()

    def templates(self, band: Band) -> Templates:
        """Return the mean vector of everybody's clips in a band."""
        with self._database.reading() as database:
            revision = self._database.revision()
            before, kept = self._templates.get(band, (None, None))
            if before != revision or (kept.until and kept.until <= rows.now()):
                self._take_key(database)
                wanted = self.encoder, band, rows.now(), self._rotation
                kept = read_templates(database, *wanted)
                self._templates[band] = revision, kept
            return kept

    def _take_key(self, database: sqlite3.Connection) -> None:
        """Read the key, again where another process has changed it."""
        if not self._key or not rotation.is_current(database, self._key):
            self._key = rotation.read_key(database, self._key_path)
            self._rotation = rotation.rotation_of(self._key, self.dimension)

    def _refuse_others(self) -> None:
        query = "SELECT DISTINCT encoder FROM vector"
        others = [each for (each,) in self._database.rows(query)]
        if others and self.encoder not in others:
            raise RegistryError(
                f"{self.path} was enrolled with the encoder {others[0]}, and this is "
                f"{self.encoder}: name that one by --encoder, or give the recordings "
                "once more to `moksori speakers reembed`"
            )

    def _insert_clips(self, database, speaker: str, clips: list[StoredClip]) -> None:
        self._take_key(database)
        rows.insert_clips(database, speaker, clips, self.encoder, self._rotation)

    def _vectors(self, speaker: str, sha256: str) -> dict[Band, np.ndarray]:
        query = (
            "SELECT band, value FROM vector WHERE speaker = ? AND sha256 = ?"
            " AND encoder = ?"
        )
        back = self._rotation.T
        return {
            Band(band): (back @ np.frombuffer(value, "<f4")).astype(np.float32)
            for band, value in self._database.rows(query, speaker, sha256, self.encoder)
        }

    def _select(
        self, condition: str, *values: str, page: tuple[int, int] = (-1, 0)
    ) -> list[Speaker]:
        found = self._database.rows(
            "SELECT s.*, count(c.sha256), coalesce(sum(c.speech_seconds), 0)"
            f" FROM speaker s LEFT JOIN clip c ON c.speaker = s.id {condition}"
            " GROUP BY s.id ORDER BY s.name, s.id LIMIT ? OFFSET ?",
            *(*values, *page),
        )
        return [
            Speaker(*row[:4], Consent(row[4], row[6], row[5]), row[7], row[8])
            for row in found
        ]

    def _forget(self, speakers: list[str]) -> None:
        with self._database.writing() as database:
            for each in speakers:
                database.execute("DELETE FROM speaker WHERE id = ?", (each,))
                database.execute("DELETE FROM event WHERE speaker = ?", (each,))
            rows.log(database, "forget")
        self._database.purge()
