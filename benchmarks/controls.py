"""Vocoders that learned nothing, which a network has to beat to be worth its training.

Noise, or pulses and noise at the pitch of a Griffin-Lim draft, goes through the linear
prediction that the mels describe; then, some `passes` of a post-filter: the wave keeps
its phases, its magnitudes are moved to the mels. Griffin-Lim, as it speaks here, goes
through the same post-filter.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.systems import System, as_spoken
from hparams import Audio
from moksori.audio import frames, pitch
from moksori.audio.companding import deemphasize, preemphasize
from moksori.audio.griffin_lim import excitation, griffin_lim, search
from moksori.audio.lpc import LinearPrediction
from moksori.audio.spectrum import magnitudes_of

ORDER = 64
DRAFT_ITERATIONS = 32
PASSES = (0, 1, 4)


def systems() -> list[System]:
    """Noise and pulses, each after every number of `PASSES`, and Griffin-Lim after it.

    Griffin-Lim without the post-filter is one of the references already.
    """
    return [
        System(f"{source} through LPC {ORDER}{_after(passes)}", _vocoder(make, passes))
        for source, make in (("noise", noise), ("pulses", pulses))
        for passes in PASSES
    ] + [
        System(f"Griffin-Lim from pulses{_after(passes)}", _filtered(passes))
        for passes in PASSES
        if passes
    ]


def noise(mel: np.ndarray, audio: Audio) -> np.ndarray:
    """Make white noise of unit variance, [frames * hop_length]."""
    samples = len(mel) * audio.hop_length
    return np.random.default_rng(0).standard_normal(samples).astype(np.float32)


def pulses(mel: np.ndarray, audio: Audio) -> np.ndarray:
    """Make the pulses and noise that Griffin-Lim starts from, [frames * hop_length]."""
    draft = griffin_lim(mel, audio, DRAFT_ITERATIONS, pulses=False)
    track = pitch.track(draft, audio.sample_rate)
    return excitation(track, len(draft), audio, seed=0)


def post_filter(
    wave: np.ndarray, mel: np.ndarray, audio: Audio, passes: int
) -> np.ndarray:
    """Move the magnitudes of a wave [frames * hop_length] to a mel [frames, mels]."""
    if not passes:
        return wave
    plain = replace(audio, griffin_lim_momentum=0.0)
    padded = frames.pad(preemphasize(wave, audio.preemphasis), audio)
    spectra = frames.analyse(padded, audio)
    found = search(spectra, plain, passes, magnitudes_of(mel, audio))
    begin = frames.margin(audio)
    return deemphasize(found[begin : begin + len(wave)], audio.preemphasis)


@dataclass(frozen=True)
class SourceAndFilter:
    """A vocoder: a residual `source(mel, audio)` through LPC, and post-filter."""

    source: Callable[[np.ndarray, Audio], np.ndarray]
    audio: Audio
    passes: int

    def generate(self, mels: Sequence[np.ndarray]) -> list[np.ndarray]:
        return [self._wave(mel) for mel in mels]

    def _wave(self, mel: np.ndarray) -> np.ndarray:
        residual = self.source(mel, self.audio)
        wave = LinearPrediction(self.audio, ORDER).shape(residual, mel)
        return np.clip(post_filter(wave, mel, self.audio, self.passes), -1, 1)


@dataclass(frozen=True)
class FilteredGriffinLim:
    """A vocoder: Griffin-Lim as it speaks here, then the post-filter.

    Like the Griffin-Lim of the references it is not limited to full scale.
    """

    audio: Audio
    passes: int

    def generate(self, mels: Sequence[np.ndarray]) -> list[np.ndarray]:
        audio = as_spoken(self.audio)
        return [
            post_filter(griffin_lim(mel, audio), mel, audio, self.passes)
            for mel in mels
        ]


def _filtered(passes: int):
    return lambda recordings: FilteredGriffinLim(recordings.audio, passes)


def _vocoder(source, passes: int):
    return lambda recordings: SourceAndFilter(source, recordings.audio, passes)


def _after(passes: int) -> str:
    return f", post-filter x {passes}" if passes else ""
