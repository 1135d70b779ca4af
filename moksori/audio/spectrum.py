"""Waves to mel and linear spectrograms.

Shapes: wave [samples]; mel [frames, mels]; linear [frames, bins]; frames is exactly
ceil(samples / hop_length), see `audio.frames`. Levels are 20 log10(magnitude), taken
from [floor_decibel, ceiling_decibel] to [-mel_range, mel_range] and clipped there.
"""

from functools import lru_cache

import numpy as np

from hparams import Audio
from moksori.audio import frames
from moksori.audio.companding import preemphasize

# Frames transformed together: enough to fill the vector units, few enough to stay
# in the second-level cache (64 frames of 2048 floats are half a megabyte).
_BLOCK = 64


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
    touched, transposed = mel_filters(audio)[1:]
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
            np.multiply(magnitude, bin_scale(audio), out=levels[block])
            _normalise(levels[block], audio)
    _normalise(mel, audio)
    return mel, levels


def _normalise(magnitude: np.ndarray, audio: Audio) -> None:
    """Convert magnitudes to normalised levels, in place."""
    per_decibel = 2 * audio.mel_range / (audio.ceiling_decibel - audio.floor_decibel)
    np.maximum(magnitude, np.float32(10 ** (audio.floor_decibel / 20)), out=magnitude)
    np.log(magnitude, out=magnitude)
    magnitude *= np.float32(per_decibel * 20 / np.log(10))
    magnitude -= np.float32(audio.floor_decibel * per_decibel + audio.mel_range)
    np.clip(magnitude, -audio.mel_range, audio.mel_range, out=magnitude)


def magnitudes_of(levels: np.ndarray, audio: Audio) -> np.ndarray:
    """Convert levels to magnitudes, a copy; the floor, which may be less, is zero."""
    span = audio.ceiling_decibel - audio.floor_decibel
    unit = np.clip(levels / (2 * audio.mel_range) + 0.5, 0, 1)
    decibel = unit * np.float32(span) + np.float32(audio.floor_decibel)
    return np.where(unit > 0, np.power(np.float32(10), decibel / 20), np.float32(0))


def checked(levels: np.ndarray, width: int, name: str) -> np.ndarray:
    """Return levels as float32 [frames, width]; raises `ValueError` for others."""
    levels = np.asarray(levels, np.float32)
    if levels.ndim != 2 or levels.shape[1] != width:
        raise ValueError(f"expected [frames, {name}={width}], not {list(levels.shape)}")
    return levels


def bin_scale(audio: Audio) -> np.float32:
    """Return what linear magnitudes are multiplied by to read as mels do."""
    return np.float32(audio.n_fft / audio.sample_rate)


def mel_powers(mel: np.ndarray, audio: Audio) -> np.ndarray:
    """Return the power density [frames, mels] that normalised mels stand for.

    That of white noise is its variance; pre-emphasis is not undone.
    """
    span = audio.ceiling_decibel - audio.floor_decibel
    decibel = (np.asarray(mel, np.float64) / (2 * audio.mel_range) + 0.5) * span
    magnitude = 10 ** ((decibel + audio.floor_decibel) / 20)
    energy = np.sum(np.square(frames.window(audio.win_length), dtype=np.float64))
    return np.square(magnitude / bin_scale(audio)) / energy


def mel_centres(audio: Audio) -> np.ndarray:
    """Return the middle of each mel band in hertz."""
    from librosa import mel_frequencies

    edges = mel_frequencies(audio.mels + 2, fmin=audio.fmin, fmax=audio.fmax)
    return edges[1:-1]


def mel_filters(audio: Audio) -> tuple[np.ndarray, slice, np.ndarray]:
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
