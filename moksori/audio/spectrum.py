"""Waves to spectrograms and back.

Shapes: wave [samples]; mel [frames, mels]; linear [frames, bins]; frames is exactly
ceil(samples / hop_length), see `audio.frames`. Levels are 20 log10(magnitude), taken
from [floor_decibel, ceiling_decibel] to [-mel_range, mel_range] and clipped there.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from hparams import Audio
from moksori.audio import frames
from moksori.audio.companding import Deemphasis, deemphasize, preemphasize

# Frames transformed together: enough to fill the vector units, few enough to stay
# in the second-level cache (64 frames of 2048 floats are half a megabyte).
_BLOCK = 64
_LEAST = np.float32(1e-8)
_UNMIXING_STEPS = 12
_NOTHING = np.zeros(0, np.float32)
# Chunks of a stream: the first, the longest, and the frames heard ahead of one.
_FIRST_SECONDS, _LONGEST_SECONDS, _AHEAD = 0.25, 1.2, 8


def mel_spectrogram(wave: np.ndarray, audio: Audio) -> np.ndarray:
    """Compute the normalised mel spectrogram, float32 [frames, mels], of a wave."""
    return spectrograms(wave, audio, linear=False)[0]


def spectrograms(
    wave: np.ndarray, audio: Audio, linear: bool
) -> tuple[np.ndarray, np.ndarray | None]:
    """Compute normalised spectrograms, mel [frames, mels] and linear [frames, bins] or
    None, of a wave [samples] by one transform.

    Linear magnitudes are scaled by n_fft / sample_rate, the area of a Slaney filter in
    bins: a flat spectrum then reads the same in both, and both fit the same levels.
    """
    from scipy.fft import rfft

    pieces = frames.cut(frames.pad(preemphasize(wave, audio.preemphasis), audio), audio)
    count = pieces.shape[0]
    hann = frames.window(audio.win_length)
    touched, transposed = _filters(audio)[1:]
    mel = np.empty((count, audio.mels), np.float32)
    levels = np.empty((count, audio.bins), np.float32) if linear else None
    filled = np.zeros((min(count, _BLOCK), audio.n_fft), np.float32)
    for begin in range(0, count, _BLOCK):
        block = slice(begin, min(begin + _BLOCK, count))
        size = block.stop - block.start
        np.multiply(pieces[block], hann, out=filled[:size, : audio.win_length])
        magnitude = np.abs(rfft(filled[:size]))
        np.matmul(magnitude[:, touched], transposed, out=mel[block])
        if linear:
            np.multiply(magnitude, _bin_scale(audio), out=levels[block])
            _normalise(levels[block], audio)
    _normalise(mel, audio)
    return mel, levels


def griffin_lim(
    mel: np.ndarray, audio: Audio, iterations: int | None = None, seed: int = 0
) -> np.ndarray:
    """Invert a normalised mel [frames, mels] to a wave, float32 [frames * hop_length].

    `iterations` defaults to `audio.griffin_lim_iterations`; equal seeds give equal
    waves. In the second half of the iterations the target follows the sound found so
    far, scaled so that its mels stay those given: what a mel band leaves open (where
    inside it the partials lie) is decided by consistency, not by a smooth guess.
    """
    target = _magnitudes(_checked(mel, audio.mels, "mels"), audio)
    return _whole(_unmix(target, audio), audio, iterations, seed, target)


def griffin_lim_linear(
    linear: np.ndarray, audio: Audio, iterations: int | None = None, seed: int = 0
) -> np.ndarray:
    """Invert a normalised linear [frames, bins] to a wave [frames * hop_length]."""
    magnitude = _magnitudes(_checked(linear, audio.bins, "bins"), audio)
    return _whole(magnitude / _bin_scale(audio), audio, iterations, seed)


def griffin_lim_stream(
    levels: np.ndarray, audio: Audio, seed: int = 0
) -> Iterator[np.ndarray]:
    """Yield the wave of a mel [frames, mels] or linear [frames, bins] in chunks of
    whole frames, each as soon as it is found.

    A chunk is searched for with `_AHEAD` frames after it, which are found again in
    the next one, and with the wave before it held fixed, so that phases continue. A
    spectrogram no longer than the first chunk and those frames gives the samples of
    `griffin_lim`.
    """
    if levels.shape[1] == audio.mels:
        mel = _magnitudes(_checked(levels, audio.mels, "mels"), audio)
        magnitude = _unmix(mel, audio)
    else:
        levels = _magnitudes(_checked(levels, audio.bins, "bins"), audio)
        mel, magnitude = None, levels / _bin_scale(audio)
    hop, margin, count = audio.hop_length, frames.margin(audio), len(magnitude)
    sharp = np.zeros(0, np.float32)
    deemphasize = Deemphasis(audio.preemphasis)
    windows = -(-audio.win_length // hop)
    begin, size = 0, round(_FIRST_SECONDS / audio.frame_seconds)
    while begin < count:
        end = begin + size if begin + size + _AHEAD < count else count
        first = max(0, begin - windows)
        seen = slice(first, min(end + _AHEAD, count))
        known = sharp[first * hop : begin * hop + margin]
        targets = magnitude[seen], audio, None, (seed, begin) if begin else seed
        found = _search(*targets, None if mel is None else mel[seen], known)
        sharp = np.concatenate([sharp[: first * hop], found])
        yield deemphasize(sharp[margin + begin * hop : margin + end * hop])
        begin, size = end, min(2 * size, round(_LONGEST_SECONDS / audio.frame_seconds))


def _whole(magnitude, audio, iterations, seed, mel=None) -> np.ndarray:
    if not len(magnitude):
        return np.zeros(0, np.float32)
    padded = _search(magnitude, audio, iterations, seed, mel)
    begin = frames.margin(audio)
    wave = padded[begin : begin + len(magnitude) * audio.hop_length]
    return deemphasize(wave, audio.preemphasis)


def _search(
    magnitude: np.ndarray,
    audio: Audio,
    iterations: int | None,
    seed: int | tuple[int, ...],
    mel: np.ndarray | None = None,
    known: np.ndarray = _NOTHING,
) -> np.ndarray:
    """Find a padded wave for magnitudes [frames, bins], whose mels are to be `mel` if
    given, and which begins with the samples `known`.

    Source: Perraudin, Balazs and Søndergaard 2013, "A fast Griffin-Lim algorithm",
    algorithm 2.
    """
    if iterations is None:
        iterations = audio.griffin_lim_iterations
    momentum = np.float32(audio.griffin_lim_momentum)
    weight = frames.overlap_weight(len(magnitude), audio)
    random = np.random.default_rng(seed)
    angle = random.random(magnitude.shape, np.float32) * np.float32(2 * np.pi)
    spectra, before = magnitude * np.exp(1j * angle), None
    for step in range(iterations):
        padded = frames.synthesise(spectra, weight, audio)
        padded[: len(known)] = known
        now = frames.analyse(padded, audio)
        if mel is not None and step >= iterations // 2:
            magnitude = _towards(mel, np.abs(now), audio)
        ahead = now if before is None else now + momentum * (now - before)
        before = now
        spectra = ahead * (magnitude / np.maximum(np.abs(ahead), _LEAST))
    padded = frames.synthesise(spectra, weight, audio)
    padded[: len(known)] = known
    return padded


def _unmix(mel: np.ndarray, audio: Audio) -> np.ndarray:
    """Find magnitudes [frames, bins] >= 0 with mel magnitudes close to `mel`.

    Richardson-Lucy iterations (Richardson 1972, Lucy 1974): they lessen the
    Kullback-Leibler divergence, which weighs by ratio as hearing does, and keep
    positive what is positive.
    """
    magnitude = np.ones((mel.shape[0], audio.bins), np.float32)
    for _ in range(_UNMIXING_STEPS):
        magnitude = _towards(mel, magnitude, audio)
    return magnitude


def _towards(mel: np.ndarray, magnitude: np.ndarray, audio: Audio) -> np.ndarray:
    """Take a step from magnitudes [frames, bins] to some whose mels are `mel`."""
    basis, touched, transposed = _filters(audio)
    inside = magnitude[:, touched]
    ratio = mel / np.maximum(inside @ transposed, _LEAST)
    coverage = np.maximum(basis[:, touched].sum(axis=0), _LEAST)
    result = np.zeros_like(magnitude)
    np.multiply(inside, ratio @ (basis[:, touched] / coverage), out=result[:, touched])
    return result


def _normalise(magnitude: np.ndarray, audio: Audio) -> None:
    """Convert magnitudes to normalised levels, in place."""
    per_decibel = 2 * audio.mel_range / (audio.ceiling_decibel - audio.floor_decibel)
    np.maximum(magnitude, np.float32(10 ** (audio.floor_decibel / 20)), out=magnitude)
    np.log(magnitude, out=magnitude)
    magnitude *= np.float32(per_decibel * 20 / np.log(10))
    magnitude -= np.float32(audio.floor_decibel * per_decibel + audio.mel_range)
    np.clip(magnitude, -audio.mel_range, audio.mel_range, out=magnitude)


def _magnitudes(levels: np.ndarray, audio: Audio) -> np.ndarray:
    """Convert levels to magnitudes, a copy; the floor, which may be less, is zero."""
    span = audio.ceiling_decibel - audio.floor_decibel
    unit = np.clip(levels / (2 * audio.mel_range) + 0.5, 0, 1)
    decibel = unit * np.float32(span) + np.float32(audio.floor_decibel)
    return np.where(unit > 0, np.power(np.float32(10), decibel / 20), np.float32(0))


def _checked(levels: np.ndarray, width: int, name: str) -> np.ndarray:
    levels = np.asarray(levels, np.float32)
    if levels.ndim != 2 or levels.shape[1] != width:
        raise ValueError(f"expected [frames, {name}={width}], not {list(levels.shape)}")
    return levels


def _bin_scale(audio: Audio) -> np.float32:
    return np.float32(audio.n_fft / audio.sample_rate)


def _filters(audio: Audio) -> tuple[np.ndarray, slice, np.ndarray]:
    """Return the mel filters [mels, bins], the bins that they touch, and those columns
    transposed [touched, mels]."""
    key = (audio.sample_rate, audio.n_fft, audio.mels, audio.fmin, audio.fmax)
    return _filterbank(*key)


@lru_cache(maxsize=8)
def _filterbank(rate: int, n_fft: int, mels: int, fmin: float, fmax: float):
    """Source: Slaney 1998, "Auditory Toolbox", technical report 1998-010: triangles of
    equal area, computed in double precision and then rounded."""
    from librosa.filters import mel

    basis = mel(
        sr=rate, n_fft=n_fft, n_mels=mels, fmin=fmin, fmax=fmax, dtype=np.float64
    ).astype(np.float32)
    columns = np.flatnonzero(basis.any(axis=0))
    touched = slice(int(columns[0]), int(columns[-1]) + 1)
    transposed = np.ascontiguousarray(basis[:, touched].T)
    basis.setflags(write=False)
    transposed.setflags(write=False)
    return basis, touched, transposed
