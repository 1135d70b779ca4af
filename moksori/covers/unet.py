"""Estimate the magnitude of one stem in the magnitude of a mix: a U-Net.

After Jansson et al. 2017, "Singing voice separation with deep U-Net convolutional
networks", as Spleeter has it (Hennequin et al. 2020, "Spleeter: a fast and efficient
music source separation tool with pre-trained models").
"""

from collections.abc import Mapping

import keras
import numpy as np
from keras import layers, ops

FRAMES, BINS = 512, 1024
_FILTERS = 16, 32, 64, 128, 256, 512
_EPSILON = 1e-3


class UNet(keras.layers.Layer):
    """Map magnitudes [B, 512 frames, 1024 bins, 2 channels] to those of a stem.

    Six convolutions halve both axes, and six transposed ones double them again; each of
    these also sees what the convolution of its size gave.
    """

    def __init__(self, **options):
        super().__init__(**options)
        same = {"strides": 2, "padding": "same"}
        self.down = [layers.Conv2D(n, 5, **same) for n in _FILTERS]
        self.down_norms = [_norm() for _ in _FILTERS[:-1]]
        up = (*reversed(_FILTERS[:-1]), 1)
        self.up = [layers.Conv2DTranspose(n, 5, **same) for n in up]
        self.up_norms = [_norm() for _ in up]
        self.mask = layers.Conv2D(
            2, 4, dilation_rate=2, padding="same", activation="sigmoid"
        )

    def call(self, magnitudes):
        x, skips = magnitudes, []
        for convolution, norm in zip(self.down, self.down_norms, strict=False):
            skips.append(convolution(x))
            x = ops.leaky_relu(norm(skips[-1]), 0.2)
        x = self.down[-1](x)
        for convolution, norm in zip(self.up, self.up_norms, strict=True):
            x = norm(ops.relu(convolution(x)))
            if skips:
                x = ops.concatenate([skips.pop(), x], axis=-1)
        return self.mask(x) * magnitudes


def _norm() -> layers.BatchNormalization:
    # Never trained here: the means and variances are those of the weights.
    return layers.BatchNormalization(epsilon=_EPSILON, trainable=False)


def two_stems(weights: Mapping[str, np.ndarray]) -> keras.Model:
    """Build the model of Spleeter's two stems from its variables by name.

    It maps magnitudes [B, 512, 1024, 2] to those of the vocals and of the backing.
    Raises `KeyError` where a variable is missing.
    """
    mix = keras.Input((FRAMES, BINS, 2))
    stems = []
    for number in range(2):
        net = UNet()
        stems.append(net(mix))
        _assign(net, weights, number)
    return keras.Model(mix, stems)


def _assign(net: UNet, weights: Mapping[str, np.ndarray], number: int) -> None:
    """Set the weights of the `number`-th net, whose layers are counted by kind."""
    down, up = len(net.down), len(net.up)
    convolutions = [*net.down, net.mask]
    for i, layer in enumerate(convolutions, number * len(convolutions)):
        _set(layer, weights, "conv2d", i, ("kernel", "bias"))
    for i, layer in enumerate(net.up, number * up):
        _set(layer, weights, "conv2d_transpose", i, ("kernel", "bias"))
    # The innermost convolution has a normalisation, of which nothing is used.
    first = number * (down + up)
    places = [*range(first, first + down - 1), *range(first + down, first + down + up)]
    parts = "gamma", "beta", "moving_mean", "moving_variance"
    for i, layer in zip(places, [*net.down_norms, *net.up_norms], strict=True):
        _set(layer, weights, "batch_normalization", i, parts)


def _set(layer, weights, kind: str, number: int, parts: tuple[str, ...]) -> None:
    name = f"{kind}_{number}" if number else kind
    layer.set_weights([weights[f"{name}/{part}"] for part in parts])
