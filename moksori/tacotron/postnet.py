"""Refine a predicted mel by the postnet, and widen it to bins by the CBHG."""

import keras
from keras import ops

from moksori.tacotron.layers import ConvolutionBlock
from moksori.tacotron.lstm import ZoneoutLSTM
from moksori.tacotron.products import dtype_policy


class Postnet(keras.layers.Layer):
    """A residual of five convolutions: mels [B, T, M], mask [B, T] -> [B, T, M]."""

    def __init__(
        self, mels, dim, layers, kernel, dropout, noise, compute="float32", **kwargs
    ):
        super().__init__(**kwargs)
        self.mels = mels
        self.blocks = [
            ConvolutionBlock(
                mels if last else dim,
                kernel,
                "linear" if last else "tanh",
                dropout,
                noise,
                compute,
                name=f"block_{i}",
            )
            for i, last in enumerate([False] * (layers - 1) + [True])
        ]

    def build(self):
        width = self.mels
        for block in self.blocks:
            block.build((None, None, width))
            width = block.convolution.filters

    def call(self, x, mask, training=False):
        for block in self.blocks:
            x = block(x, mask, training=training)
        return x * mask[:, :, None]


class CBHG(keras.layers.Layer):
    """Convolution bank, highway and bidirectional recurrence (Wang et al. 2017, 3.1).

    mels [B, T, M], mask [B, T] -> linear spectrogram [B, T, bins]. The recurrence is
    an LSTM (`lstm.ZoneoutLSTM` without zoneout) where the paper has a GRU.
    """

    def __init__(self, bins, mels, banks, dim, noise, compute="float32", **kwargs):
        super().__init__(**kwargs)
        self.mels, self.dim = mels, dim

        def block(channels, kernel, activation, name):
            return ConvolutionBlock(
                channels, kernel, activation, 0.0, noise, compute, name=name
            )

        def dense(activation, bias, name):
            return keras.layers.Dense(
                dim,
                activation=activation,
                bias_initializer=bias,
                dtype=dtype_policy(compute),
                name=name,
            )

        self.banks = [block(dim, k, "relu", f"bank_{k}") for k in range(1, banks + 1)]
        self.narrow = block(dim, 3, "relu", "narrow")
        self.project = block(mels, 3, "linear", "project")
        self.widen = dense(None, "zeros", "widen")
        self.transforms = [dense("relu", "zeros", f"transform_{i}") for i in range(4)]
        self.gates = [dense("sigmoid", _closed, f"gate_{i}") for i in range(4)]
        self.forward = ZoneoutLSTM(dim, 0.0, noise, compute, name="forward")
        self.backward = ZoneoutLSTM(dim, 0.0, noise, compute, name="backward")
        self.spread = keras.layers.Dense(bins, name="spread")

    def build(self):
        for bank in self.banks:
            bank.build((None, None, self.mels))
        self.narrow.build((None, None, self.dim * len(self.banks)))
        self.project.build((None, None, self.dim))
        self.widen.build((None, self.mels))
        for layer in (*self.transforms, *self.gates):
            layer.build((None, self.dim))
        self.forward.build((None, None, self.dim))
        self.backward.build((None, None, self.dim))
        self.spread.build((None, 2 * self.dim))

    def call(self, mels, mask, training=False):
        x = ops.concatenate([b(mels, mask, training=training) for b in self.banks], -1)
        x = x * mask[:, :, None]
        after = ops.pad(x, [[0, 0], [0, 1], [0, 0]])[:, 1:]
        x = ops.maximum(x, after)
        x = self.project(
            self.narrow(x, mask, training=training), mask, training=training
        )
        x = ops.cast(self.widen(x + mels), "float32")
        for transform, gate in zip(self.transforms, self.gates, strict=True):
            opened = ops.cast(gate(x), "float32")
            fresh = ops.cast(transform(x), "float32")
            x = opened * fresh + (1.0 - opened) * x
        x, steps = ops.transpose(x, (1, 0, 2)), ops.transpose(mask)
        x = ops.concatenate(
            [self.forward(x, real=steps), self.backward(x, real=steps, reverse=True)],
            -1,
        )
        return self.spread(ops.transpose(x, (1, 0, 2))) * mask[:, :, None]


def _closed(shape, dtype=None):
    return ops.full(shape, -1.0, dtype)
