"""Represent who is enrolled, and what is kept of a recording."""

import unicodedata
from dataclasses import dataclass

import numpy as np

from moksori.speakers.bandwidth import Band
from moksori.speakers.clip import Clip
from moksori.speakers.database import RegistryError

_LONGEST_NAME, _LONGEST_CONSENT = 200, 1000


class NameTaken(RegistryError):
    """Somebody else is enrolled by this name already."""

    def __init__(self, name: str):
        super().__init__(f"{name} is enrolled already: add clips, or take another name")


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

    def check(self) -> None:
        """Raise `RegistryError` for a consent that does not say who and for what."""
        if not self.by.strip() or not self.purpose.strip():
            raise RegistryError("a consent says who agreed, and for what")
        for text in (self.by, self.purpose):
            if len(text) > _LONGEST_CONSENT or not text.isprintable():
                raise RegistryError(
                    f"a consent has {_LONGEST_CONSENT} printable characters at most"
                )


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


@dataclass(frozen=True)
class StoredClip:
    """Represent what is kept of a recording: no sound, but a unit vector [dimension]
    for each band that it can be compared in."""

    sha256: str
    seconds: float
    speech_seconds: float
    snr_db: float
    vectors: dict[Band, np.ndarray]

    @classmethod
    def of(cls, clip: Clip) -> "StoredClip":
        """Take what is kept of a clip."""
        quality = clip.quality
        seconds = quality.seconds, quality.speech_seconds
        return cls(clip.sha256, *seconds, quality.snr_db, clip.vectors)

    def check(self, dimension: int) -> None:
        """Raise `RegistryError` for vectors not of `dimension`, or not of length 1."""
        for vector in self.vectors.values():
            if vector.shape != (dimension,):
                raise RegistryError(f"a vector is not {dimension} numbers")
            if not abs(float(np.linalg.norm(vector)) - 1) < 1e-3:
                raise RegistryError("a vector has not length 1")


def composed(name: str) -> str:
    """Compose the letters of a name (NFC), as macOS decomposes names of folders."""
    return unicodedata.normalize("NFC", name)


def checked_name(name: str) -> str:
    """Return a name without spaces around it, its letters composed; raises
    `RegistryError` for no name."""
    name = composed(name).strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise RegistryError(f"a name has 1 to {_LONGEST_NAME} printable characters")
    return name
