"""Analyse a voice into pitch, spectral envelope and aperiodicity, and synthesise it.

WORLD: Morise et al. 2016, "WORLD: a vocoder-based high-quality speech synthesis system
for real-time applications". Envelopes are kept as mel-cepstra, as few numbers hold one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from moksori.covers.pitch import FRAME_SECONDS, LOWEST_HERTZ
from moksori.covers.weights import INSTALL
from moksori.speakers.weights import WeightsMissing

CEPSTRA = 40
RATES = 16000, 22050, 24000, 44100
_NEAR = 2 ** (0.3 / 12)
_PERIOD = 1000 * FRAME_SECONDS  # milliseconds
# Frames whose spectra are held at once: those of a song would fill the memory. Pieces
# begin at multiples of `_EVEN` frames, which at every rate are whole samples.
_PIECE, _EVEN = 4000, 4
_AROUND = 40  # frames of sound that the spectra of a piece look into before and after
_FADE = 8  # frames in which one synthesised piece fades into the next


@dataclass(frozen=True)
class Timbre:
    """Represent what a voice adds to its pitch, a row for each `FRAME_SECONDS`:
    `cepstra` [frames, CEPSTRA] and `aperiodicity` [frames, bands] in decibel."""

    cepstra: np.ndarray
    aperiodicity: np.ndarray


def analyse(wave: np.ndarray, sample_rate: int, hertz: np.ndarray) -> Timbre:
    """Analyse a wave [samples] along its pitch [frames]; its rate is one of `RATES`."""
    world, size = _world(), fft_size(sample_rate)
    parts = []
    for piece in _pieces(wave, sample_rate, hertz):
        envelope = world.cheaptrick(*piece, sample_rate, fft_size=size)
        noise = world.d4c(*piece, sample_rate, fft_size=size)
        cepstra = world.code_spectral_envelope(envelope, sample_rate, CEPSTRA)
        parts.append((cepstra, world.code_aperiodicity(noise, sample_rate)))
    return Timbre(*map(np.concatenate, zip(*parts, strict=True)))


def refine(wave: np.ndarray, sample_rate: int, hertz: np.ndarray) -> np.ndarray:
    """Return a pitch [frames] made exact by the phase of a wave [samples], where that
    is within `_NEAR` of it: a tracker's steps are some cents wide."""
    pieces = _pieces(wave, sample_rate, hertz)
    exact = np.concatenate([_world().stonemask(*each, sample_rate) for each in pieces])
    ratio = exact / np.where(hertz > 0, hertz, 1.0)
    near = (hertz > 0) & (ratio > 1 / _NEAR) & (ratio < _NEAR)
    return np.where(near, exact, hertz)


def synthesise(hertz: np.ndarray, timbre: Timbre, sample_rate: int) -> np.ndarray:
    """Synthesise a wave, float32 [frames * samples of one], with a pitch [frames] and a
    timbre as long.

    What is long is made in pieces, joined where there is no pitch, or little of it.
    """
    made = np.zeros(_samples(len(hertz), sample_rate), np.float32)
    begin = 0
    while begin < len(hertz):
        end = _joint(hertz, timbre, begin)
        frames = slice(begin, end + _FADE)
        part = _synthesised(hertz[frames], timbre, frames, sample_rate)
        at, fade = _samples(begin, sample_rate), _samples(_FADE, sample_rate)
        if begin:
            rise = np.linspace(0, 1, fade, dtype=np.float32)[: len(part)]
            part[: len(rise)] *= rise
            made[at : at + fade] *= 1 - rise
        made[at : at + fade] += part[:fade]
        made[at + fade : at + len(part)] = part[fade:]
        begin = end
    return made


def _samples(frames: int, sample_rate: int) -> int:
    return int(frames * FRAME_SECONDS * sample_rate)


def _joint(hertz: np.ndarray, timbre: Timbre, begin: int) -> int:
    """Return the frame at which a piece from `begin` on is joined to the next: the
    softest without a pitch around it, or the end."""
    if len(hertz) - begin <= _PIECE + _FADE:
        return len(hertz)
    places = np.arange(begin + _PIECE // 2, begin + _PIECE, _EVEN)
    sung = [np.count_nonzero(hertz[at - _EVEN : at + _FADE + _EVEN]) for at in places]
    return int(places[np.lexsort((timbre.cepstra[places, 0], sung))[0]])


def _synthesised(
    hertz: np.ndarray, timbre: Timbre, frames: slice, sample_rate: int
) -> np.ndarray:
    """Synthesise a stretch of frames with a pitch [frames]."""
    world, size = _world(), fft_size(sample_rate)
    cepstra = np.ascontiguousarray(timbre.cepstra[frames], np.float64)
    # 0 decibel and above is not decoded as all noise, but as nothing.
    coded = np.minimum(timbre.aperiodicity[frames], -1e-6)
    noise = np.ascontiguousarray(coded, np.float64)
    return world.synthesize(
        np.ascontiguousarray(hertz, np.float64),
        world.decode_spectral_envelope(cepstra, sample_rate, size),
        world.decode_aperiodicity(noise, sample_rate, size),
        sample_rate,
        _PERIOD,
    ).astype(np.float32)


def _pieces(
    wave: np.ndarray, sample_rate: int, hertz: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield stretches of a wave, float64, each with the pitch [frames] in the middle of
    it and the seconds of these frames."""
    for begin in range(0, len(hertz), _PIECE):
        pitch = np.ascontiguousarray(hertz[begin : begin + _PIECE], np.float64)
        first = max(begin - _AROUND, 0)
        start = round(first * FRAME_SECONDS * sample_rate)
        stop = round((begin + len(pitch) + _AROUND) * FRAME_SECONDS * sample_rate)
        seconds = (np.arange(len(pitch)) + begin - first) * FRAME_SECONDS
        yield wave[start:stop].astype(np.float64), pitch, seconds


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
