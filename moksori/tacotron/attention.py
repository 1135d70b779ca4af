"""Location-sensitive attention (Chorowski et al. 2015) with cumulative weights.

Shapes: B batch, S symbols, E memory channels, H query units, A attention channels,
K kernel taps.
"""

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

PADDING_ENERGY = -1e9


class Memory(NamedTuple):
    """What attention reads of a batch of texts, the same at every step."""

    values: Any  # [B, S, E] the encoder's output
    keys: Any  # [B, S, A] its projection
    mask_bias: Any  # [B, S] 0 on symbols, a large negative number on padding


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
