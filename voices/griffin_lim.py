"""The vocoder that needs no training."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_limits

from audio import spectrum
from hparams import Audio


class GriffinLim:
    """Waves from normalised spectrograms, mel or linear, one after the other or,
    where there are cores, side by side."""

    def __init__(self, audio: Audio, seed: int = 0):
        self.audio, self.seed = audio, seed

    def generate(self, spectrograms: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Waves [frames * hop_length] of spectrograms [frames, mels or bins]."""
        workers = max(1, min(len(spectrograms), os.cpu_count() or 1))
        # The products are small: threads of the BLAS beside ours would only wait for
        # each other, tenfold as long as the work takes on a busy machine.
        with (
            threadpool_limits(1, "blas"),
            ThreadPoolExecutor(workers, thread_name_prefix="griffin-lim") as pool,
        ):
            return list(pool.map(self._wave, spectrograms))

    def _wave(self, frames: np.ndarray) -> np.ndarray:
        if frames.shape[1] == self.audio.mels:
            return spectrum.griffin_lim(frames, self.audio, seed=self.seed)
        return spectrum.griffin_lim_linear(frames, self.audio, seed=self.seed)
