"""Linear prediction from mels: a wave without its envelope, and back.

A mel spectrogram tells the power spectrum of a wave all but for its fine structure.
Inverted, it whitens the wave; what a model adds of noise to the white residual is
shaped like the speech that it becomes, which masks it. Sources: Makhoul 1975, "Linear
prediction: a tutorial review"; noise shaped by the spectrum of mels:
Tachibana et al. 2018, "An investigation of noise shaping with perceptual weighting for
WaveNet-based speech generation"; predictors from a vocoder's features: Valin and
Skoglund 2019, "LPCNet".
"""

from dataclasses import dataclass

import numpy as np

from hparams import Audio
from moksori.audio.companding import Deemphasis, preemphasize
from moksori.audio.spectrum import mel_centres, mel_powers

_BINS = 513
# Added to the power of every frequency: about 16-bit silence.
_FLOOR = 2e-8
# Keep filters of high order from following single partials, and well conditioned.
_WHITE_NOISE = 1e-5
_LAG_WINDOW_HERTZ = 10.0
# Samples that share a predictor, at most.
_BLOCK = 32


@dataclass(frozen=True)
class LinearPrediction:
    """Predictors of `order` taps of waves, computed from their mels.

    Waves are [T], mels [F, M] of `mel_spectrogram`, with T <= F * hop_length. A
    stretch that begins with a frame gives what the whole would give, but for its first
    `reach` samples and half a frame at either end.
    """

    audio: Audio
    order: int

    @property
    def reach(self) -> int:
        """Return the samples of the wave that a residual depends on, before its own."""
        return self.order + 1

    def whiten(self, wave: np.ndarray, mel: np.ndarray) -> np.ndarray:
        """Return the residual, float32 [T], of about unit variance."""
        from moksori.audio import lattice

        sharp = preemphasize(wave, self.audio.preemphasis).astype(np.float64)
        return lattice.whiten(sharp, *self._filters(mel)).astype(np.float32)

    def shape(self, residual: np.ndarray, mel: np.ndarray) -> np.ndarray:
        """Return the wave, float32 [T], of a residual [T]: the inverse of `whiten`."""
        return self.shaper(mel)(residual)

    def shaper(self, mel: np.ndarray):
        """Return a `shape` that takes a residual in pieces, one after another."""
        from moksori.audio import lattice

        filters, past, start = self._filters(mel), np.zeros(self.order + 1), 0
        deemphasize = Deemphasis(self.audio.preemphasis)

        def shape(residual: np.ndarray) -> np.ndarray:
            nonlocal start
            exact = np.asarray(residual, np.float64)
            sharp = lattice.shape(exact, *filters, start, past)
            start += len(sharp)
            return deemphasize(sharp.astype(np.float32))

        return shape

    def _filters(self, mel: np.ndarray) -> tuple:
        """Return coefficients, log deviations, hop and block for `lattice`."""
        from moksori.audio import lattice

        lags = np.arange(self.order + 1)
        angle = 2 * np.pi * _LAG_WINDOW_HERTZ / self.audio.sample_rate * lags
        correlation = np.fft.irfft(self.power(mel), axis=1)[:, : self.order + 1]
        correlation *= np.exp(-0.5 * angle**2)
        correlation[:, 0] *= 1 + _WHITE_NOISE
        deviations = 0.5 * np.log(correlation[:, 0])
        hop = self.audio.hop_length
        block = max(n for n in range(1, _BLOCK + 1) if hop % n == 0)
        return lattice.reflections(correlation), deviations, hop, block

    def power(self, mel: np.ndarray) -> np.ndarray:
        """Return the power spectra [F, bins], from 0 to half the sample rate, of the
        pre-emphasised wave; their mean over the bins is its variance.

        Levels are interpolated between the middles of the mel bands, and go on as they
        are beyond the outer ones.
        """
        centres, audio = mel_centres(self.audio), self.audio
        places = np.linspace(0, audio.sample_rate / 2, _BINS)
        after = np.clip(np.searchsorted(centres, places), 1, len(centres) - 1)
        width = centres[after] - centres[after - 1]
        share = np.clip((places - centres[after - 1]) / width, 0, 1)
        levels = np.log(mel_powers(mel, audio))
        level = levels[:, after - 1] * (1 - share) + levels[:, after] * share
        return np.exp(level) + _FLOOR
