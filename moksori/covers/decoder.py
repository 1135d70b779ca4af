"""Predict the timbre of a voice from content and pitch: a small network, one a voice.

It keeps words better than retrieval, and is trained on a minute of the voice in
minutes on a CPU. Blurred spectra of a mean are sharpened again by global variance (Toda
and Tokuda 2007, "A speech parameter generation algorithm considering global variance").
"""

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops

from moksori.backend.compilation import compile_model
from moksori.covers.content import SIZE
from moksori.covers.world import CEPSTRA, Timbre

_PITCH_HERTZ = 150.0  # whose logarithm is 0 for the network
_NOISE_SCALE = 10.0  # decibel of aperiodicity that count as 1
_SHARPEST = 1.6
_SOFT_SHARE = 0.3  # of the frames of a recording, which are pauses or nearly so
_CERTAIN_FRAMES = 600  # of which the mean is as much the words' as the voice's


@dataclass(frozen=True)
class Sizes:
    """Size a decoder: its channels, and a dilation for each gated convolution."""

    width: int = 256
    dilations: tuple[int, ...] = (1, 2, 4)


# For a card; the reach of both is within the margin of a `Predictor`.
NARROW, WIDE = Sizes(), Sizes(768, (1, 2, 4, 1, 2, 4))


class Decoder(keras.Model):
    """Map content [B, frames, SIZE] with the logarithm of the pitch and voicing [B,
    frames, 2] to normalised cepstra and aperiodicity [B, frames, CEPSTRA + bands]."""

    def __init__(self, bands: int, sizes: Sizes = NARROW):
        super().__init__()
        self.dropout = layers.Dropout(0.2)
        self.first = layers.Conv1D(sizes.width, 5, padding="same")
        self.gated = [
            layers.Conv1D(2 * sizes.width, 3, padding="same", dilation_rate=dilation)
            for dilation in sizes.dilations
        ]
        self.last = layers.Dense(CEPSTRA + bands)

    def call(self, content, pitch, training=False):
        content = self.dropout(content, training=training)
        x = self.first(ops.concatenate([content, pitch], axis=-1))
        for convolution in self.gated:
            value, gate = ops.split(convolution(x), 2, axis=-1)
            x = x + ops.tanh(value) * ops.sigmoid(gate)
        return self.last(x)


class Scales:
    """Hold the means and deviations that a voice's features are normalised by."""

    NAMES = ("content", "mean", "deviation", "sharpness")

    def __init__(self, **values: np.ndarray):
        self.values = {name: values[name].astype(np.float32) for name in self.NAMES}

    @classmethod
    def of(cls, content: np.ndarray, timbre: Timbre) -> "Scales":
        """Measure them on the frames of a voice."""
        cepstra = timbre.cepstra
        return cls(
            content=content.std(axis=0) + 1e-3,
            mean=cepstra.mean(axis=0),
            deviation=cepstra.std(axis=0) + 1e-3,
            sharpness=np.ones(CEPSTRA),
        )

    def content(self, content: np.ndarray) -> np.ndarray:
        """Normalise content [frames, SIZE] whose mean, the speaker's, is taken away."""
        return (content / self.values["content"]).astype(np.float32)

    def targets(self, timbre: Timbre) -> np.ndarray:
        """Return what the network is to answer [frames, CEPSTRA + bands]."""
        cepstra = (timbre.cepstra - self.values["mean"]) / self.values["deviation"]
        noise = timbre.aperiodicity / _NOISE_SCALE
        return np.concatenate([cepstra, noise], axis=1).astype(np.float32)

    def timbre(self, answer: np.ndarray) -> Timbre:
        """Return the timbre that an answer [frames, CEPSTRA + bands] stands for."""
        sharp = answer[:, :CEPSTRA] * self.values["sharpness"]
        cepstra = sharp * self.values["deviation"] + self.values["mean"]
        noise = answer[:, CEPSTRA:] * _NOISE_SCALE
        return Timbre(cepstra.astype(np.float64), noise.astype(np.float64))

    def sound(self, answer):
        """Return cepstra and noisiness, as a `Synthesiser` takes them, of an answer
        [B, frames, CEPSTRA + bands] in training: with a gradient, and not sharpened."""
        mean, deviation = self.values["mean"], self.values["deviation"]
        cepstra = answer[..., :CEPSTRA] * deviation + mean
        return cepstra, answer[..., CEPSTRA:] * _NOISE_SCALE

    def sharpen(self, answer: np.ndarray) -> None:
        """Set how much an answer for the voice's own frames varies too little."""
        spread = answer[:, :CEPSTRA].std(axis=0)
        self.values["sharpness"] = np.clip(
            1 / np.maximum(spread, 1e-3), 1.0, _SHARPEST
        ).astype(np.float32)


def matched(made: Timbre, own: Timbre) -> Timbre:
    """Give the cepstra of a recording the mean and the spread that those of a voice
    have where it can be heard; less of them to a short one, which says other things."""
    wanted, cepstra = _spread(own.cepstra), made.cepstra.copy()
    mean, spread, count = _spread(cepstra)
    share = count / (count + _CERTAIN_FRAMES)
    factor = np.clip(wanted[1] / spread, 1 / _SHARPEST, _SHARPEST) ** share
    centre = mean + share * (wanted[0] - mean)
    cepstra[:, 1:] = ((cepstra - mean) * factor + centre)[:, 1:]
    return Timbre(cepstra, made.aperiodicity)


def _spread(cepstra: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Return mean and deviation of the louder frames, and how many these are."""
    loud = cepstra[cepstra[:, 0] >= np.quantile(cepstra[:, 0], _SOFT_SHARE)]
    return loud.mean(axis=0), loud.std(axis=0) + 1e-6, len(loud)


def pitch_features(hertz: np.ndarray) -> np.ndarray:
    """Return the logarithm of the pitch, 0 where there is none, and voicing, [frames,
    2]."""
    voiced = hertz > 0
    height = np.log(np.where(voiced, hertz, _PITCH_HERTZ) / _PITCH_HERTZ)
    return np.stack([height, voiced], axis=1).astype(np.float32)


class Predictor:
    """Run a decoder over frames of any number, in windows of one length."""

    WINDOW, MARGIN = 2048, 16

    def __init__(self, decoder: Decoder):
        shapes = ((1, self.WINDOW, SIZE), (1, self.WINDOW, 2))
        inputs = tuple(keras.KerasTensor(shape) for shape in shapes)
        self._run = compile_model(decoder, decoder.call, inputs)

    def __call__(self, content: np.ndarray, pitch: np.ndarray) -> np.ndarray:
        """Return answers [frames, CEPSTRA + bands] for normalised content [frames,
        SIZE] and pitch features [frames, 2]."""
        frames, step = len(content), self.WINDOW - 2 * self.MARGIN
        after = -frames % step + self.MARGIN
        content, pitch = (
            np.pad(each, ((self.MARGIN, after), (0, 0))) for each in (content, pitch)
        )
        parts = []
        for at in range(0, frames, step):
            window = slice(at, at + self.WINDOW)
            answer = self._run(content[None, window], pitch[None, window])
            kept = slice(self.MARGIN, self.WINDOW - self.MARGIN)
            parts.append(ops.convert_to_numpy(answer)[0, kept])
        return np.concatenate(parts)[:frames]
