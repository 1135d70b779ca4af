"""Mark speech that was made here with a token of 32 bits, and find it again.

A spread spectrum in the logarithmic spectrogram: time and frequency are cut into tiles
of 93 ms and 43 Hz, and in each the level moves up and then down, or down and then up, by
a decibel or so. Which tiles carry which bit, and with which sign, a secret key decides;
the pattern begins anew every 3 s. The gain is a function of time and frequency alone,
so any sample rate, any number of channels and any division into pieces gives the same
mark. Its decibels are what the bits need against the sound that they are hidden in, as
in improved spread spectrum (Malvar and Florencio 2003, IEEE Trans. Signal Processing
51(4)), found for one block of sound after another.

It tells what was made here where nobody tried to remove it. It stops nobody who does.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np

from moksori.audio.files import resample

TOKEN_BITS = 32
# A shorter excerpt misses tiles: what it says of the token counts little.
LEAST_SECONDS = 3.0
# Factors of recordings that were played faster or slower; each finds what is within
# 0.6 % of it.
SPEEDS = tuple(1 + percent / 100 for percent in (0, 1, -1, 2, -2, 3, -3, 4, -4))

# The grid: windows of 46 ms, a quarter of that apart, whatever the sample rate.
_RATE, _WINDOW, _HOP = 22050, 1024, 256
_FIRST_BIN, _BAND_BINS, _BANDS = 14, 2, 133  # 0.3 to 6 kHz
_HALF = 4  # frames
_CHIP = 2 * _HALF
_CHIPS = 32  # a period
_BLOCK = 16  # chips whose decibels are found together
_SYNC = 4  # slots of known sign, beside those of the bits
_SLOTS = TOKEN_BITS + _SYNC

_MARGIN = 3.4  # of a slot's score in a period; noise has 1
_LEAST_DECIBEL, _MOST_DECIBEL = 0.5, 3.0
# Of a decibel in one tile, what is left in it: windows and neighbours take the rest.
_LEFT_IN_TILE = 0.4
_SATURATION = 3.0  # decibel; larger differences are the sound's own
_AUDIBLE, _RANGE = 55.0, 70.0  # decibel below the loudest tile
_FLOOR = 1e-6
_NEIGHBOURS = 9  # bands whose common rise or fall is the sound's own
_STEPS = 6

# The detector's: windows four times as dense, half a minute at a time.
_FINE = 4
_STRETCH_SECONDS = 30.0


@dataclass(frozen=True)
class Detection:
    """Represent what was found: the most likely `token`; `presence`, the mean score of
    the slots (about 0.75 without a mark, above 1.5 with one); the `evidence` for every
    bit, float32 [32], in standard deviations; the `speed` it was played at, and the
    second of the recording where the stretch begins that was decided on."""

    token: int
    presence: float
    evidence: np.ndarray
    speed: float
    start_seconds: float

    def candidates(self, doubtful: int = 3) -> Iterator[int]:
        """Yield tokens, the likeliest first: all turns of the most doubtful bits."""
        weakest = np.argsort(np.abs(self.evidence))[:doubtful]
        turns = [
            turned
            for count in range(doubtful + 1)
            for turned in combinations(weakest.tolist(), count)
        ]
        cost = np.abs(self.evidence)
        for turned in sorted(turns, key=lambda bits: float(cost[list(bits)].sum())):
            yield self.token ^ sum(1 << bit for bit in turned)


def mark(wave: np.ndarray, sample_rate: int, token: int, key: bytes) -> np.ndarray:
    """Mark a wave, [samples] or [samples, channels]; return as many, float32.

    `token` is below 2^32; whoever knows the `key` can find, forge and remove marks.
    Full scale may be passed by as little as the mark adds.
    """
    marker = Marker(sample_rate, token, key)
    return np.concatenate([marker.feed(wave), marker.finish()])


class Marker:
    """Mark a wave that comes in pieces; how it is divided changes no sample."""

    def __init__(self, sample_rate: int, token: int, key: bytes):
        if not 0 <= token < 1 << TOKEN_BITS:
            raise ValueError(f"a token is a number of {TOKEN_BITS} bits, not {token}")
        self._ratio = sample_rate / _RATE
        self._length = 2 * round(_WINDOW * self._ratio / 2)
        self._window = np.hanning(self._length + 1)[:-1]
        hertz = np.arange(self._length // 2 + 1) * sample_rate / self._length
        self._of_band = _bins_of_bands(hertz)
        signs, self._slots = _pattern(key)
        self._signs = signs * _signs_of(token)[self._slots]  # [chips, bands]
        self._block = 0
        # What is not finished: sound from sample `_at` on, and what is added to it.
        self._at = self._start(0)
        self._sound = self._change = self._weight = None
        self._flat = False

    def feed(self, piece: np.ndarray) -> np.ndarray:
        """Take samples, [n] or [n, channels]; return those that are done, float32."""
        piece = np.asarray(piece)
        if self._sound is None:
            self._flat = piece.ndim == 1
            channels = 1 if self._flat else piece.shape[1]
            self._sound = np.zeros((0, channels))
            self._change, self._weight = self._sound, np.zeros(0)
            self._append(np.zeros((-self._at, channels)))
        self._append(piece.reshape(len(piece), self._sound.shape[1]))
        while self._end(self._block) <= self._at + len(self._sound):
            self._mark_block()
        return self._emit(self._start(self._block * _BLOCK * _CHIP))

    def finish(self) -> np.ndarray:
        """Return what is left, after which as many samples came out as went in."""
        if self._sound is None:
            return np.zeros(0, np.float32)
        stop = self._at + len(self._sound)
        while self._start(self._block * _BLOCK * _CHIP) < stop:
            missing = self._end(self._block) - self._at - len(self._sound)
            self._append(np.zeros((max(missing, 0), self._sound.shape[1])))
            self._mark_block()
        return self._emit(stop)

    def _start(self, frame: int) -> int:
        """The first sample of a frame, which is centred on its time."""
        return round(frame * _HOP * self._ratio) - self._length // 2

    def _end(self, block: int) -> int:
        return self._start((block + 1) * _BLOCK * _CHIP - 1) + self._length

    def _append(self, sound: np.ndarray) -> None:
        self._sound = np.concatenate([self._sound, sound])
        self._change = np.concatenate([self._change, np.zeros_like(sound, float)])
        self._weight = np.concatenate([self._weight, np.zeros(len(sound))])

    def _mark_block(self) -> None:
        first = self._block * _BLOCK * _CHIP
        starts = [self._start(first + i) - self._at for i in range(_BLOCK * _CHIP)]
        within = np.array(starts)[:, None] + np.arange(self._length)
        frames = self._sound[within] * self._window[:, None]  # [frames, samples, C]
        spectra = np.fft.rfft(frames, axis=1)
        gains = self._gains(np.abs(spectra.mean(-1)))
        change = np.fft.irfft(spectra * (gains - 1)[..., None], self._length, axis=1)
        change *= self._window[:, None]
        for start, each in zip(starts, change, strict=True):
            self._change[start : start + self._length] += each
            self._weight[start : start + self._length] += self._window**2
        self._block += 1

    def _gains(self, magnitudes: np.ndarray) -> np.ndarray:
        """Factors [frames, bins] for a block's magnitudes, as many decibels as needed."""
        rows = np.arange(self._block * _BLOCK, (self._block + 1) * _BLOCK) % _CHIPS
        signs, slots = self._signs[rows], self._slots[rows]
        decibel = _decibel_needed(
            _levels(_decibel(magnitudes), self._of_band), signs, slots
        )
        chips = signs * decibel[slots]  # [chips, bands]
        halves = np.stack([chips, -chips], 1).reshape(-1, _BANDS)
        frames = np.repeat(halves, _HALF, 0)
        # Steps would be smeared by the windows anyway.
        padded = np.pad(frames, ((1, 1), (0, 0)), "edge")
        frames = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
        gains = np.ones_like(magnitudes)
        bins, band = self._of_band
        gains[:, bins] = 10 ** (frames[:, band] / 20)
        return gains

    def _emit(self, stop: int) -> np.ndarray:
        """Cut off what is finished: up to sample `stop`, without what was before 0."""
        count = max(stop - self._at, 0)
        skipped = min(max(-self._at, 0), count)
        weight = np.maximum(self._weight[:count], 1e-9)[:, None]
        done = self._sound[:count] + self._change[:count] / weight
        self._sound, self._change = self._sound[count:], self._change[count:]
        self._weight, self._at = self._weight[count:], self._at + count
        done = done[skipped:].astype(np.float32)
        return done[:, 0] if self._flat else done


