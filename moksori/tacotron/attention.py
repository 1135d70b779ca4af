"""Location-sensitive attention (Chorowski et al. 2015) with cumulative weights.

Shapes: T steps, B batch, S symbols, E memory channels, H query units, A attention
channels, K kernel taps.
"""

import keras
import numpy as np
from keras import ops


class LocationSensitiveAttention(keras.layers.Layer):
    """Scores v . tanh(W query + V memory + U (F * cumulative) + b), softmax over S.

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

    def keys(self, memory):
        """memory [B, S, E] -> [B, S, A], computed once an utterance."""
        return ops.matmul(memory, self.memory_kernel) + self.bias

    def location(self):
        """Filter and projection are both linear, so they are one kernel [K, A]."""
        return ops.matmul(self.filter, self.location_kernel)


def patches(cumulative, taps: int):
    """Every symbol's neighbourhood: [B, S] -> [B, S, K], zeros beyond the ends."""
    half = taps // 2
    symbols = cumulative.shape[1] or ops.shape(cumulative)[1]
    padded = ops.pad(cumulative, [[0, 0], [half, half]])
    index = ops.arange(symbols)[:, None] + ops.arange(taps)[None, :]
    return ops.take(padded, index, axis=1)


def unpatch(gradient):
    """The adjoint of `patches`: [B, S, K] -> [B, S].

    Rows padded to S + K and read as rows of S + K - 1 are each one further to the
    right than the row above, so that a sum over rows adds up what belongs together.
    """
    batch, symbols, taps = ops.shape(gradient)
    half = taps // 2
    flat = ops.reshape(ops.pad(gradient, [[0, 0], [0, 0], [0, symbols]]), (batch, -1))
    width = symbols + taps - 1
    skewed = ops.reshape(flat[:, : symbols * width], (batch, symbols, width))
    return ops.sum(skewed, axis=1)[:, half : half + symbols]


def hidden(query, keys, cumulative, location):
    """tanh of the summed projections: query [B, A] -> [B, S, A]."""
    near = ops.matmul(patches(cumulative, location.shape[0]), location)
    return ops.tanh(query[:, None, :] + keys + near)


def attend(query, keys, memory, penalty, cumulative, location, score):
    """One step: `(weights [B, S], context [B, E])`.

    query [B, A] is projected already; penalty [B, S] is 0 on symbols and a large
    negative number on padding.
    """
    energies = ops.matmul(hidden(query, keys, cumulative, location), score[:, None])
    weights = ops.softmax(energies[:, :, 0] + penalty, axis=-1)
    context = ops.matmul(weights[:, None, :], memory)[:, 0]
    return weights, context


def attend_backward(
    dweights, dcontext, weights, query, keys, memory, cumulative, location, score
):
    """The adjoint of `attend`, without the part of memory.

    Returns `(dhidden [B, S, A], dcumulative [B, S], dlocation [B, K, A], dscore
    [B, A])` where dhidden is the gradient of the sum inside the tanh, and the last two
    are those of each utterance.
    """
    inner = hidden(query, keys, cumulative, location)
    dweights = dweights + ops.matmul(memory, dcontext[:, :, None])[:, :, 0]
    denergies = weights * (dweights - ops.sum(weights * dweights, -1, keepdims=True))
    dscore = ops.matmul(denergies[:, None, :], inner)[:, 0]
    dhidden = denergies[:, :, None] * score * (1.0 - inner * inner)
    near = patches(cumulative, location.shape[0])
    dlocation = ops.matmul(ops.transpose(near, (0, 2, 1)), dhidden)
    dcumulative = unpatch(ops.matmul(dhidden, ops.transpose(location)))
    return dhidden, dcumulative, dlocation, dscore


def _score_initial(shape, dtype=None):
    limit = float(np.sqrt(3.0 / shape[0]))
    return keras.random.uniform(shape, -limit, limit)
