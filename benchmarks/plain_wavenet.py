"""WaveNet as one writes it first: layers of Keras, gradients left to the backend.

What `benchmarks/wavenet_train.py` compares with. It is the network of `wavenet.model`
and says the same with the same weights, but every block pads and convolves whole
sequences, projects conditioning and skips on its own, and the backend differentiates
all of it, in single precision.
"""

from unittest import mock

import keras
from keras import layers, ops

from moksori.wavenet import model
from moksori.wavenet.distributions import Categorical, by_name
from moksori.wavenet.upsample import Upsample


class PlainBlock(layers.Layer):
    """Dilated causal convolution, gate, and two ways out: h -> (h, skip)."""

    def __init__(self, kernel, dilation, residual, gate, skip, **kwargs):
        super().__init__(**kwargs)
        self.dilated = layers.Conv1D(
            gate, kernel, padding="causal", dilation_rate=dilation
        )
        self.condition = layers.Conv1D(gate, 1, use_bias=False)
        self.residual = layers.Conv1D(residual, 1)
        self.skip = layers.Conv1D(skip, 1)

    def call(self, h, conditioning):
        a, b = ops.split(self.dilated(h) + self.condition(conditioning), 2, axis=-1)
        z = ops.tanh(a) * ops.sigmoid(b)
        return h + self.residual(z), self.skip(z)


class PlainWaveNet(keras.Model):
    """Arguments and `call` are those of `wavenet.model.WaveNet`."""

    def __init__(self, *, mels, speakers, upsample, compute="float32", seed=1, **sizes):
        super().__init__(name="plain")
        keras.utils.set_random_seed(seed)
        channels, residual = sizes["condition_channels"], sizes["residual_channels"]
        self.distribution = by_name(sizes["distribution"], sizes["mixtures"])
        self.discrete = isinstance(self.distribution, Categorical)
        self.entry = (
            layers.Embedding(self.distribution.levels, residual)
            if self.discrete
            else layers.Dense(residual)
        )
        self.speaker = layers.Embedding(speakers, 2 * channels)
        self.frames = [layers.Conv1D(n * channels, 3) for n in (2, 1)]
        self.upsample = Upsample(upsample)
        cycle = sizes["layers"] // sizes["cycles"]
        self.blocks = [
            PlainBlock(
                sizes["kernel"],
                2 ** (i % cycle),
                residual,
                sizes["gate_channels"],
                sizes["skip_channels"],
            )
            for i in range(sizes["layers"])
        ]
        self.head = layers.Dense(sizes["skip_channels"])
        self.out = layers.Dense(self.distribution.channels)
        # Its own context, and one frame on either side for each convolution.
        context = self.upsample.context + len(self.frames)
        silence = ops.zeros((1, 2 * self.upsample.hop_length, 1))
        speaker = ops.zeros((1,), "int32")
        self(silence, ops.zeros((1, 2 + 2 * context, mels)), speaker)

    def call(self, signal, mels, speaker, output_length: int | None = None):
        x = self.frames[0](mels) + self.speaker(speaker)[:, None]
        x = ops.relu(self.frames[1](ops.relu(x)))
        conditioning = self.upsample(x)[:, -signal.shape[1] :]
        discrete = self.discrete
        h = self.distribution.classes(signal[..., 0]) if discrete else signal
        h, skips = self.entry(h), 0.0
        for block in self.blocks:
            h, skip = block(h, conditioning)
            skips = skips + skip
        said = self.out(ops.relu(self.head(ops.relu(skips))))
        return said[:, -(output_length or said.shape[1]) :, None]

    def reseed(self, seed, step):
        """Nothing here is drawn."""


def plainly():
    """A context in which vocoders are made the plain way."""
    return mock.patch.object(model, "WaveNet", PlainWaveNet)