def detect(
    wave: np.ndarray,
    sample_rate: int,
    key: bytes,
    speeds: tuple[float, ...] = SPEEDS,
) -> Detection:
    """Find the mark of `key` in a wave, [samples] or [samples, channels].

    Half a minute is looked at after another, at every speed of `speeds`; the clearest
    counts. Whether there is a mark at all, `presence` says. Raises `ValueError` for
    less than `LEAST_SECONDS`.
    """
    wave = np.asarray(wave, np.float32)
    wave = wave.mean(1) if wave.ndim == 2 else wave
    if len(wave) < LEAST_SECONDS * sample_rate:
        raise ValueError(f"a mark needs {LEAST_SECONDS:g} s of sound to be found")
    wave = resample(wave, sample_rate, _RATE)
    length = int(_STRETCH_SECONDS * _RATE)
    count = max(round(len(wave) / length), 1)
    found = []
    for start in range(0, count * length, length):
        stop = start + length if start + length < (count - 1) * length + 1 else None
        decibel = _fine_decibel(wave[start:stop])
        for speed in speeds:
            heard = _heard(decibel, speed)
            found.append(_align(heard, key, speed, start / _RATE))
    return max(found, key=lambda each: each.presence)


def _fine_decibel(wave: np.ndarray) -> np.ndarray:
    """Levels [frames, bins] in windows a quarter of the grid's hop apart."""
    padded = np.pad(wave, _WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)
    window = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    spectra = np.fft.rfft(frames[:: _HOP // _FINE] * window)
    return _decibel(np.abs(spectra).astype(np.float32))


def _heard(decibel: np.ndarray, speed: float) -> np.ndarray:
    """What a tile that begins at a fine frame would say: [fine frames, bands]."""
    hertz = np.arange(decibel.shape[1]) * _RATE / _WINDOW / speed
    levels = _levels(decibel, _bins_of_bands(hertz))
    span = _HALF * _FINE
    sums = np.cumsum(np.pad(levels, ((1, 0), (0, 0))), 0, dtype=np.float64)
    means = (sums[span:] - sums[:-span]) / span
    difference, audible = _differences(means[:-span], means[span:])
    return (np.tanh(difference / _SATURATION) * audible).astype(np.float32)


def _align(heard: np.ndarray, key: bytes, speed: float, start: float) -> Detection:
    """Decide on the token: at the place of the pattern where its slots say most."""
    every = _CHIP * _FINE
    rows = np.round(np.arange(_CHIPS * len(heard) // every + 1) * every / speed)
    rows = rows[rows <= len(heard) - every].astype(int)
    chips = np.arange(len(rows)) % _CHIPS

    def folded(offsets):
        sums = np.zeros((_CHIPS, len(offsets), _BANDS), np.float32)
        np.add.at(sums, chips, heard[rows[:, None] + offsets])
        return sums.transpose(1, 0, 2)

    # Every fourth place first, then what is around the best.
    coarse = np.arange(0, every, _FINE)
    best, _ = _best(folded(coarse), key)
    near = coarse[best] + np.arange(-_FINE + 1, _FINE)
    near = near[(near >= 0) & (near < every)]
    _, scores = _best(folded(near), key)
    evidence = scores[:TOKEN_BITS]
    token = sum(1 << bit for bit in np.flatnonzero(evidence > 0).tolist())
    return Detection(token, _presence(scores), evidence, speed, start)


def _best(folded: np.ndarray, key: bytes) -> tuple[int, np.ndarray]:
    """Correlate [offsets, chips, bands] with the pattern at every turn of it; return
    the offset where the slots say most, and their scores [slots] there."""
    signed, member = _turned_pattern(key)
    flat = folded.reshape(len(folded), -1)
    deviation = np.sqrt(np.maximum(flat**2 @ member, _FLOOR))
    scores = (flat @ signed / deviation).reshape(len(folded), _CHIPS, _SLOTS)
    presence = _presence(scores)
    offset, turn = np.unravel_index(presence.argmax(), presence.shape)
    return int(offset), scores[offset, turn]


def _presence(scores: np.ndarray):
    """The mean score of slots [..., slots]; the sign of bits is unknown."""
    bits, sync = scores[..., :TOKEN_BITS], scores[..., TOKEN_BITS:]
    return (np.abs(bits).sum(-1) + sync.sum(-1)) / _SLOTS


def _decibel_needed(levels: np.ndarray, signs: np.ndarray, slots: np.ndarray):
    """Decibel for every slot [slots] that bring it to its margin in this sound.

    `levels` [frames, bands] in decibel; `signs` with the token's, `slots` [chips, bands].
    """
    halves = levels.reshape(-1, 2, _HALF, _BANDS).mean(2)
    difference, weight = _differences(halves[:, 0], halves[:, 1])
    wanted = _MARGIN * np.sqrt(_BLOCK / _CHIPS)
    decibel, flat = np.ones(_SLOTS), slots.reshape(-1)
    for _ in range(_STEPS):
        moved = difference + _LEFT_IN_TILE * signs * decibel[slots]
        value = (np.tanh(moved / _SATURATION) * weight * signs).reshape(-1)
        power = np.bincount(flat, value**2, _SLOTS)
        score = np.bincount(flat, value, _SLOTS) / np.sqrt(power + _FLOOR)
        decibel += np.clip(0.35 * (wanted - score), -0.4, 0.8)
        decibel = np.clip(decibel, _LEAST_DECIBEL, _MOST_DECIBEL)
    return decibel


def _differences(first: np.ndarray, second: np.ndarray):
    """Half the fall from one half of tiles to the other [chips, bands] in decibel, less
    what neighbouring bands have in common, and whether a tile can be heard at all."""
    loudness = (first + second) / 2
    return _whiten((first - second) / 2), loudness > loudness.max() - _AUDIBLE


def _whiten(values: np.ndarray) -> np.ndarray:
    """Take the mean of neighbouring bands away: [chips, bands]."""
    edge = _NEIGHBOURS // 2
    padded = np.pad(values, ((0, 0), (edge + 1, edge)), "edge")
    sums = np.cumsum(padded, 1)
    return values - (sums[:, _NEIGHBOURS:] - sums[:, :-_NEIGHBOURS]) / _NEIGHBOURS


def _decibel(magnitudes: np.ndarray) -> np.ndarray:
    """Levels of magnitudes [frames, bins], none too far below the loudest."""
    decibel = 20 * np.log10(magnitudes + _FLOOR)
    return np.maximum(decibel, decibel.max() - _RANGE)


def _levels(decibel: np.ndarray, of_band) -> np.ndarray:
    """Mean level of every band, [frames, bands]."""
    bins, band = of_band
    counts = np.bincount(band, minlength=_BANDS)
    # A rate so low that it has not all bands leaves the upper ones at the bottom.
    sums = np.add.reduceat(decibel[:, bins], np.searchsorted(band, np.unique(band)), 1)
    levels = np.full((len(decibel), _BANDS), decibel.min(), decibel.dtype)
    levels[:, counts > 0] = sums / counts[counts > 0]
    return levels


def _bins_of_bands(hertz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The bins that lie in bands, and the band of each; `hertz` [bins] ascending."""
    band = (hertz * _WINDOW / _RATE - _FIRST_BIN + 0.5) // _BAND_BINS
    bins = np.flatnonzero((band >= 0) & (band < _BANDS))
    return bins, band[bins].astype(int)


def _signs_of(token: int) -> np.ndarray:
    """The sign of every slot [slots]: bit 0 first; those of synchronisation are 1."""
    bits = token >> np.arange(TOKEN_BITS) & 1
    return np.concatenate([2.0 * bits - 1, np.ones(_SYNC)])


@lru_cache(8)
def _pattern(key: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Signs and slots of a key's tiles, [chips, bands] each."""
    tiles = _CHIPS * _BANDS
    stream = hashlib.shake_256(b"moksori watermark 1\0" + key).digest(9 * tiles)
    signs = np.frombuffer(stream[:tiles], np.uint8) % 2 * 2.0 - 1
    order = np.argsort(np.frombuffer(stream[tiles:], "<u8"), kind="stable")
    slots = np.resize(np.arange(_SLOTS), tiles)[order]
    return signs.reshape(_CHIPS, _BANDS), slots.reshape(_CHIPS, _BANDS)


@lru_cache(8)
def _turned_pattern(key: bytes) -> tuple[np.ndarray, np.ndarray]:
    """The pattern that begins at each of its chips: which tiles [chips * bands] belong
    to a slot, by sign and without, [tiles, turns * slots] each, float32."""
    signs, slots = _pattern(key)
    member = (slots[..., None] == np.arange(_SLOTS)).astype(np.float32)
    signed = member * signs[..., None].astype(np.float32)
    both = [
        np.stack([np.roll(each, turn, 0) for turn in range(_CHIPS)], -2)
        for each in (signed, member)
    ]
    tiles = _CHIPS * _BANDS
    return tuple(each.reshape(tiles, _CHIPS * _SLOTS) for each in both)
