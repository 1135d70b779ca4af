"""Mark speech that was made here with a token of 32 bits, and find it again.

A spread spectrum in the logarithmic spectrogram: time and frequency are cut into tiles
of 93 ms and 43 Hz, and in each the level moves up and then down, or the other way, by
a decibel or so. Which tiles carry which bit, and with which sign, a secret key decides;
the pattern begins anew every 3 s. The gain is a function of time and frequency alone,
so any sample rate, any number of channels and any division into pieces gives the same
mark. Its decibels are what the bits need against the sound that they are hidden in, as
in improved spread spectrum (Malvar and Florencio 2003, IEEE Trans. Signal Processing
51(4)), found for one block of sound after another.

It tells what was made here where nobody tried to remove it. It stops nobody who does.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from scipy.fft import next_fast_len

from moksori.audio import watermark_tiles as tiles
from moksori.audio.files import resample
from moksori.audio.watermark_tiles import TOKEN_BITS

Verdict = Literal["ours", "not_ours", "inconclusive", "too_short"]

# A shorter excerpt misses tiles: that nothing was found in it says little.
LEAST_SECONDS = 3.0
# Factors of recordings that were played faster or slower; each finds what is within
# 0.6 % of it.
SPEEDS = tuple(1 + percent / 100 for percent in (0, 1, -1, 2, -2, 3, -3, 4, -4))

# The detector's: windows four times as dense, half a minute at a time.
_FINE = 4
_STRETCH_SECONDS = 30.0
_SILENCE_DECIBEL = -100.0
# Presence from which a token that was issued counts, and from which a mark is sure
# without one. Without a mark it is 1.1, at most 1.3 (docs/benchmarks.md).
_PRESENT, _SURELY_PRESENT = 1.35, 1.5


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
    seconds: float

    def candidates(self, doubtful: int = 6) -> Iterator[int]:
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
        self._ratio = sample_rate / tiles.RATE
        # At 24 kHz its half would be a prime, and the transform five times as slow.
        half = next_fast_len(round(tiles.WINDOW * self._ratio / 2))
        self._length = 2 * half
        self._window = np.hanning(self._length + 1)[:-1]
        hertz = np.arange(self._length // 2 + 1) * sample_rate / self._length
        self._of_band = tiles.bins_of_bands(hertz)
        signs, self._slots = tiles.pattern(key)
        self._signs = signs * tiles.signs_of(token)[self._slots]  # [chips, bands]
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
        return self._emit(self._start(self._block * tiles.BLOCK * tiles.CHIP))

    def finish(self) -> np.ndarray:
        """Return what is left, after which as many samples came out as went in."""
        if self._sound is None:
            return np.zeros(0, np.float32)
        stop = self._at + len(self._sound)
        while self._start(self._block * tiles.BLOCK * tiles.CHIP) < stop:
            missing = self._end(self._block) - self._at - len(self._sound)
            self._append(np.zeros((max(missing, 0), self._sound.shape[1])))
            self._mark_block()
        return self._emit(stop)

    def _start(self, frame: int) -> int:
        """The first sample of a frame, which is centred on its time."""
        return round(frame * tiles.HOP * self._ratio) - self._length // 2

    def _end(self, block: int) -> int:
        return self._start((block + 1) * tiles.BLOCK * tiles.CHIP - 1) + self._length

    def _append(self, sound: np.ndarray) -> None:
        self._sound = np.concatenate([self._sound, sound])
        self._change = np.concatenate([self._change, np.zeros_like(sound, float)])
        self._weight = np.concatenate([self._weight, np.zeros(len(sound))])

    def _mark_block(self) -> None:
        first = self._block * tiles.BLOCK * tiles.CHIP
        starts = [
            self._start(first + i) - self._at for i in range(tiles.BLOCK * tiles.CHIP)
        ]
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
        """Factors [frames, bins] for a block's magnitudes: the decibels it needs."""
        rows = (
            np.arange(self._block * tiles.BLOCK, (self._block + 1) * tiles.BLOCK)
            % tiles.CHIPS
        )
        signs, slots = self._signs[rows], self._slots[rows]
        decibel = tiles.decibel_needed(
            tiles.levels(tiles.decibel(magnitudes), self._of_band), signs, slots
        )
        chips = signs * decibel[slots]  # [chips, bands]
        halves = np.stack([chips, -chips], 1).reshape(-1, tiles.BANDS)
        frames = np.repeat(halves, tiles.HALF, 0)
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
    counts. Whether there is a mark at all, `presence` says, and `judge` decides.
    """
    wave = np.asarray(wave, np.float32)
    wave = wave.mean(1) if wave.ndim == 2 else wave
    wave = resample(wave, sample_rate, tiles.RATE)
    # Tiles that cannot be heard do not count.
    missing = int(LEAST_SECONDS * tiles.RATE) - len(wave)
    wave = np.pad(wave, (0, max(missing, 0)))
    length = int(_STRETCH_SECONDS * tiles.RATE)
    count = max(round(len(wave) / length), 1)
    found = []
    for start in range(0, count * length, length):
        stop = start + length if start + length < (count - 1) * length + 1 else None
        decibel = _fine_decibel(wave[start:stop])
        for speed in speeds:
            scores = _align(_heard(decibel, speed), key, speed)
            place = start / tiles.RATE, _audible_seconds(decibel)
            found.append((scores, speed, *place))
    scores, *where = max(found, key=lambda each: _presence(each[0]))
    evidence = scores[:TOKEN_BITS]
    token = sum(1 << bit for bit in np.flatnonzero(evidence > 0).tolist())
    return Detection(token, float(_presence(scores)), evidence, *where)


def judge(detection: Detection, issued: Callable[[int], bool]) -> Verdict:
    """Decide whether a recording was made here, from what `detect` found in it.

    `issued` tells whether a token was ever given out; it is asked for 64 at most.
    "inconclusive" is a mark whose token is unknown: damaged, or of another register of
    tokens. "too_short" is nothing found in less than `LEAST_SECONDS` of sound.
    """
    if detection.presence >= _PRESENT and any(map(issued, detection.candidates())):
        return "ours"
    if detection.seconds < LEAST_SECONDS:
        return "too_short"
    return "inconclusive" if detection.presence >= _SURELY_PRESENT else "not_ours"


def _fine_decibel(wave: np.ndarray) -> np.ndarray:
    """Levels [frames, bins] in windows a quarter of the grid's hop apart."""
    padded = np.pad(wave, tiles.WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, tiles.WINDOW)
    window = np.hanning(tiles.WINDOW + 1)[:-1].astype(np.float32)
    spectra = np.fft.rfft(frames[:: tiles.HOP // _FINE] * window)
    return tiles.decibel(np.abs(spectra).astype(np.float32))


def _audible_seconds(decibel: np.ndarray) -> float:
    loudest = decibel.max(1)
    heard = loudest > max(decibel.max() - tiles.AUDIBLE, _SILENCE_DECIBEL)
    return float(heard.sum() * tiles.HOP / _FINE / tiles.RATE)


def _heard(decibel: np.ndarray, speed: float) -> np.ndarray:
    """What a tile that begins at a fine frame would say: [fine frames, bands]."""
    hertz = np.arange(decibel.shape[1]) * tiles.RATE / tiles.WINDOW / speed
    levels = tiles.levels(decibel, tiles.bins_of_bands(hertz))
    span = tiles.HALF * _FINE
    sums = np.cumsum(np.pad(levels, ((1, 0), (0, 0))), 0, dtype=np.float64)
    means = (sums[span:] - sums[:-span]) / span
    difference, audible = tiles.differences(means[:-span], means[span:])
    return (np.tanh(difference / tiles.SATURATION) * audible).astype(np.float32)


def _align(heard: np.ndarray, key: bytes, speed: float) -> np.ndarray:
    """Return the scores [slots] at the place of the pattern where they say most."""
    every = tiles.CHIP * _FINE
    rows = np.round(np.arange(tiles.CHIPS * len(heard) // every + 1) * every / speed)
    rows = rows[rows <= len(heard) - every].astype(int)
    chips = np.arange(len(rows)) % tiles.CHIPS

    def folded(offsets):
        sums = np.zeros((tiles.CHIPS, len(offsets), tiles.BANDS), np.float32)
        np.add.at(sums, chips, heard[rows[:, None] + offsets])
        return sums.transpose(1, 0, 2)

    # Every fourth place first, then what is around the best.
    coarse = np.arange(0, every, _FINE)
    best, _ = _best(folded(coarse), key)
    near = coarse[best] + np.arange(-_FINE + 1, _FINE)
    near = near[(near >= 0) & (near < every)]
    return _best(folded(near), key)[1]


def _best(folded: np.ndarray, key: bytes) -> tuple[int, np.ndarray]:
    """Correlate [offsets, chips, bands] with the pattern at every turn of it; return
    the offset where the slots say most, and their scores [slots] there."""
    signed, member = tiles.turned_pattern(key)
    flat = folded.reshape(len(folded), -1)
    deviation = np.sqrt(np.maximum(flat**2 @ member, tiles.FLOOR))
    scores = (flat @ signed / deviation).reshape(len(folded), tiles.CHIPS, tiles.SLOTS)
    presence = _presence(scores)
    offset, turn = np.unravel_index(presence.argmax(), presence.shape)
    return int(offset), scores[offset, turn]


def _presence(scores: np.ndarray):
    """The mean score of slots [..., slots]; the sign of bits is unknown."""
    bits, sync = scores[..., :TOKEN_BITS], scores[..., TOKEN_BITS:]
    return (np.abs(bits).sum(-1) + sync.sum(-1)) / tiles.SLOTS
