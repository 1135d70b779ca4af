"""Reconstruct waves with Griffin-Lim, the vocoder that needs no training."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from hparams import Audio
from moksori.audio import griffin_lim


class GriffinLim:
    """Turn normalised spectrograms, mel or linear, into waves, in parallel threads."""

    def __init__(self, audio: Audio):
        self.audio = audio

    def generate(
        self, spectrograms: Sequence[np.ndarray], speaker=None, seed: int = 0
    ) -> list[np.ndarray]:
        """Return waves [frames * hop_length] of spectrograms [frames, mels or bins].

        `speaker` is ignored.
        """
        workers = max(1, min(len(spectrograms), os.cpu_count() or 1))
        # The products are small: BLAS threads beside these would wait for each other,
        # ten times as long as the work takes on a busy machine.
        with (
            threadpool_limits(1, "blas"),
            ThreadPoolExecutor(workers, thread_name_prefix="griffin-lim") as pool,
        ):
            return list(pool.map(partial(self._wave, seed=seed), spectrograms))

    def stream(
        self, spectrogram: np.ndarray, speaker=None, seed: int = 0
    ) -> Iterator[np.ndarray]:
        """Yield the wave of one spectrogram in chunks, each as soon as it is made."""
        chunks = griffin_lim.griffin_lim_stream(spectrogram, self.audio, seed)
        while True:
            with threadpool_limits(1, "blas"):
                chunk = next(chunks, None)
            if chunk is None:
                return
            yield chunk

    def _wave(self, frames: np.ndarray, seed: int) -> np.ndarray:
        if frames.shape[1] == self.audio.mels:
            return griffin_lim.griffin_lim(frames, self.audio, seed=seed)
        return griffin_lim.griffin_lim_linear(frames, self.audio, seed=seed)
