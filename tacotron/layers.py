"""What encoder, decoder and postnet share: masked convolutions and dropout."""

import keras
from keras import ops


def dropout(x, rate: float, noise, training: bool):
    """Dropout from the model's one noise source, so that a step can be repeated."""
    if not training or not rate:
        return x
    return keras.random.dropout(x, rate, seed=noise)


class ConvolutionBlock(keras.layers.Layer):
    """Convolution, batch normalisation, activation and dropout, blind to padding.

    x [B, T, C], mask [B, T] -> [B, T, channels]. Padding is zero before the
    convolution and does not count in the batch statistics.
    """

    def __init__(self, channels, kernel, activation, rate, noise, **kwargs):
        super().__init__(**kwargs)
        self.convolution = keras.layers.Conv1D(
            channels, kernel, padding="same", use_bias=False, name="convolution"
        )
        self.normalization = keras.layers.BatchNormalization(
            momentum=0.9, epsilon=1e-5, name="normalization"
        )
        self.activation = keras.activations.get(activation)
        self.rate, self.noise = rate, noise

    def build(self, shape):
        self.convolution.build(shape)
        self.normalization.build((*shape[:-1], self.convolution.filters))

    def call(self, x, mask, training=False):
        x = self.convolution(x * mask[:, :, None])
        x = self.normalization(x, training=training, mask=ops.cast(mask, "bool"))
        return dropout(self.activation(x), self.rate, self.noise, training)
