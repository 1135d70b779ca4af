"""Play a band that belongs to nobody: chords, a bass and drums from oscillators and
noise, at the rate of the demo's synthesizer.

A voice is mixed with it where no real song may be kept.
"""

import numpy as np
import scipy.signal

from moksori.demo.corpus import SAMPLE_RATE

# Four chords of a loop, as semitones above A2 (110 Hz).
_PROGRESSIONS = (
    ((0, 4, 7), (7, 11, 14), (9, 12, 16), (5, 9, 12)),
    ((9, 12, 16), (5, 9, 12), (0, 4, 7), (7, 11, 14)),
    ((2, 5, 9), (7, 11, 14), (0, 4, 7), (9, 12, 16)),
)


def band(seconds: float, seed: int) -> np.ndarray:
    """Play a loop of four chords, float32 [samples] with a peak of 1."""
    rng = np.random.default_rng(seed)
    beat = 60 / rng.uniform(75, 140)
    chords = _PROGRESSIONS[rng.integers(len(_PROGRESSIONS))]
    root = 110 * 2 ** (rng.integers(-4, 5) / 12)
    mix = np.zeros(round(seconds * SAMPLE_RATE))
    for index in range(int(seconds / beat) + 1):
        at = index * beat
        chord = chords[index // 4 % 4]
        if index % 4 == 0:
            for note in chord:
                _add(mix, _string(2 * root * 2 ** (note / 12), 4 * beat, rng), at)
        low = _string(root / 2 * 2 ** (chord[0] / 12), beat, rng)
        _add(mix, 1.6 * low, at)
        _add(mix, 1.5 * _kick() if index % 2 == 0 else _snare(rng), at)
        for half in (0, 0.5):
            _add(mix, 0.3 * _hat(rng), at + half * beat)
    return (mix / np.abs(mix).max()).astype(np.float32)


def _add(mix: np.ndarray, sound: np.ndarray, seconds: float) -> None:
    start = round(seconds * SAMPLE_RATE)
    count = min(len(sound), len(mix) - start)
    if count > 0:
        mix[start : start + count] += sound[:count]


def _string(hertz: float, seconds: float, rng) -> np.ndarray:
    """Three saws a little out of tune, through a low-pass, dying away."""
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tuned = hertz * (1 + 0.003 * rng.standard_normal(3))
    saws = sum(scipy.signal.sawtooth(2 * np.pi * each * times) for each in tuned)
    sos = scipy.signal.butter(2, min(10 * hertz, 10_000), fs=SAMPLE_RATE, output="sos")
    attack = np.minimum(times / 0.01, 1)
    return scipy.signal.sosfilt(sos, saws) * attack * np.exp(-1.2 * times) / 3


def _kick() -> np.ndarray:
    times = np.arange(round(0.25 * SAMPLE_RATE)) / SAMPLE_RATE
    return np.sin(2 * np.pi * (50 * times + 8 * (1 - np.exp(-30 * times)))) * np.exp(
        -14 * times
    )


def _snare(rng) -> np.ndarray:
    times = np.arange(round(0.2 * SAMPLE_RATE)) / SAMPLE_RATE
    noise = rng.standard_normal(len(times)) * np.exp(-25 * times)
    return 0.5 * noise + 0.5 * np.sin(2 * np.pi * 190 * times) * np.exp(-20 * times)


def _hat(rng) -> np.ndarray:
    times = np.arange(round(0.06 * SAMPLE_RATE)) / SAMPLE_RATE
    noise = rng.standard_normal(len(times)) * np.exp(-70 * times)
    return np.diff(noise, prepend=0)
