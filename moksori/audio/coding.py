"""A wave as the signal that a vocoder models, and back."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from hparams import Hparams
from moksori.audio import pqmf
from moksori.audio.companding import Deemphasis, compress, expand, preemphasize
from moksori.audio.lpc import LinearPrediction

# Full scale, in deviations of the residual of linear prediction, whose variance is 1.
_LARGEST_RESIDUAL = 16.0


@dataclass(frozen=True)
class Coding:
    """Pre-emphasis or linear prediction, then bands, or mu-law for few levels.

    Waves are float32 [samples] in [-1, 1], signals float32 [steps, bands] in [-1, 1]; a
    step is so many samples as there are bands. Mels [frames, mels] are wanted where
    there is a `prediction`, which takes the place of `preemphasis`. With bands, the
    first and last `pqmf.reach` samples of a wave do not come back whole.
    """

    preemphasis: float
    companded: bool = False
    bands: int = 1
    prediction: LinearPrediction | None = None

    @classmethod
    def of(cls, settings: Hparams) -> "Coding":
        """Return the coding that a vocoder of these settings is trained on."""
        wavenet, prediction = settings.wavenet, None
        if wavenet.lpc_order:
            prediction = LinearPrediction(settings.audio, wavenet.lpc_order)
        companded = wavenet.distribution == "categorical"
        return cls(wavenet.preemphasis, companded, wavenet.bands, prediction)

    @property
    def deviation(self) -> float:
        """Return the standard deviation of a signal; 1 where it is not known."""
        known = self.prediction and not self.companded
        return 1 / _LARGEST_RESIDUAL if known else 1.0

    @property
    def before(self) -> int:
        """Return the samples of the wave, before its own, that a step depends on."""
        reach = self.prediction.reach if self.prediction else 1
        return reach + self.after

    @property
    def after(self) -> int:
        """Return the samples of the wave, after its own, that a step depends on."""
        return pqmf.reach(self.bands) if self.bands > 1 else 0

    def encode(self, wave: np.ndarray, mel: np.ndarray | None = None) -> np.ndarray:
        """Encode a wave as a signal, limited to full scale."""
        if self.prediction:
            sharp = self.prediction.whiten(wave, mel) * np.float32(self._scale)
        else:
            sharp = preemphasize(wave, self.preemphasis)
        if self.bands == 1:
            sharp = np.clip(sharp, -1.0, 1.0)
            return (compress(sharp) if self.companded else sharp)[:, None]
        return np.clip(pqmf.analyse(sharp, self.bands), -1.0, 1.0)

    def decode(self, signal: np.ndarray, mel: np.ndarray | None = None) -> np.ndarray:
        """Decode a signal to a wave, limited to full scale."""
        return np.concatenate(list(self.decode_pieces([signal], mel)))

    def decode_pieces(
        self, signals: Iterable[np.ndarray], mel: np.ndarray | None = None
    ) -> Iterator[np.ndarray]:
        """Decode a signal that comes in pieces; yield the wave as it is completed."""
        undo = Deemphasis(self.preemphasis)
        if self.prediction:
            undo = self.prediction.shaper(mel)
        scale = np.float32(self._scale)
        for sharp in self._undivided(signals):
            yield np.clip(undo(sharp / scale), -1.0, 1.0)

    @property
    def _scale(self) -> float:
        """What a residual is multiplied by. Each band holds an equal share of its
        variance, which is made up for."""
        return np.sqrt(self.bands) / _LARGEST_RESIDUAL if self.prediction else 1.0

    def _undivided(self, signals: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        if self.bands > 1:
            yield from pqmf.synthesise_pieces(signals, self.bands)
            return
        for signal in signals:
            yield expand(signal[:, 0]) if self.companded else signal[:, 0]
