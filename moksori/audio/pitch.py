"""Track the pitch of a voice: frequency, voicing, and how clear it is.

Shapes: wave [samples], full scale 1.0; everything else [frames], one every
`STEP_SECONDS`, frame t centred on the sample t * step.

The periodicity of a frame is the largest normalised cross-correlation of a stretch of
`WINDOW_SECONDS` with the same sound one period later (Talkin 1995, "A robust algorithm
for pitch tracking"), at the lags where it has a local maximum: 1 for what repeats
exactly, S / (S + N) for a periodic sound of power S in white noise of power N. Noise of
-60 dB is taken to lie over everything, so silence has none.
"""

from dataclasses import dataclass

import numpy as np

STEP_SECONDS = 0.005
WINDOW_SECONDS = 0.025
# As in Morrison et al. 2022, "Chunked autoregressive GAN for conditional waveform
# synthesis".
LOWEST_HERTZ = 50.0
HIGHEST_HERTZ = 550.0
LOWEST_SAMPLE_RATE = 8 * HIGHEST_HERTZ

_RUMBLE_HERTZ = 30.0
_HUSH = 1e-6  # mean power: -60 dB
_CANDIDATES = 8
_BLOCK = 256
# Boersma 1993, "Accurate short-term analysis of the fundamental frequency and the
# harmonics-to-noise ratio of a sampled sound"; its costs are for steps of 10 ms.
_VOICING_THRESHOLD = 0.45
_OCTAVE_COST = 0.01
_JUMP_COST = 0.35 * 0.01 / STEP_SECONDS
_SWITCH_COST = 0.14 * 0.01 / STEP_SECONDS


@dataclass(frozen=True)
class Track:
    """Hold the pitch of a wave over time.

    `hertz` float64 [frames], NaN where there is none; `periodicity` float64 [frames]
    between 0 and 1.
    """

    hertz: np.ndarray
    periodicity: np.ndarray

    @property
    def voiced(self) -> np.ndarray:
        """Return where there is a pitch, bool [frames]."""
        return np.isfinite(self.hertz)


