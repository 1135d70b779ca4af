"""One step of location-sensitive attention and its adjoint, on plain arrays.

Filter and projection of the location features are both linear: here they are one kernel
[K, A], applied to every symbol's neighbourhood.

Shapes: T steps, B batch, S symbols, E memory channels, H query units, A attention
channels, K kernel taps.
"""

from keras import ops

from moksori.tacotron.attention import Memory


def patches(cumulative, taps: int):
    """Gather each symbol's neighbours, zeros beyond the ends: [B, S] -> [B, S, K]."""
    half = taps // 2
    symbols = cumulative.shape[1] or ops.shape(cumulative)[1]
    padded = ops.pad(cumulative, [[0, 0], [half, half]])
    index = ops.arange(symbols)[:, None] + ops.arange(taps)[None, :]
    return ops.take(padded, index, axis=1)


def unpatch(gradient):
    """Return the adjoint of `patches`: [B, S, K] -> [B, S].

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
    """Return tanh of the summed projections: query [B, A] -> [B, S, A]."""
    near = ops.matmul(patches(cumulative, location.shape[0]), location)
    return ops.tanh(query[:, None, :] + keys + near)


def attend(query, memory: Memory, cumulative, location, score):
    """Attend once: `(weights [B, S], context [B, E])`; query [B, A] is projected."""
    inner = hidden(query, memory.keys, cumulative, location)
    energies = ops.matmul(inner, score[:, None])
    weights = ops.softmax(energies[:, :, 0] + memory.mask_bias, axis=-1)
    context = ops.matmul(weights[:, None, :], memory.values)[:, 0]
    return weights, context


def attend_backward(
    dweights, dcontext, weights, query, memory: Memory, cumulative, location, score
):
    """Return the adjoint of `attend`, without the part of the memory's values.

    `(dhidden [B, S, A], dcumulative [B, S], dlocation [B, K, A], dscore [B, A])`, where
    dhidden is the gradient of the sum inside the tanh, and the last two are those of
    each utterance.
    """
    inner = hidden(query, memory.keys, cumulative, location)
    dweights = dweights + ops.matmul(memory.values, dcontext[:, :, None])[:, :, 0]
    denergies = weights * (dweights - ops.sum(weights * dweights, -1, keepdims=True))
    dscore = ops.matmul(denergies[:, None, :], inner)[:, 0]
    dhidden = denergies[:, :, None] * score * (1.0 - inner * inner)
    near = patches(cumulative, location.shape[0])
    dlocation = ops.matmul(ops.transpose(near, (0, 2, 1)), dhidden)
    dcumulative = unpatch(ops.matmul(dhidden, ops.transpose(location)))
    return dhidden, dcumulative, dlocation, dscore
