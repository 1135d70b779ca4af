"""Waves cut into overlapping windows, and windows added up to waves again.

A wave of n samples has ceil(n / hop_length) frames. Frame t is centred on the middle
of the samples [t * hop_length, (t + 1) * hop_length), so that a vocoder which repeats
every frame hop_length times is aligned with the sound. Beyond its ends a wave is
silent. "Padded" is a wave with the margins that its first and last window reach into.
"""

from functools import lru_cache

import numpy as np

from hparams import Audio


def frame_count(samples: int, audio: Audio) -> int:
    """Count the frames of a wave of so many samples."""
    return -(-samples // audio.hop_length)


def margin(audio: Audio) -> int:
    """Return the samples by which the first window begins before the wave."""
    return (audio.win_length - audio.hop_length) // 2


@lru_cache(maxsize=8)
def window(length: int) -> np.ndarray:
    """Return the periodic Hann window, float32 [length]."""
    phase = 2 * np.pi * np.arange(length) / length
    hann = (0.5 - 0.5 * np.cos(phase)).astype(np.float32)
    hann.setflags(write=False)
    return hann


def pad(wave: np.ndarray, audio: Audio) -> np.ndarray:
    """Pad a wave [samples] with silence, as far as its frames reach."""
    count = frame_count(wave.size, audio)
    if count == 0:
        return np.zeros(0, np.float32)
    padded = np.zeros((count - 1) * audio.hop_length + audio.win_length, np.float32)
    begin = margin(audio)
    padded[begin : begin + wave.size] = wave
    return padded


def cut(padded: np.ndarray, audio: Audio) -> np.ndarray:
    """Cut a padded wave into overlapping windows [frames, win_length], a view."""
    if padded.size < audio.win_length:
        return np.zeros((0, audio.win_length), np.float32)
    view = np.lib.stride_tricks.sliding_window_view(padded, audio.win_length)
    return view[:: audio.hop_length]


def add(pieces: np.ndarray, audio: Audio) -> np.ndarray:
    """Overlap and add pieces [frames, win_length], a hop apart, to a padded wave."""
    count, hop = pieces.shape[0], audio.hop_length
    hops = -(-audio.win_length // hop)
    whole = np.pad(pieces, ((0, 0), (0, hops * hop - audio.win_length)))
    whole = whole.reshape(count, hops, hop)
    padded = np.zeros((count + hops - 1, hop), np.float32)
    for part in range(hops):
        padded[part : part + count] += whole[:, part]
    return padded.reshape(-1)[: (count - 1) * hop + audio.win_length]


def analyse(padded: np.ndarray, audio: Audio) -> np.ndarray:
    """Transform a padded wave to spectra, complex64 [frames, bins] (STFT)."""
    from scipy.fft import rfft

    pieces = cut(padded, audio)
    filled = np.zeros((pieces.shape[0], audio.n_fft), np.float32)
    hann = window(audio.win_length)
    np.multiply(pieces, hann, out=filled[:, : audio.win_length])
    return rfft(filled, overwrite_x=True)


def synthesise(spectra: np.ndarray, weight: np.ndarray, audio: Audio) -> np.ndarray:
    """Find the padded wave whose spectra are nearest by least squares (inverse STFT).

    `weight` is `overlap_weight` of as many frames. Source: Griffin and Lim 1984,
    "Signal estimation from modified short-time Fourier transform", equation 6.
    """
    from scipy.fft import irfft

    pieces = irfft(spectra, n=audio.n_fft)[:, : audio.win_length]
    return add(pieces * window(audio.win_length), audio) / weight


def overlap_weight(count: int, audio: Audio) -> np.ndarray:
    """Return the sum of squared windows over each sample of a padded wave."""
    square = window(audio.win_length) ** 2
    total = add(np.broadcast_to(square, (count, square.size)), audio)
    return np.maximum(total, np.float32(1e-3))
