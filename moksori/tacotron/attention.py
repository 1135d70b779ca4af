"""Location-sensitive attention (Chorowski et al. 2015) with cumulative weights.

Shapes: B batch, S symbols, E memory channels, H query units, A attention channels,
K kernel taps.
"""

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

PADDING_ENERGY = -1e9
_REACHED = 0.5


class Memory(NamedTuple):
    """What attention reads of a batch of texts, the same at every step."""

    values: Any  # [B, S, E] the encoder's output
    keys: Any  # [B, S, A] its projection
    mask_bias: Any  # [B, S] 0 on symbols, a large negative number on padding


def confine(memory: Memory, cumulative, window: tuple[int, int]) -> Memory:
    """Mask the energies of symbols outside a window that only moves forward.

    The `window` (behind, ahead) lies around the furthest symbol attended: the last one
    that, together with those after it, has had half a step's attention of all steps so
    far, cumulative [B, S]. So a glance does not move it, and nothing moves it back.
    """
    behind, ahead = window
    symbols = cumulative.shape[1] or ops.shape(cumulative)[1]
    received = ops.flip(ops.cumsum(ops.flip(cumulative, 1), axis=1), 1)
    reached = ops.sum(ops.cast(received >= _REACHED, "int32"), axis=1, keepdims=True)
    distance = ops.arange(symbols)[None, :] - ops.maximum(reached - 1, 0)
    outside = ops.logical_or(distance < -behind, distance > ahead)
    bias = ops.cast(outside, "float32") * PADDING_ENERGY
    return memory._replace(mask_bias=memory.mask_bias + bias)


class LocationSensitiveAttention(keras.layers.Layer):
    """Energies v . tanh(W query + V memory + U (F * cumulative) + b), softmax over S.

    Query is the attention LSTM's output; the location features are a convolution F
    over the sum of all weights so far (Shen et al. 2018, section 2.2).
    """

    def __init__(self, dim: int, filters: int, kernel: int, **kwargs):
        super().__init__(**kwargs)
        self.dim, self.filters, self.taps = dim, filters, kernel

    def build(self, query_dim: int, memory_dim: int):
        add = self.add_weight
        self.query_kernel = add(shape=(query_dim, self.dim), name="query")
        self.memory_kernel = add(shape=(memory_dim, self.dim), name="memory")
        self.filter = add(shape=(self.taps, self.filters), name="filter")
        self.location_kernel = add(shape=(self.filters, self.dim), name="location")
        self.bias = add(shape=(self.dim,), initializer="zeros", name="bias")
        self.score = add(shape=(self.dim,), initializer=_score_initial, name="score")

    def read(self, values, mask) -> Memory:
        """Project an encoder's output once: values [B, S, E], mask [B, S]."""
        keys = ops.matmul(values, self.memory_kernel) + self.bias
        return Memory(values, keys, (1.0 - mask) * PADDING_ENERGY)

    def attend(self, query, memory: Memory, cumulative):
        """Attend once: query [B, H], cumulative weights [B, S] -> (weights [B, S],
        context [B, E])."""
        features = ops.conv(
            cumulative[:, :, None], self.filter[:, None, :], padding="same"
        )
        hidden = ops.tanh(
            ops.matmul(query, self.query_kernel)[:, None, :]
            + memory.keys
            + ops.matmul(features, self.location_kernel)
        )
        energies = ops.matmul(hidden, self.score[:, None])[:, :, 0]
        weights = ops.softmax(energies + memory.mask_bias, axis=-1)
        context = ops.matmul(weights[:, None, :], memory.values)[:, 0]
        return weights, context


def _score_initial(shape, dtype=None):
    limit = float(np.sqrt(3.0 / shape[0]))
    return keras.random.uniform(shape, -limit, limit)
