"""Recordings of speakers through channels, embedded once and kept in a file."""

import json
import sqlite3
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from benchmarks.channels import CHANNELS, RATE
from moksori.audio.files import decode, resample
from moksori.speakers.bandwidth import Band
from moksori.speakers.clip import Clip, read_clip
from moksori.speakers.speech import SAMPLE_RATE, NoSpeech, Quality, find_speech
from moksori.speakers.voices import several_speakers

# A clip as a template is made of: read whole, by the program itself.
ENROLLED = "enrolled"
# Before the speech, so that the noise of the room can be told.
_PAUSE = RATE // 2
# Longer stretches are taken as far as they go.
_LONG_SECONDS = 3.0
_STEP_SECONDS = 0.05
_MOST_SECONDS = 60.0


@dataclass(frozen=True)
class Probe:
    """Represent a recording that is to be recognised: the quality of its speech, None
    without any, its vector, and whether several people seem to speak."""

    quality: Quality | None
    vector: np.ndarray | None
    several: bool = False


class Embeddings:
    """Read probes and clips of recordings; what was embedded before is remembered.

    The file holds vectors of voices: keep it as private as the recordings.
    """

    def __init__(self, path: Path, encoder, detector):
        self.encoder, self.detector = encoder, detector
        self._database = sqlite3.connect(path)
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS embedded (recording, what, encoder, quality,"
            " vectors, PRIMARY KEY (recording, what, encoder))"
        )

    def clip(self, path: Path) -> Clip | None:
        """Read a recording to enrol from; None for one without speech."""
        quality, vectors, _ = self._remembered(path, ENROLLED, self._read_clip)
        if quality is None:
            return None
        return Clip(digest(path), quality, {Band(k): v for k, v in vectors.items()})

    def probe(
        self, path: Path, channel: str, seconds: float, others: list[Path]
    ) -> Probe | None:
        """Read the first `seconds` of speech of a recording through a channel.

        `others` are recordings of other people, for channels that mix one in. Returns
        None for a recording with less speech, or less than 3 s of it where more are
        wanted.
        """

        def read(path: Path):
            return self._read_probe(path, channel, seconds, others)

        found = self._remembered(path, f"{channel}, {seconds:g} s", read)
        quality, vectors, state = found
        if state == "shorter":
            return None
        return Probe(quality, vectors.get("probe"), state == "several")

    def _remembered(self, path: Path, what: str, read) -> tuple:
        key = digest(path), what, self.encoder.id
        row = self._database.execute(
            "SELECT quality, vectors FROM embedded"
            " WHERE recording = ? AND what = ? AND encoder = ?",
            key,
        ).fetchone()
        if row is None:
            quality, vectors, state = read(path)
            told = {"state": state, "quality": quality and asdict(quality)}
            blob = b"".join(each.astype("<f4").tobytes() for each in vectors.values())
            row = json.dumps(told | {"vectors": list(vectors)}), blob
            with self._database:
                statement = "INSERT INTO embedded VALUES (?, ?, ?, ?, ?)"
                self._database.execute(statement, (*key, *row))
        told, blob = json.loads(row[0]), row[1]
        quality = told["quality"]
        if quality:
            quality = Quality(**quality | {"band": Band(quality["band"])})
        matrix = np.frombuffer(blob, "<f4").reshape(-1, self.encoder.dimension)
        return quality, dict(zip(told["vectors"], matrix, strict=True)), told["state"]

    def _read_clip(self, path: Path) -> tuple:
        try:
            clip = read_clip(path, self.encoder, self.detector)
        except NoSpeech:
            return None, {}, "no speech"
        return clip.quality, {str(k): v for k, v in clip.vectors.items()}, "speech"

    def _read_probe(
        self, path: Path, channel: str, seconds: float, others: list[Path]
    ) -> tuple:
        wave, found = beginning(path, seconds, self.detector)
        if found < min(seconds, _LONG_SECONDS):
            return None, {}, "shorter"
        rng = np.random.default_rng(int(digest(path)[:12], 16))
        other = _at_rate(others[rng.integers(len(others))])
        heard = CHANNELS[channel](wave, other, rng)
        try:
            speech = find_speech(heard, RATE, self.detector)
            vector = self.encoder.encode(speech.wave)
        except NoSpeech:
            return None, {}, "no speech"
        several = several_speakers(self.encoder, speech.wave)
        return speech.quality, {"probe": vector}, "several" if several else "one"


@lru_cache(maxsize=4096)
def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return sha256(path.read_bytes()).hexdigest()


@lru_cache(maxsize=4)
def beginning(path: Path, seconds: float, detector) -> tuple[np.ndarray, float]:
    """Return the beginning of a recording, at `RATE`, that holds so much speech, and
    how much it holds: the detector hears less where a recording is cut off."""
    wave = _at_rate(path)
    (first, *_), *_ = _spans(wave, detector) or [(0,)]
    begin = max(first * RATE // SAMPLE_RATE - _PAUSE, 0)
    found, stop = 0.0, begin + _PAUSE
    while found < seconds and stop < len(wave):
        stop += int(max(seconds - found, _STEP_SECONDS) * RATE)
        spans = _spans(wave[begin:stop], detector)
        found = sum(end - start for start, end in spans) / SAMPLE_RATE
    return wave[begin:stop], found


def _spans(wave: np.ndarray, detector) -> list[tuple[int, int]]:
    return detector.spans(resample(wave, RATE, SAMPLE_RATE))


@lru_cache(maxsize=8)
def _at_rate(path: Path) -> np.ndarray:
    wave, rate = decode(path, at_most_seconds=_MOST_SECONDS)
    return resample(wave, rate, RATE)
