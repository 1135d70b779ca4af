"""Put a converted voice where the old one was: as loud, as wide, in a room."""

import numpy as np
from scipy.signal import fftconvolve

from moksori.audio.levels import loudness

_PEAK = 10 ** (-0.3 / 20)
_ROOM_SECONDS, _DECAY_SECONDS, _ROOM_LEVEL = 0.5, 0.09, 0.06
_LOUDEST_GAIN = 8.0


def place(voice: np.ndarray, old: np.ndarray, rate: int, room: float) -> np.ndarray:
    """Place a voice [samples] where another was in a song, [samples, channels].

    It gets the loudness of the old one, its share of each channel, and a small room of
    the strength `room`, from 0 to 1.
    """
    voice = voice * _gain(voice, old.mean(axis=1), rate)
    power = np.sqrt(np.mean(old.astype(np.float64) ** 2, axis=0))
    share = power / max(float(np.sqrt(np.mean(power**2))), 1e-9)
    wide = voice[:, None] * share
    if room:
        wide = wide + room * _echo(voice, rate, old.shape[1]) * share
    return (wide * _gain(wide.mean(axis=1), old.mean(axis=1), rate)).astype(np.float32)


def headroom(voice: np.ndarray, backing: np.ndarray) -> np.float32:
    """Return the gain, 1 at most, at which the sum of both is not clipped."""
    peak = float(np.abs(voice + backing).max())
    return np.float32(min(1.0, _PEAK / max(peak, 1e-9)))


def _gain(wave: np.ndarray, like: np.ndarray, rate: int) -> float:
    """Return what makes a wave as loud as another; 1 where one is silent."""
    own, wanted = loudness(wave, rate), loudness(like, rate)
    if not np.isfinite([own, wanted]).all():
        return 1.0
    return min(10 ** ((wanted - own) / 20), _LOUDEST_GAIN)


def _echo(voice: np.ndarray, rate: int, channels: int) -> np.ndarray:
    """Return what a small room adds to a voice [samples, channels]: noise that decays,
    other for each channel, and always the same."""
    seconds = np.arange(int(_ROOM_SECONDS * rate)) / rate
    noise = np.random.default_rng(0).standard_normal((len(seconds), channels))
    response = noise * np.exp(-seconds / _DECAY_SECONDS)[:, None]
    response *= _ROOM_LEVEL / np.sqrt(rate / 44100)
    wet = [fftconvolve(voice, column)[: len(voice)] for column in response.T]
    return np.stack(wet, axis=1)