def track(wave: np.ndarray, sample_rate: int) -> Track:
    """Track the pitch of a wave [samples], ceil(samples / step) frames of it.

    Candidates are local maxima of the cross-correlation, and the path through them is
    found as in Boersma 1993. Raises `ValueError` when the wave is
    not one channel or the rate too low for the highest pitch.
    """
    wave = np.asarray(wave, np.float64)
    if wave.ndim != 1:
        raise ValueError(f"a wave is [samples], not {list(wave.shape)}")
    if sample_rate < LOWEST_SAMPLE_RATE:
        raise ValueError(f"{sample_rate} Hz is too low a rate to find the pitch")
    wave = _without_rumble(wave, sample_rate)
    step = round(sample_rate * STEP_SECONDS)
    count = -(-wave.size // step)
    lags, strengths = np.empty((2, count, _CANDIDATES))
    for begin in range(0, count, _BLOCK):
        block = slice(begin, min(begin + _BLOCK, count))
        correlation = _correlations(wave, sample_rate, step, block)
        lags[block], strengths[block] = _peaks(correlation, sample_rate)
    hertz = sample_rate / lags
    chosen = _path(hertz, strengths)
    voiced = chosen < _CANDIDATES
    picked = hertz[np.arange(count), np.where(voiced, chosen, 0)]
    return Track(np.where(voiced, picked, np.nan), strengths.max(axis=1, initial=0.0))


def _without_rumble(wave: np.ndarray, sample_rate: int) -> np.ndarray:
    """Remove what no voice makes: an offset repeats itself at any lag.

    (To subtract each stretch's own mean will not do: before a burst that would lend
    silence an offset, and so a periodicity.)
    """
    from scipy.signal import butter, sosfiltfilt

    if wave.size < 2:
        return np.zeros_like(wave)
    sections = butter(2, _RUMBLE_HERTZ, "highpass", fs=sample_rate, output="sos")
    edge = min(round(sample_rate / _RUMBLE_HERTZ), wave.size - 1)
    return sosfiltfilt(sections, wave, padlen=edge)


def _lag_range(sample_rate: int) -> tuple[int, int]:
    """Return the first and last lag: one more than a period on each side."""
    shortest = int(sample_rate / HIGHEST_HERTZ)
    return shortest - 1, int(np.ceil(sample_rate / LOWEST_HERTZ)) + 1


def _correlations(
    wave: np.ndarray, sample_rate: int, step: int, block: slice
) -> np.ndarray:
    """Return normalised cross-correlations [frames of the block, lags]."""
    from scipy.fft import irfft, next_fast_len, rfft

    first, last = _lag_range(sample_rate)
    window = round(sample_rate * WINDOW_SECONDS)
    reach = window + last
    # Both stretches together are centred on the frame at the geometric mean lag.
    ahead = (window + round(np.sqrt(first * last))) // 2
    begin = block.start * step - ahead
    end = (block.stop - 1) * step - ahead + reach
    padded = np.zeros(end - begin)
    inside = slice(max(begin, 0), max(min(end, wave.size), 0))
    padded[inside.start - begin : inside.stop - begin] = wave[inside]
    pieces = np.lib.stride_tricks.sliding_window_view(padded, reach)[::step]
    size = next_fast_len(reach, real=True)
    earlier = rfft(pieces[:, :window], size)
    products = irfft(np.conj(earlier) * rfft(pieces, size), size)
    energies = np.cumsum(pieces**2, axis=1)
    later = energies[:, window + first - 1 : window + last]
    later = np.maximum(later - energies[:, first - 1 : last], 0)
    scale = np.sqrt(energies[:, window - 1, None] * later) + window * _HUSH
    return products[:, first : last + 1] / scale


def _peaks(correlation: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Find lags in samples and heights [frames, candidates] of the highest maxima.

    A parabola through three points gives both between samples. Where there are fewer
    maxima, a candidate of height 0 at the longest lag stands in.
    """
    left, middle, right = correlation[:, :-2], correlation[:, 1:-1], correlation[:, 2:]
    first, last = _lag_range(sample_rate)
    tall = (middle > left) & (middle >= right) & (middle > 0)
    bend = np.where(tall, left - 2 * middle + right, -1.0)
    shift = 0.5 * (left - right) / bend
    height = np.minimum(middle - 0.25 * (left - right) * shift, 1.0)
    lag = np.arange(first + 1, last) + shift
    # The octave cost decides which maxima are worth keeping, as on the path.
    worth = np.where(tall, height - _octave_cost(sample_rate / lag), -np.inf)
    best = np.argpartition(worth, -_CANDIDATES, axis=1)[:, -_CANDIDATES:]
    found = np.take_along_axis(tall, best, axis=1)
    lags = np.where(found, np.take_along_axis(lag, best, axis=1), last)
    return lags, np.where(found, np.take_along_axis(height, best, axis=1), 0.0)


def _octave_cost(hertz: np.ndarray) -> np.ndarray:
    """Return the penalty of low candidates: a period twice as long fits as well."""
    return _OCTAVE_COST * np.log2(HIGHEST_HERTZ / hertz)


def _path(hertz: np.ndarray, strengths: np.ndarray) -> np.ndarray:
    """Find the best path through candidates [frames, candidates]: an index a frame.

    The index after the last candidate stands for no voice.
    """
    count, unvoiced = hertz.shape
    if not count:
        return np.zeros(0, int)
    voiceless = np.full((count, 1), _VOICING_THRESHOLD)
    gain = np.concatenate((strengths - _octave_cost(hertz), voiceless), axis=1)
    octaves = np.log2(hertz)
    jump = _JUMP_COST * np.abs(octaves[1:, None, :] - octaves[:-1, :, None])
    cost = np.full((count - 1, unvoiced + 1, unvoiced + 1), _SWITCH_COST)
    cost[:, :unvoiced, :unvoiced] = jump
    cost[:, unvoiced, unvoiced] = 0
    total, back = gain[0], np.empty((count - 1, unvoiced + 1), int)
    for frame in range(count - 1):
        ways = total[:, None] - cost[frame]
        back[frame] = ways.argmax(axis=0)
        total = ways.max(axis=0) + gain[frame + 1]
    chosen = np.empty(count, int)
    chosen[-1] = total.argmax()
    for frame in range(count - 2, -1, -1):
        chosen[frame] = back[frame, chosen[frame + 1]]
    return chosen
