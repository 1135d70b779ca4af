"""Put a converted voice where the old one was: as loud, as wide, in a room."""

import numpy as np
from scipy.signal import fftconvolve

from moksori.audio.levels import loudness

_ROOM_SECONDS, _DECAY_SECONDS, _ROOM_LEVEL = 0.5, 0.09, 0.06
_PEAK = 10 ** (-0.3 / 20)
_LOUDEST_GAIN = 8.0
_BLOCK = 2**19  # samples that are worked on at once


def place(voice: np.ndarray, old: np.ndarray, rate: int, room: float) -> np.ndarray:
    """Place a voice [samples] where another was in a song, [samples, channels].

    It gets the loudness of the old one, its share of each channel, and a small room of
    the strength `room`, from 0 to 1.
    """
    energy = np.einsum("nc,nc->c", old, old, dtype=np.float64)
    power = np.sqrt(energy / max(len(old), 1))
    share = power / max(float(np.sqrt(np.mean(power**2))), 1e-9)
    share = share.astype(np.float32)
    wide = voice[:, None] * share
    if room:
        _add_echo(wide, voice, np.float32(room) * share, rate)
    del voice
    wide *= np.float32(_gain(wide, old, rate))
    return wide


def headroom(voice: np.ndarray, backing: np.ndarray) -> float:
    """Return the gain, 1 at most, at which neither a voice nor its sum with a backing
    is clipped."""
    peak = 1e-9
    for at in range(0, len(voice), _BLOCK):
        alone, rest = voice[at : at + _BLOCK], backing[at : at + _BLOCK]
        peak = max(peak, float(np.abs([alone, alone + rest]).max()))
    return min(1.0, _PEAK / peak)


def _gain(wave: np.ndarray, like: np.ndarray, rate: int) -> float:
    """Return what makes a wave [samples, channels] as loud as another; 1 where one is
    silent."""
    # One after the other: the mean of a song's channels is large.
    own, wanted = (loudness(each.mean(axis=1), rate) for each in (wave, like))
    if not np.isfinite([own, wanted]).all():
        return 1.0
    return min(10 ** ((wanted - own) / 20), _LOUDEST_GAIN)


def _add_echo(wide: np.ndarray, voice: np.ndarray, share: np.ndarray, rate: int):
    """Add to a wave [samples, channels] what a small room makes of a voice [samples]:
    noise that decays, other for each channel, and always the same."""
    seconds = np.arange(int(_ROOM_SECONDS * rate)) / rate
    noise = np.random.default_rng(0).standard_normal((len(seconds), len(share)))
    response = noise * np.exp(-seconds / _DECAY_SECONDS)[:, None]
    response = (response * _ROOM_LEVEL / np.sqrt(rate / 44100)).astype(np.float32)
    for at in range(0, len(voice), _BLOCK):
        sound = voice[at : at + _BLOCK]
        left = wide[at : at + len(sound) + len(response) - 1]
        for channel, column in enumerate(response.T):
            wet = fftconvolve(sound, column)[: len(left)]
            left[:, channel] += share[channel] * wet
