"""Masked convolutions and dropout, which encoder and postnet share."""

import keras
from keras import ops

from moksori.backend.replicas import all_reduce_sum
from moksori.tacotron.products import dtype_policy


def dropout(x, rate: float, noise, training: bool):
    """Drop units by the model's one noise source, so that a step can be repeated."""
    if not training or not rate:
        return x
    return keras.random.dropout(x, rate, seed=noise)


class MaskedNormalization(keras.layers.Layer):
    """Batch normalisation (Ioffe and Szegedy 2015) over the real frames of a batch.

    x [B, T, C], mask [B, T] -> [B, T, C]. In training, mean and biased variance are
    those of the real frames of all devices together, and the moving ones follow.
    """

    momentum, epsilon = 0.9, 1e-5

    def build(self, channels):
        def add(name, start, trainable):
            return self.add_weight(
                shape=(channels,), initializer=start, trainable=trainable, name=name
            )

        self.gamma, self.beta = add("gamma", "ones", True), add("beta", "zeros", True)
        self.moving_mean = add("moving_mean", "zeros", False)
        self.moving_variance = add("moving_variance", "ones", False)

    def call(self, x, mask, training=False):
        if training:
            mean, variance = _moments(x, mask[:, :, None])
            self._update(self.moving_mean, mean)
            self._update(self.moving_variance, variance)
        else:
            mean, variance = self.moving_mean, self.moving_variance
        return ops.batch_normalization(
            x, mean, variance, -1, self.beta, self.gamma, self.epsilon
        )

    def _update(self, moving, now):
        moving.assign(moving * self.momentum + now * (1.0 - self.momentum))


def _moments(x, real):
    """Return mean and variance [C] of x [B, T, C] where `real` [B, T, 1] is 1."""
    total, count = all_reduce_sum(ops.sum(x * real, (0, 1)), ops.sum(real))
    count = ops.maximum(count, 1.0)
    mean = total / count
    (squares,) = all_reduce_sum(ops.sum(ops.square((x - mean) * real), (0, 1)))
    return mean, squares / count


class ConvolutionBlock(keras.layers.Layer):
    """Convolution, batch normalisation, activation and dropout that ignore padding.

    x [B, T, C], mask [B, T] -> [B, T, channels]. Padding is zero before the
    convolution and does not count in the batch statistics. The convolution alone is
    in `compute`.
    """

    def __init__(
        self, channels, kernel, activation, rate, noise, compute="float32", **kwargs
    ):
        super().__init__(**kwargs)
        self.convolution = keras.layers.Conv1D(
            channels,
            kernel,
            padding="same",
            use_bias=False,
            dtype=dtype_policy(compute),
            name="convolution",
        )
        self.normalization = MaskedNormalization(name="normalization")
        self.activation = keras.activations.get(activation)
        self.rate, self.noise = rate, noise

    def build(self, shape):
        self.convolution.build(shape)
        self.normalization.build(self.convolution.filters)

    def call(self, x, mask, training=False):
        x = self.convolution(x * mask[:, :, None])
        x = self.normalization(x, mask, training=training)
        return dropout(self.activation(x), self.rate, self.noise, training)
