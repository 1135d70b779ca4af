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
        step, before = FRAMES * _HOP, _FRAME - _HOP
        blocks = -(-(len(song) + before) // step)
        vocals = np.zeros_like(song)
        tail = np.zeros((before, 2), np.float32)
        for block in range(blocks):
            begin = block * step - before
            made = _overlap_added(self._vocals(_cut(song, begin, step + before)))
            made[:before] += tail
            tail = made[step:]
            at = max(begin, 0)
            vocals[at : begin + step] = made[at - begin : step][: len(song) - at]
            progress("separate", (block + 1) / blocks)
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


def _cut(wave: np.ndarray, begin: int, length: int) -> np.ndarray:
    """Return `length` samples of a wave from `begin` on, zeros where it has none."""
    part = wave[max(begin, 0) : begin + length]
    before = max(-begin, 0)
    return np.pad(part, ((before, length - before - len(part)), (0, 0)))


def _overlap_added(frames: np.ndarray) -> np.ndarray:
    """Add frames [FRAMES, _FRAME, channels], a hop apart, up to a wave."""
    parts = frames.reshape(len(frames), _OVERLAP, _HOP, -1)
    channels = frames.shape[-1]
    wave = np.zeros(((len(frames) + _OVERLAP - 1) * _HOP, channels), np.float32)
    for shift in range(_OVERLAP):
        start = shift * _HOP
        whole = parts[:, shift].reshape(-1, channels)
        wave[start : start + len(whole)] += whole
    return wave
