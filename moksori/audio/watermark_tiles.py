"""The tiles of the watermark: where they are, what they say, and what they need."""

import hashlib
from functools import lru_cache

import numpy as np

TOKEN_BITS = 32

# The grid: windows of 46 ms, a quarter of that apart, whatever the sample rate.
RATE, WINDOW, HOP = 22050, 1024, 256
_FIRST_BIN, _BAND_BINS, BANDS = 14, 2, 133  # 0.3 to 6 kHz
HALF = 4  # frames
CHIP = 2 * HALF
CHIPS = 32  # a period
BLOCK = 16  # chips whose decibels are found together
SYNC = 4  # slots of known sign, beside those of the bits
SLOTS = TOKEN_BITS + SYNC

_MARGIN = 3.8  # of a slot's score in a period; noise has 1
_LEAST_DECIBEL, _MOST_DECIBEL = 0.5, 4.0
# Of a decibel in one tile, what is left in it: windows and neighbours take the rest.
_LEFT_IN_TILE = 0.4
SATURATION = 3.0  # decibel; larger differences are the sound's own
AUDIBLE, _RANGE = 55.0, 70.0  # decibel below the loudest tile
FLOOR = 1e-6
_NEIGHBOURS = 9  # bands whose common rise or fall is the sound's own
_STEPS = 6


def decibel_needed(levels: np.ndarray, signs: np.ndarray, slots: np.ndarray):
    """Decibel for every slot [slots] that bring it to its margin in this sound.

    `levels` [frames, bands] in decibel; `signs`, with the token's, and `slots` are
    [chips, bands].
    """
    halves = levels.reshape(-1, 2, HALF, BANDS).mean(2)
    difference, weight = differences(halves[:, 0], halves[:, 1])
    wanted = _MARGIN * np.sqrt(BLOCK / CHIPS)
    decibel, flat = np.ones(SLOTS), slots.reshape(-1)
    for _ in range(_STEPS):
        moved = difference + _LEFT_IN_TILE * signs * decibel[slots]
        value = (np.tanh(moved / SATURATION) * weight * signs).reshape(-1)
        power = np.bincount(flat, value**2, SLOTS)
        score = np.bincount(flat, value, SLOTS) / np.sqrt(power + FLOOR)
        decibel += np.clip(0.35 * (wanted - score), -0.4, 0.8)
        decibel = np.clip(decibel, _LEAST_DECIBEL, _MOST_DECIBEL)
    return decibel


def differences(first: np.ndarray, second: np.ndarray):
    """Half the fall from one half of tiles to the other [chips, bands] in decibel, less
    what neighbouring bands have in common, and whether a tile can be heard at all."""
    loudness = (first + second) / 2
    return _whiten((first - second) / 2), loudness > loudness.max() - AUDIBLE


def _whiten(values: np.ndarray) -> np.ndarray:
    """Take the mean of neighbouring bands away: [chips, bands]."""
    edge = _NEIGHBOURS // 2
    padded = np.pad(values, ((0, 0), (edge + 1, edge)), "edge")
    sums = np.cumsum(padded, 1)
    return values - (sums[:, _NEIGHBOURS:] - sums[:, :-_NEIGHBOURS]) / _NEIGHBOURS


def decibel(magnitudes: np.ndarray) -> np.ndarray:
    """Levels of magnitudes [frames, bins], none too far below the loudest."""
    decibel = 20 * np.log10(magnitudes + FLOOR)
    return np.maximum(decibel, decibel.max() - _RANGE)


def levels(decibel: np.ndarray, of_band) -> np.ndarray:
    """Mean level of every band, [frames, bands]."""
    bins, band = of_band
    counts = np.bincount(band, minlength=BANDS)
    # A rate so low that it has not all bands leaves the upper ones at the bottom.
    sums = np.add.reduceat(decibel[:, bins], np.searchsorted(band, np.unique(band)), 1)
    levels = np.full((len(decibel), BANDS), decibel.min(), decibel.dtype)
    levels[:, counts > 0] = sums / counts[counts > 0]
    return levels


def bins_of_bands(hertz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The bins that lie in bands, and the band of each; `hertz` [bins] ascending."""
    band = (hertz * WINDOW / RATE - _FIRST_BIN + 0.5) // _BAND_BINS
    bins = np.flatnonzero((band >= 0) & (band < BANDS))
    return bins, band[bins].astype(int)


def signs_of(token: int) -> np.ndarray:
    """The sign of every slot [slots]: bit 0 first; those of synchronisation are 1."""
    bits = token >> np.arange(TOKEN_BITS) & 1
    return np.concatenate([2.0 * bits - 1, np.ones(SYNC)])


@lru_cache(8)
def pattern(key: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Signs and slots of a key's tiles, [chips, bands] each."""
    tiles = CHIPS * BANDS
    stream = hashlib.shake_256(b"moksori watermark 1\0" + key).digest(9 * tiles)
    signs = np.frombuffer(stream[:tiles], np.uint8) % 2 * 2.0 - 1
    order = np.argsort(np.frombuffer(stream[tiles:], "<u8"), kind="stable")
    slots = np.resize(np.arange(SLOTS), tiles)[order]
    return signs.reshape(CHIPS, BANDS), slots.reshape(CHIPS, BANDS)


@lru_cache(8)
def turned_pattern(key: bytes) -> tuple[np.ndarray, np.ndarray]:
    """The pattern that begins at each of its chips: which tiles [chips * bands] belong
    to a slot, by sign and without, [tiles, turns * slots] each, float32."""
    signs, slots = pattern(key)
    member = (slots[..., None] == np.arange(SLOTS)).astype(np.float32)
    signed = member * signs[..., None].astype(np.float32)
    both = [
        np.stack([np.roll(each, turn, 0) for turn in range(CHIPS)], -2)
        for each in (signed, member)
    ]
    tiles = CHIPS * BANDS
    return tuple(each.reshape(tiles, CHIPS * SLOTS) for each in both)
