"""A wave as the signal that a vocoder models, and back."""

from dataclasses import dataclass

import numpy as np

from hparams import WaveNet
from moksori.audio.companding import Deemphasis, compress, expand, preemphasize


@dataclass(frozen=True)
class Coding:
    """Pre-emphasis, then mu-law where the vocoder has few levels. Waves and signals
    are float32 [samples] in [-1, 1]."""

    preemphasis: float
    companded: bool

    @classmethod
    def of(cls, wavenet: WaveNet) -> "Coding":
        """The coding that a vocoder of these settings is trained on."""
        return cls(wavenet.preemphasis, wavenet.distribution == "categorical")

    def encode(self, wave: np.ndarray) -> np.ndarray:
        """The signal of a wave, which is limited to full scale after pre-emphasis."""
        sharp = np.clip(preemphasize(wave, self.preemphasis), -1.0, 1.0)
        return compress(sharp) if self.companded else sharp

    def decode(self, signal: np.ndarray) -> np.ndarray:
        """The wave of a signal, limited to full scale."""
        return self.decoder()(signal)

    def decoder(self):
        """`decode` for a signal that comes in pieces, called with one after another."""
        deemphasize = Deemphasis(self.preemphasis)

        def decode(signal: np.ndarray) -> np.ndarray:
            sharp = expand(signal) if self.companded else signal
            return np.clip(deemphasize(sharp), -1.0, 1.0)

        return decode
