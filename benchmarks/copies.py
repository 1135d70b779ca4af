"""Copy synthesis: recordings, what a vocoder makes of their mels, and how they differ.

A vocoder is any object with `generate(mels) -> waves`: normalised mels, float32
[frames, mels], become waves [frames * hop_length]. It is judged by five figures for
each utterance, each against the recording that the mel was made of:

    pesq         mean opinion score, 1 to 4.64, wide-band (ITU-T P.862.2); deaf to level
    periodicity  root mean square error of periodicity, see `metrics.pitch`
    voicing      F1 score of telling voiced frames from others
    cents        root mean square error of pitch where both are voiced
    cepstral     mel-cepstral distortion in decibels, see `metrics.cepstral`
"""

import importlib.util
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from datasets.store.features import FeatureStore
from hparams import Audio
from moksori.audio.companding import compress, deemphasize, expand, preemphasize
from moksori.audio.files import resample
from moksori.audio.pitch import track
from moksori.audio.spectrum import mel_spectrogram
from moksori.metrics import cepstral, pitch
from moksori.metrics.bootstrap import mean_of

FIGURES = ("pesq", "periodicity", "voicing", "cents", "cepstral")
INSTALL = (
    ".venv/bin/python -m pip install --require-hashes -r requirements/benchmarks.lock"
)

_PESQ_RATE = 16000
_WORST_PESQ = 1.0
_SILENT = 1e-6
_LARGEST_CLASS = 127


class Vocoder(Protocol):
    """What is judged."""

    def generate(self, mels: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Waves [frames * hop_length] of normalised mels [frames, mels]."""


@dataclass(frozen=True)
class Recordings:
    """Held-out recordings [frames * hop_length] and their mels [frames, mels].

    `name` says which features they are of.
    """

    name: str
    ids: list[str]
    speakers: list[str]
    waves: list[np.ndarray]
    mels: list[np.ndarray]
    audio: Audio

    @classmethod
    def read(cls, store: FeatureStore, count: int) -> "Recordings":
        """At most `count` utterances, spread evenly over a store."""
        if not len(store):
            raise ValueError(f"{store.folder}: holds no utterance")
        picked = np.linspace(0, len(store) - 1, min(count, len(store)))
        chosen = np.unique(picked.astype(int))
        return cls(
            f"{store.folder.name} {store.fingerprint}",
            [store.rows[i].id for i in chosen],
            [store.rows[i].speaker for i in chosen],
            [store.wave(i) for i in chosen],
            [store.mel(i) for i in chosen],
            store.audio,
        )

    @property
    def facts(self) -> dict:
        """Which they are, for a row of figures."""
        return {"features": self.name, "count": len(self.ids)}

    @property
    def seconds(self) -> float:
        return sum(map(len, self.waves)) / self.audio.sample_rate


class CopySynthesisEvaluator:
    """Compare vocoded waves with recordings; what these decide is computed once."""

    def __init__(self, recordings: Recordings):
        self.recordings = recordings
        audio, waves = recordings.audio, recordings.waves
        self._tracks = [track(wave, audio.sample_rate) for wave in waves]
        self._mels = [mel_spectrogram(wave, audio) for wave in waves]
        self._rated = rating()

    def measure(self, vocoder: Vocoder) -> dict:
        """The figures of one vocoder, as plain values for JSON.

        `figures` are means with intervals, `utterances` the figures of each,
        `real_time_factor` the seconds of computing for a second of sound. Raises
        `ValueError` for a wave that is not finite or not as long as its recording.
        """
        started = time.perf_counter()
        waves = vocoder.generate(self.recordings.mels)
        spent = time.perf_counter() - started
        rows = self._rows(waves)
        return {
            "real_time_factor": spent / self.recordings.seconds,
            "figures": {
                name: mean_of([row[name] for row in rows]) for name in measurable()
            },
            "utterances": [
                {"id": identity, **_without_nan(row)}
                for identity, row in zip(self.recordings.ids, rows, strict=True)
            ],
        }

    def _rows(self, waves: Sequence[np.ndarray]) -> list[dict]:
        ours = self.recordings.waves
        if [len(wave) for wave in waves] != [len(wave) for wave in ours]:
            raise ValueError("the vocoder's waves are not as long as the recordings")
        if not all(np.isfinite(wave).all() for wave in waves):
            raise ValueError("the vocoder's waves hold values that are not finite")
        return [self._row(index, wave) for index, wave in enumerate(waves)]

    def _row(self, index: int, wave: np.ndarray) -> dict:
        audio, reference = self.recordings.audio, self._tracks[index]
        found = track(wave, audio.sample_rate)
        row = {
            "periodicity": pitch.periodicity_error(reference, found),
            "voicing": pitch.voicing_f1(reference, found),
            "cents": pitch.pitch_error(reference, found),
            "cepstral": cepstral.distortion(
                self._mels[index], mel_spectrogram(wave, audio), audio
            ),
        }
        if self._rated:
            recording = self.recordings.waves[index]
            row["pesq"] = self._rated(recording, wave, audio.sample_rate)
        return row


def measurable() -> list[str]:
    """The names of the figures that can be measured here."""
    return [name for name in FIGURES if name != "pesq" or rating()]


def rating():
    """A function `(recording, wave, sample_rate) -> PESQ`; None without the package."""
    if importlib.util.find_spec("pesq") is None:
        return None
    from pesq import pesq

    def rate(recording: np.ndarray, wave: np.ndarray, sample_rate: int) -> float:
        if np.abs(wave).max() < _SILENT:
            return _WORST_PESQ  # the package has no answer for silence
        waves = (
            resample(np.asarray(w, np.float32), sample_rate, _PESQ_RATE)
            for w in (recording, wave)
        )
        return float(pesq(_PESQ_RATE, *waves, "wb"))

    return rate


@dataclass(frozen=True)
class Companded:
    """Stands in for a vocoder: the recordings in 8 bits of mu-law, and no worse.

    What a vocoder that draws one of 256 classes a sample could reach at best.
    """

    waves: list[np.ndarray]
    preemphasis: float = 0.0

    def generate(self, mels: Sequence[np.ndarray]) -> list[np.ndarray]:
        return [self._wave(wave) for wave in self.waves]

    def _wave(self, wave: np.ndarray) -> np.ndarray:
        signal = np.clip(compress(preemphasize(wave, self.preemphasis)), -1, 1)
        classes = np.rint(signal * _LARGEST_CLASS)
        return deemphasize(expand(classes / _LARGEST_CLASS), self.preemphasis)


def _without_nan(row: dict) -> dict:
    return {name: None if np.isnan(value) else value for name, value in row.items()}
