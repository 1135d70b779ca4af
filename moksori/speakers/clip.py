"""Read a recording of one speaker as vectors."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moksori.audio.files import decode
from moksori.speakers.bandwidth import Band, to_telephone
from moksori.speakers.encoder import SpeakerEncoder
from moksori.speakers.speech import (
    SAMPLE_RATE,
    Quality,
    Speech,
    SpeechDetector,
    find_speech,
)

# More of one recording adds nothing, and a file of hours should not fill the memory.
_MOST_SECONDS = 600.0


@dataclass(frozen=True)
class Clip:
    """Represent a recording: the hash of its file, its quality, and a unit vector
    [dimension] for each band that it can be compared in."""

    sha256: str
    quality: Quality
    vectors: dict[Band, np.ndarray]


def read_clip(path: Path, encoder: SpeakerEncoder, detector: SpeechDetector) -> Clip:
    """Read a recording of any format, of which at most ten minutes count.

    One from a room also stands for the same voice over a telephone; one from a
    telephone stands for that alone. Raises `AudioError` for what cannot be read, and
    `NoSpeech`.
    """
    return encode_clip(*read_speech(path, detector), encoder)


def read_speech(path: Path, detector: SpeechDetector) -> tuple[Speech, str]:
    """Read the speech of a recording, and the SHA-256 of its file; see `read_clip`."""
    wave, rate = decode(path, at_most_seconds=_MOST_SECONDS)
    speech = find_speech(wave, rate, detector)
    with open(path, "rb") as file:
        return speech, hashlib.file_digest(file, "sha256").hexdigest()


def encode_clip(speech: Speech, sha256: str, encoder: SpeakerEncoder) -> Clip:
    """Encode speech as a clip; see `read_clip`."""
    band = speech.quality.band
    vectors = {band: encoder.encode(speech.wave)}
    if band is Band.WIDE:
        narrow = to_telephone(speech.wave, SAMPLE_RATE)
        vectors[Band.TELEPHONE] = encoder.encode(narrow)
    return Clip(sha256, speech.quality, vectors)
