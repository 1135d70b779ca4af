"""Separate a song into its vocals and its backing."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from moksori.backend.archive import read_checkpoint
from moksori.backend.compilation import compile_model
from moksori.covers import weights
from moksori.covers.unet import BINS, FRAMES, two_stems

RATE = 44100  # hertz, at which the network was trained
_FRAME, _HOP = 4096, 1024
_OVERLAP = _FRAME // _HOP
_LEAST = 1e-10  # power below which both stems get half

# Told the stage and its share done, from 0 to 1; may raise to stop the work.
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Stems:
    """Represent a song in two parts that add up to it: waves [samples, 2] at `RATE`."""

    vocals: np.ndarray
    backing: np.ndarray


class Separator:
    """Separate songs by Spleeter's networks for two stems.

    Raises `WeightsMissing` before `make covers`.
    """

    def __init__(self):
        self._model = two_stems(read_checkpoint(weights.separator()))
        magnitudes = keras.KerasTensor((1, FRAMES, BINS, 2))
        self._stems = compile_model(self._model, self._model.call, (magnitudes,))

    def separate(
        self, song: np.ndarray, progress: Progress = lambda stage, done: None
    ) -> Stems:
        """Separate a song [samples, 2] at `RATE`, full scale 1.0.

        Sound above 11 kHz stays in the backing, as the networks do not hear it. Memory
        beyond the two results does not grow with the length. Raises `ValueError` for
        another shape.
        """
        if song.ndim != 2 or song.shape[1] != 2 or not len(song):
            raise ValueError("a song to separate is a wave of two channels")
        song = song.astype(np.float32, copy=False)
        step = FRAMES * _HOP
        blocks = -(-(len(song) + _FRAME - _HOP) // step)
        tail = blocks * step + _FRAME - _HOP - (_FRAME - _HOP) - len(song)
        padded = np.pad(song, ((_FRAME - _HOP, max(tail, 0)), (0, 0)))
        vocals = np.zeros_like(padded)
        for block in range(blocks):
            span = slice(block * step, block * step + step + _FRAME - _HOP)
            _overlap_add(vocals[span], self._vocals(padded[span]))
            progress("separate", (block + 1) / blocks)
        start = _FRAME - _HOP
        vocals = vocals[start : start + len(song)]
        return Stems(vocals, song - vocals)

    def _vocals(self, wave: np.ndarray) -> np.ndarray:
        """Return the windowed frames [FRAMES, _FRAME, 2] of the vocals in a block."""
        frames = np.lib.stride_tricks.sliding_window_view(wave, _FRAME, axis=0)[::_HOP]
        spectrum = np.fft.rfft(frames * _WINDOW, axis=-1)  # [FRAMES, 2, bins]
        heard = spectrum[..., :BINS].transpose(0, 2, 1)
        vocals, backing = (
            keras.ops.convert_to_numpy(stem)[0] ** 2
            for stem in self._stems(np.abs(heard)[None].astype(np.float32))
        )
        mask = (vocals + _LEAST / 2) / (vocals + backing + _LEAST)
        spectrum[..., :BINS] *= mask.transpose(0, 2, 1)
        spectrum[..., BINS:] = 0
        frames = np.fft.irfft(spectrum, axis=-1) * (_WINDOW / _GAIN)
        return frames.transpose(0, 2, 1).astype(np.float32)


_WINDOW = np.hanning(_FRAME + 1)[:-1].astype(np.float32)
# What the squares of windows a hop apart add up to.
_GAIN = float((_WINDOW**2).sum() / _HOP)


def _overlap_add(out: np.ndarray, frames: np.ndarray) -> None:
    """Add frames [FRAMES, _FRAME, channels], a hop apart, to a wave in place."""
    parts = frames.reshape(len(frames), _OVERLAP, _HOP, -1)
    for shift in range(_OVERLAP):
        start = shift * _HOP
        out[start : start + len(frames) * _HOP] += parts[:, shift].reshape(
            -1, frames.shape[-1]
        )
