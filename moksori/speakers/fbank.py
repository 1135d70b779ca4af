"""Compute Kaldi's filterbank, the input of most speaker encoders."""

from functools import cache

import numpy as np

SAMPLE_RATE = 16000
WINDOW_LENGTH = 400  # 25 ms
HOP_LENGTH = 160  # 10 ms
MELS = 80
_FFT = 512
_LOWEST_HERTZ = 20.0
_PREEMPHASIS = 0.97
_FLOOR = np.float32(np.finfo(np.float32).eps)
# Frames at a time: their spectra stay in the cache, and minutes cost little memory.
_BLOCK = 512


def filterbank(wave: np.ndarray) -> np.ndarray:
    """Compute log mel energies, float32 [frames, 80], of a wave [samples] at 16 kHz.

    As Kaldi's `compute-fbank-feats` without dither (its defaults otherwise), on a full
    scale of 1.0: each frame loses its mean, is pre-emphasised, windowed, and summed
    over triangles on the mel scale. Frames lie wholly inside of the wave: n samples
    give 1 + (n - 400) // 160. Raises `ValueError` for less than one.
    """
    wave = np.ascontiguousarray(wave, np.float32)
    if len(wave) < WINDOW_LENGTH:
        raise ValueError(f"{len(wave)} samples are less than a frame")
    frames = np.lib.stride_tricks.sliding_window_view(wave, WINDOW_LENGTH)
    frames = frames[::HOP_LENGTH]
    blocks = range(0, len(frames), _BLOCK)
    return np.concatenate([_energies(frames[i : i + _BLOCK]) for i in blocks])


def _energies(frames: np.ndarray) -> np.ndarray:
    frames = frames - frames.mean(1, keepdims=True)
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    spectrum = np.fft.rfft((frames - _PREEMPHASIS * before) * _window(), _FFT)
    power = spectrum.real**2 + spectrum.imag**2
    return np.log(np.maximum(power @ _triangles(), _FLOOR))


@cache
def _window() -> np.ndarray:
    """Return Povey's window [400]: a Hann window to the power of 0.85."""
    return (np.hanning(WINDOW_LENGTH) ** 0.85).astype(np.float32)


@cache
def _triangles() -> np.ndarray:
    """Return mel filters [257, 80], triangles on the mel scale; Nyquist has no part."""

    def mel(hertz):
        return 1127.0 * np.log(1.0 + hertz / 700.0)

    edges = np.linspace(mel(_LOWEST_HERTZ), mel(SAMPLE_RATE / 2), MELS + 2)
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    bins = mel(np.arange(_FFT // 2) * SAMPLE_RATE / _FFT)[:, None]
    rising = (bins - left) / (centre - left)
    falling = (right - bins) / (right - centre)
    filters = np.maximum(np.minimum(rising, falling), 0.0)
    return np.pad(filters, ((0, 1), (0, 0))).astype(np.float32)
