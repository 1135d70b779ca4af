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
        """Return the coding that a vocoder of these settings is trained on."""
        return cls(wavenet.preemphasis, wavenet.distribution == "categorical")

    def encode(self, wave: np.ndarray) -> np.ndarray:
        """Encode a wave, limited to full scale after pre-emphasis, as a signal."""
        sharp = np.clip(preemphasize(wave, self.preemphasis), -1.0, 1.0)
        return compress(sharp) if self.companded else sharp

    def decode(self, signal: np.ndarray) -> np.ndarray:
        """Decode a signal to a wave, limited to full scale."""
        return self.decoder()(signal)

    def decoder(self):
        """Return a `decode` that takes a signal in pieces, one after another."""
        deemphasize = Deemphasis(self.preemphasis)

        def decode(signal: np.ndarray) -> np.ndarray:
            sharp = expand(signal) if self.companded else signal
            return np.clip(deemphasize(sharp), -1.0, 1.0)

        return decode
