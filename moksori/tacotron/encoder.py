"""Encode symbols: convolutions, bidirectional LSTM (Shen et al. 2018, 2.2)."""

import keras
from keras import ops

from moksori.tacotron.layers import ConvolutionBlock
from moksori.tacotron.lstm import ZoneoutLSTM


class Encoder(keras.layers.Layer):
    """The encoder: ids [B, S], mask [B, S], speaker [B, V] -> memory [B, S, dim]."""

    def __init__(
        self,
        symbols,
        symbol_dim,
        dim,
        layers,
        kernel,
        dropout,
        zoneout,
        noise,
        compute="float32",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.dim = dim
        self.embedding = keras.layers.Embedding(
            symbols, symbol_dim, embeddings_initializer="glorot_normal", name="symbols"
        )
        self.speaker = keras.layers.Dense(
            symbol_dim, activation="softsign", name="speaker"
        )
        self.blocks = [
            ConvolutionBlock(
                dim, kernel, "relu", dropout, noise, compute, name=f"block_{i}"
            )
            for i in range(layers)
        ]
        self.forward = ZoneoutLSTM(dim // 2, zoneout, noise, compute, name="forward")
        self.backward = ZoneoutLSTM(dim // 2, zoneout, noise, compute, name="backward")

    def build(self, speaker_dim):
        self.embedding.build(None)
        self.speaker.build((None, speaker_dim))
        width = self.embedding.output_dim
        for block in self.blocks:
            block.build((None, None, width))
            width = self.dim
        self.forward.build((None, None, width))
        self.backward.build((None, None, width))

    def call(self, ids, mask, speaker, training=False):
        x = self.embedding(ids) + self.speaker(speaker)[:, None, :]
        for block in self.blocks:
            x = block(x, mask, training=training)
        x, steps = ops.transpose(x, (1, 0, 2)), ops.transpose(mask)
        memory = ops.concatenate(
            [
                self.forward(x, real=steps, training=training),
                self.backward(x, real=steps, training=training, reverse=True),
            ],
            axis=-1,
        )
        memory = ops.cast(ops.transpose(memory, (1, 0, 2)), "float32")
        return memory * mask[:, :, None]
