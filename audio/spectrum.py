"""Waves to spectrograms and back.

Shapes: wave [samples]; mel [frames, mels]; linear [frames, bins]. A wave has exactly
ceil(samples / hop_length) frames; frame t is centred on the middle of the samples
[t * hop_length, (t + 1) * hop_length), so that a vocoder which repeats every frame
hop_length times is aligned with the sound. Beyond its ends a wave is silent.

Levels are 20 log10(magnitude), taken from [floor_decibel, ceiling_decibel] to
[-mel_range, mel_range] and clipped there.
"""

from functools import lru_cache

import numpy as np

from hparams import Audio

# Frames transformed together: enough to fill the vector units, few enough to stay
# in the second-level cache (64 frames of 2048 floats are half a megabyte).
_BLOCK = 64


def mel_spectrogram(wave: np.ndarray, audio: Audio) -> np.ndarray:
    """The normalised mel spectrogram, float32 [frames, mels], of a wave [samples]."""
    return spectrograms(wave, audio, linear=False)[0]


def linear_spectrogram(wave: np.ndarray, audio: Audio) -> np.ndarray:
    """The normalised linear spectrogram, float32 [frames, bins], of a wave [samples].

    Magnitudes are scaled by n_fft / sample_rate, the area of a Slaney filter in bins:
    a flat spectrum then reads the same here as in the mel spectrogram, and both fit
    the same window of levels.
    """
    return spectrograms(wave, audio, linear=True)[1]


def spectrograms(
    wave: np.ndarray, audio: Audio, linear: bool
) -> tuple[np.ndarray, np.ndarray | None]:
    """(mel [frames, mels], linear [frames, bins] or None) from one transform."""
    from scipy.fft import rfft

    windows = _frames(_emphasise(np.asarray(wave, np.float32), audio), audio)
    count = windows.shape[0]
    used = _used_bins(audio)
    basis = np.ascontiguousarray(_mel_basis(audio)[:, used].T)
    window = _window(audio.win_length)
    mel = np.empty((count, audio.mels), np.float32)
    levels = np.empty((count, audio.bins), np.float32) if linear else None
    padded = np.zeros((min(count, _BLOCK), audio.n_fft), np.float32)
    scale = np.float32(_bin_scale(audio))
    for begin in range(0, count, _BLOCK):
        block = slice(begin, min(begin + _BLOCK, count))
        size = block.stop - block.start
        np.multiply(windows[block], window, out=padded[:size, : audio.win_length])
        magnitude = np.abs(rfft(padded[:size]))
        np.matmul(magnitude[:, used], basis, out=mel[block])
        if linear:
            _normalise(np.multiply(magnitude, scale, out=levels[block]), audio)
    _normalise(mel, audio)
    return mel, levels


def frames(samples: int, audio: Audio) -> int:
    """How many frames a wave of so many samples has."""
    return -(-samples // audio.hop_length)


def magnitudes(levels: np.ndarray, audio: Audio) -> np.ndarray:
    """Normalised levels of any shape back to magnitudes; the floor becomes zero."""
    span = audio.ceiling_decibel - audio.floor_decibel
    bounded = np.clip(levels, -audio.mel_range, audio.mel_range)
    unit = (bounded + audio.mel_range) / (2 * audio.mel_range)
    decibel = unit * span + audio.floor_decibel
    magnitude = np.power(10.0, decibel / 20, dtype=np.float32)
    return np.where(unit > 0, magnitude, np.float32(0))


def _normalise(magnitude: np.ndarray, audio: Audio) -> None:
    """Magnitudes to normalised levels, in place."""
    span = audio.ceiling_decibel - audio.floor_decibel
    per_decibel = 2 * audio.mel_range / span
    np.maximum(magnitude, np.float32(10 ** (audio.floor_decibel / 20)), out=magnitude)
    np.log(magnitude, out=magnitude)
    magnitude *= np.float32(per_decibel * 20 / np.log(10))
    magnitude -= np.float32(audio.floor_decibel * per_decibel + audio.mel_range)
    np.clip(magnitude, -audio.mel_range, audio.mel_range, out=magnitude)


def _emphasise(wave: np.ndarray, audio: Audio) -> np.ndarray:
    if wave.ndim != 1:
        raise ValueError(f"a wave is [samples], not {list(wave.shape)}")
    if audio.preemphasis == 0 or wave.size == 0:
        return wave
    sharp = wave.copy()
    sharp[1:] -= np.float32(audio.preemphasis) * wave[:-1]
    return sharp


def _deemphasise(wave: np.ndarray, audio: Audio) -> np.ndarray:
    if audio.preemphasis == 0:
        return wave
    from scipy.signal import lfilter

    return lfilter([1.0], [1.0, -audio.preemphasis], wave).astype(np.float32)


def _margin(audio: Audio) -> int:
    """Samples by which the first window begins before the wave."""
    return (audio.win_length - audio.hop_length) // 2


def _frames(wave: np.ndarray, audio: Audio) -> np.ndarray:
    """Overlapping windows [frames, win_length] of the wave, a view of a padded copy."""
    count = frames(wave.size, audio)
    if count == 0:
        return np.zeros((0, audio.win_length), np.float32)
    padded = np.zeros((count - 1) * audio.hop_length + audio.win_length, np.float32)
    margin = _margin(audio)
    kept = min(wave.size, padded.size - margin)
    padded[margin : margin + kept] = wave[:kept]
    view = np.lib.stride_tricks.sliding_window_view(padded, audio.win_length)
    return view[:: audio.hop_length]


@lru_cache(maxsize=8)
def _window(length: int) -> np.ndarray:
    """The periodic Hann window."""
    phase = 2 * np.pi * np.arange(length) / length
    return (0.5 - 0.5 * np.cos(phase)).astype(np.float32)


def _bin_scale(audio: Audio) -> float:
    return audio.n_fft / audio.sample_rate


def _mel_basis(audio: Audio) -> np.ndarray:
    """Slaney's triangular filters of equal area, [mels, bins]."""
    return _filterbank(
        audio.sample_rate, audio.n_fft, audio.mels, audio.fmin, audio.fmax
    )


def _used_bins(audio: Audio) -> slice:
    """The bins that any filter touches; the others need no product."""
    width = audio.sample_rate / audio.n_fft
    return slice(int(audio.fmin / width), min(int(audio.fmax / width) + 2, audio.bins))


@lru_cache(maxsize=8)
def _filterbank(rate: int, n_fft: int, mels: int, fmin: float, fmax: float):
    from librosa.filters import mel

    basis = mel(sr=rate, n_fft=n_fft, n_mels=mels, fmin=fmin, fmax=fmax, norm="slaney")
    basis = np.ascontiguousarray(basis, np.float32)
    basis.setflags(write=False)
    return basis
