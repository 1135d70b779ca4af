"""Synthesise a voice of harmonics and noise, with a gradient for what it is made of.

Engel et al. 2020, "DDSP: differentiable digital signal processing": pulses at the pitch
and white noise, both through filters that follow the timbre. Pulses and noise are made
outside, as nothing of them is learnt; the filters are functions of `keras.ops`.
"""

import numpy as np
from keras import ops

from moksori.covers import world
from moksori.covers.pitch import FRAME_SECONDS

BANDS = 16  # in which the share of noise is told
_RESPONSE_SECONDS = 0.04  # for which a filter rings, at least
_LOSS_SECONDS = 0.08, 0.04, 0.02, 0.01  # windows of the loss
_FAINTEST = 1e-5  # magnitude that counts as silence
# Frames that are synthesised at once, and beside them: fours are whole samples.
_WINDOW, _MARGIN = 2000, 20


class Synthesiser:
    """Filter pulses and noise [B, samples] along `cepstra` [B, frames, CEPSTRA], as
    WORLD's, and `noisiness` [B, frames, BANDS], the log odds of noise in the power."""

    def __init__(self, sample_rate: int):
        self._rate, self._hop = sample_rate, round(sample_rate * FRAME_SECONDS)
        least = 2 * self._hop + _RESPONSE_SECONDS * sample_rate
        self._size = 2 ** int(np.ceil(np.log2(least)))
        self._window = np.hanning(2 * self._hop + 1)[:-1].astype("f4")
        envelopes = world.cepstral_basis(sample_rate, self._size) / 2
        self._levels = envelopes.astype("f4")
        self._phases = _minimum_phases(envelopes).astype("f4")
        self._bands = _triangles(BANDS, self._size // 2 + 1).astype("f4")

    def __call__(self, cepstra, noisiness, pulses, noise):
        """Return the wave [B, samples]."""
        samples = pulses.shape[1]
        count = -(-samples // self._hop) + 1
        timbre = ops.concatenate([cepstra, noisiness], axis=-1)
        timbre = self._at_filters(timbre, count)
        cepstra = timbre[..., : cepstra.shape[-1]]
        odds = ops.matmul(timbre[..., cepstra.shape[-1] :], self._bands)
        level, phase = (
            ops.matmul(cepstra, each) for each in (self._levels, self._phases)
        )
        # Of a power p, the share sigmoid(odds) is noise.
        tones = ops.exp(level - ops.softplus(odds) / 2)
        hiss = ops.exp(level - ops.softplus(-odds) / 2)
        real, imaginary = (
            tones * tone + hiss * rest
            for tone, rest in zip(
                self._spectra(pulses, count), self._spectra(noise, count), strict=True
            )
        )
        cosine, sine = ops.cos(phase), ops.sin(phase)
        turned = real * cosine - imaginary * sine, real * sine + imaginary * cosine
        return self._added(ops.irfft(turned, fft_length=self._size))[:, :samples]

    def _at_filters(self, timbre, count: int):
        """Interpolate frames to the filters, which are whole samples apart."""
        places = np.arange(count) * self._hop / (self._rate * FRAME_SECONDS)
        places = np.minimum(places, timbre.shape[1] - 1)
        low = np.minimum(places.astype(int), max(timbre.shape[1] - 2, 0))
        share = (places - low).astype("f4")[:, None]
        high = np.minimum(low + 1, timbre.shape[1] - 1)
        before, after = (ops.take(timbre, each, axis=1) for each in (low, high))
        return before * (1 - share) + after * share

    def _spectra(self, wave, count: int):
        """Return the spectra [B, count, bins] of windows of two hops, which add up."""
        after = count * self._hop - wave.shape[1]
        padded = ops.pad(wave, ((0, 0), (self._hop, after)))
        frames = ops.extract_sequences(padded, 2 * self._hop, self._hop)
        return ops.rfft(frames * self._window, fft_length=self._size)

    def _added(self, frames):
        """Overlap and add frames [B, count, size]; the first begins a hop too early."""
        parts = -(-self._size // self._hop)
        frames = ops.pad(frames, ((0, 0), (0, 0), (0, parts * self._hop - self._size)))
        count = frames.shape[1]
        frames = ops.reshape(frames, (-1, count, parts, self._hop))
        total = 0.0
        for part in range(parts):
            around = ((0, 0), (part, parts - 1 - part), (0, 0))
            total = total + ops.pad(frames[:, :, part], around)
        total = ops.reshape(total, (-1, (count + parts - 1) * self._hop))
        return total[:, self._hop :]


def synthesise(
    hertz: np.ndarray, timbre: world.Timbre, sample_rate: int, samples: int
) -> np.ndarray:
    """Synthesise a wave, float32 [samples], with a pitch [frames] and a timbre as long,
    whose `aperiodicity` [frames, BANDS] holds the log odds of noise."""
    synthesiser, hop = Synthesiser(sample_rate), sample_rate * FRAME_SECONDS
    noise = np.random.default_rng(0).standard_normal(samples, np.float32)
    parts = []
    for at in range(0, len(hertz), _WINDOW):
        first, last = max(at - _MARGIN, 0), at + _WINDOW + _MARGIN
        begin, end = round(first * hop), min(round(last * hop), samples)
        if begin >= end:
            break
        tone = pulses(hertz, sample_rate, begin, end)
        made = synthesiser(
            timbre.cepstra[None, first:last].astype(np.float32),
            timbre.aperiodicity[None, first:last].astype(np.float32),
            tone[None],
            noise[None, begin:end],
        )
        kept = slice(round(at * hop) - begin, round((at + _WINDOW) * hop) - begin)
        parts.append(ops.convert_to_numpy(made)[0, kept])
    wave = np.concatenate(parts)
    return np.pad(wave, (0, samples - len(wave)))


def pulses(hertz: np.ndarray, sample_rate: int, begin: int, end: int) -> np.ndarray:
    """Return the samples `begin` to `end` of a train of pulses along a pitch [frames],
    float32: all its harmonics, equally strong, of power 1; 0 where there is no pitch.
    """
    voiced = (hertz > 0).astype(np.float64)
    if not voiced.any():
        return np.zeros(end - begin, np.float32)
    frames = np.arange(len(hertz))
    pitch = np.interp(frames, frames[hertz > 0], hertz[hertz > 0])
    pitch, voiced = np.append(pitch, pitch[-1]), np.append(voiced, voiced[-1])
    middle = (pitch[1:] + pitch[:-1]) / 2
    turns = np.append(0.0, np.cumsum(middle * FRAME_SECONDS))
    places = np.arange(begin, end) / (sample_rate * FRAME_SECONDS)
    at = np.minimum(places.astype(int), len(hertz) - 1)
    share = places - at
    rise = pitch[at + 1] - pitch[at]
    now = pitch[at] + share * rise
    turn = turns[at] + FRAME_SECONDS * share * (pitch[at] + share * rise / 2)
    count = np.maximum(np.floor(sample_rate / 2 / now), 1)
    half = np.pi * (turn - np.round(turn))
    # The sum of cosines 1 to `count`: Dirichlet's kernel.
    small = np.abs(half) < 1e-6
    below = np.sin(np.where(small, 1.0, half))
    total = np.where(small, count, np.sin((2 * count + 1) * half) / (2 * below) - 0.5)
    strength = voiced[at] * (1 - share) + voiced[at + 1] * share
    return (total * np.sqrt(2 / count) * strength).astype(np.float32)


def spectral_distance(sample_rate: int):
    """Return the loss of a wave [B, samples] against another: L1 of the logarithms of
    their spectra in windows of several lengths, plus their spectral convergence
    (Yamamoto et al. 2020, "Parallel WaveGAN"), here relative to the power of both:
    relative to a silence, everything is infinitely far."""
    sizes = [2 ** round(np.log2(each * sample_rate)) for each in _LOSS_SECONDS]

    def power(wave, size):
        real, imaginary = ops.stft(wave, size, size // 4, size)
        return real**2 + imaginary**2 + _FAINTEST**2 * size

    def distance(wanted, made):
        total = 0.0
        for size in sizes:
            own, other = power(wanted, size), power(made, size)
            total += ops.mean(ops.abs(ops.log(own) - ops.log(other))) / 2
            apart = ops.sqrt(own) - ops.sqrt(other)
            total += ops.sqrt(ops.sum(apart**2) / ops.sum(own + other))
        return total / len(sizes)

    return distance


def _minimum_phases(levels: np.ndarray) -> np.ndarray:
    """Return the phases [rows, bins] of the filters of minimum phase that have the
    logarithms of amplitude `levels`: the same for a sum as the sum for each."""
    cepstrum = np.fft.irfft(levels, axis=-1)
    size = cepstrum.shape[-1]
    fold = np.zeros(size)
    fold[0] = fold[size // 2] = 1
    fold[1 : size // 2] = 2
    return np.fft.rfft(cepstrum * fold, axis=-1).imag


def _triangles(bands: int, bins: int) -> np.ndarray:
    """Return weights [bands, bins] that interpolate between places, denser below."""
    places = np.linspace(0, 1, bands) ** 2 * (bins - 1)
    at = np.arange(bins)
    return np.stack([np.interp(at, places, row) for row in np.eye(bands)])
