"""Analyse a voice into pitch, spectral envelope and aperiodicity, and synthesise it.

WORLD: Morise et al. 2016, "WORLD: a vocoder-based high-quality speech synthesis system
for real-time applications". Envelopes are kept as mel-cepstra, as few numbers hold one.
"""

from dataclasses import dataclass

import numpy as np

from moksori.covers.pitch import FRAME_SECONDS, LOWEST_HERTZ
from moksori.covers.weights import INSTALL
from moksori.speakers.weights import WeightsMissing

CEPSTRA = 40
RATES = 16000, 22050, 24000, 44100
_NEAR = 2 ** (0.3 / 12)
_PERIOD = 1000 * FRAME_SECONDS  # milliseconds


@dataclass(frozen=True)
class Timbre:
    """Represent what a voice adds to its pitch, a row for each `FRAME_SECONDS`:
    `cepstra` [frames, CEPSTRA] and `aperiodicity` [frames, bands] in decibel."""

    cepstra: np.ndarray
    aperiodicity: np.ndarray


def analyse(wave: np.ndarray, sample_rate: int, hertz: np.ndarray) -> Timbre:
    """Analyse a wave [samples] along its pitch [frames]; its rate is one of `RATES`."""
    world = _world()
    sound = wave.astype(np.float64)
    pitch = np.ascontiguousarray(hertz, np.float64)
    times = np.arange(len(pitch)) * FRAME_SECONDS
    size = fft_size(sample_rate)
    envelope = world.cheaptrick(sound, pitch, times, sample_rate, fft_size=size)
    noise = world.d4c(sound, pitch, times, sample_rate, fft_size=size)
    return Timbre(
        world.code_spectral_envelope(envelope, sample_rate, CEPSTRA),
        world.code_aperiodicity(noise, sample_rate),
    )


def refine(wave: np.ndarray, sample_rate: int, hertz: np.ndarray) -> np.ndarray:
    """Return a pitch [frames] made exact by the phase of a wave [samples], where that
    is within `_NEAR` of it: a tracker's steps are some cents wide."""
    times = np.arange(len(hertz)) * FRAME_SECONDS
    pitch = np.ascontiguousarray(hertz, np.float64)
    exact = _world().stonemask(wave.astype(np.float64), pitch, times, sample_rate)
    ratio = exact / np.where(hertz > 0, hertz, 1.0)
    near = (hertz > 0) & (ratio > 1 / _NEAR) & (ratio < _NEAR)
    return np.where(near, exact, hertz)


def synthesise(hertz: np.ndarray, timbre: Timbre, sample_rate: int) -> np.ndarray:
    """Synthesise a wave, float32 [(frames - 1) * step + 1] or so, with a pitch [frames]
    and a timbre as long."""
    world = _world()
    size = fft_size(sample_rate)
    cepstra = np.ascontiguousarray(timbre.cepstra, np.float64)
    # 0 decibel and above is not decoded as all noise, but as nothing.
    coded = np.minimum(timbre.aperiodicity, -1e-6)
    noise = np.ascontiguousarray(coded, np.float64)
    return world.synthesize(
        np.ascontiguousarray(hertz, np.float64),
        world.decode_spectral_envelope(cepstra, sample_rate, size),
        world.decode_aperiodicity(noise, sample_rate, size),
        sample_rate,
        _PERIOD,
    ).astype(np.float32)


def warp(timbre: Timbre, factor: float, sample_rate: int) -> Timbre:
    """Move the formants of a timbre up by a factor, as a shorter vocal tract does."""
    world, size = _world(), fft_size(sample_rate)
    envelope = world.decode_spectral_envelope(
        np.ascontiguousarray(timbre.cepstra, np.float64), sample_rate, size
    )
    places = np.minimum(np.arange(size // 2 + 1) / factor, size // 2)
    low = np.minimum(places.astype(int), size // 2 - 1)
    share = places - low
    levels = np.log(envelope)
    moved = np.exp(levels[:, low] * (1 - share) + levels[:, low + 1] * share)
    moved = np.ascontiguousarray(moved)
    cepstra = world.code_spectral_envelope(moved, sample_rate, CEPSTRA)
    return Timbre(cepstra, timbre.aperiodicity)


def cepstral_basis(sample_rate: int, size: int) -> np.ndarray:
    """Return what each cepstrum adds to the logarithm of the power in each bin of a
    spectrum of `size`, [CEPSTRA, bins]."""
    units = np.eye(CEPSTRA)
    return np.log(_world().decode_spectral_envelope(units, sample_rate, size))


def fft_size(sample_rate: int) -> int:
    """Return the length of WORLD's spectra at a rate."""
    return _world().get_cheaptrick_fft_size(sample_rate, LOWEST_HERTZ)


def _world():
    try:
        import pyworld
    except ImportError:
        raise WeightsMissing(f"WORLD is not installed: {INSTALL}") from None
    return pyworld
