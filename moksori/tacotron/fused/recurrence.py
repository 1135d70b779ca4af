"""The loop over attention LSTM and attention, with its gradient written out.

As in `lstm.py`, what does not depend on the previous step is one product outside.

Shapes as in `lstm.py` and `attention.py`.
"""

from keras import ops

from moksori.backend.gradients import upstream_gradients
from moksori.backend.loops import scan
from moksori.tacotron.attention import Memory
from moksori.tacotron.cell import cell
from moksori.tacotron.fused.attention import attend, attend_backward
from moksori.tacotron.fused.lstm import cell_backward, previous
from moksori.tacotron.products import kernel_gradient, product


def step(z, state, zoneout_c, zoneout_h, memory: Memory, weights):
    """Take one step of attention LSTM and attention, for both loops.

    z [B, 4H] is what the new frame adds to the pre-activations; state is
    (c [B, H], h [B, H], context [B, E], cumulative [B, S]); `weights` are (kernel
    [E + H, 4H], query [H, A], location [K, A], score [A]).
    Returns `(state, attention weights [B, S], LSTM activations [B, 4H])`.
    """
    c, h, context, cumulative = state
    kernel, query, location, score = weights
    z = z + product(ops.concatenate([context, h], axis=-1), kernel)
    c, h, activations = cell(z, c, h, zoneout_c, zoneout_h)
    attention, context = attend(
        ops.matmul(h, query), memory, cumulative, location, score
    )
    return (c, h, context, cumulative + attention), attention, activations


def recurrence(z, kernel, *others, compute="float32"):
    """Take all steps: `(h [T, B, H], context [T, B, E], weights [T, B, S])`.

    Arguments as in `step`: z [T, B, 4H], kernel, query, location, score, the arrays of
    `Memory`, and zoneout masks [T, B, H or 1] of c and h. `compute` is the type in
    which the products of `kernel` are taken, and in which h and context come, which
    feed but products; attention and state are float32.
    """
    return _recurrence(compute)(z, kernel, *others)


def _recurrence(compute):
    @ops.custom_gradient
    def recurrence(
        z, kernel, query, location, score, values, keys, bias, zoneout_c, zoneout_h
    ):
        weights = (ops.cast(kernel, compute), query, location, score)
        memory = Memory(values, keys, bias)
        state = z[0][:, : query.shape[0]], values[:, 0], values[:, :, 0]
        zeros, context, cumulative = map(ops.zeros_like, state)
        start = zeros, zeros, context, cumulative
        c, *outputs, activations = _forward(
            start, (z, zoneout_c, zoneout_h), memory, weights, compute
        )

        def gradient(*arguments, upstream=None):
            sequences = (activations, previous(c), zoneout_c, zoneout_h)
            given = upstream_gradients(arguments, upstream)
            found = _gradients(start, given, outputs, sequences, memory, weights)
            still = (ops.zeros_like(a) for a in (bias, zoneout_c, zoneout_h))
            return (*found, *still)

        return tuple(outputs), gradient

    return recurrence


def _forward(start, sequences, memory, weights, compute):
    """Run the loop: sequences of c, h, context, attention weights and activations."""

    def forward(state, x):
        state, attention, activations = step(x[0], state, *x[1:], memory, weights)
        c, h, context, _ = state
        h, context = ops.cast(h, compute), ops.cast(context, compute)
        return state, (c, h, context, attention, activations)

    return scan(forward, start, sequences, fuse=True)[1]


def _gradients(start, given, outputs, sequences, memory, weights):
    """Return those of z, kernel, query, location, score, memory values and keys.

    `given` are the gradients of `outputs`, which are h, context and attention.
    """
    h, context, attention = outputs
    projected = ops.matmul(ops.cast(h, "float32"), weights[1])
    cumulative = previous(ops.cumsum(attention, axis=0))
    sums, (dz, dquery, dcontext) = _backward(
        start,
        (*given, attention, projected, cumulative, *sequences),
        memory,
        weights,
    )
    dkeys, dlocation, dscore = sums
    inputs = ops.concatenate([previous(context), previous(h)], axis=-1)
    dvalues = ops.matmul(
        ops.transpose(attention, (1, 2, 0)), ops.transpose(dcontext, (1, 0, 2))
    )
    return (
        dz,
        kernel_gradient(inputs, dz),
        kernel_gradient(h, dquery),
        ops.sum(dlocation, axis=0),
        ops.sum(dscore, axis=0),
        dvalues,
        dkeys,
    )


def _backward(start, sequences, memory, weights):
    """Run the gradient's loop: `((dkeys, dlocation, dscore), (dz, dquery, dcontext))`.

    What is summed over time stays apart for every utterance: several devices, each
    with some of them, would otherwise have to exchange it at every step.
    """
    kernel, query, location, score = weights
    kernel_t, query_t = ops.transpose(kernel), ops.transpose(query)
    channels = memory.values.shape[-1]

    def backward(carry, x):
        dc, dh, dcontext, dcumulative, *sums = carry
        dh_t, dcontext_t, dattention, attention, projected, cumulative = x[:6]
        dcontext = dcontext + ops.cast(dcontext_t, "float32")
        dhidden, dpast, *more = attend_backward(
            dattention + dcumulative,
            dcontext,
            attention,
            projected,
            memory,
            cumulative,
            location,
            score,
        )
        dquery = ops.sum(dhidden, axis=1)
        dh = dh + ops.cast(dh_t, "float32") + ops.matmul(dquery, query_t)
        dz, dc, dh = cell_backward(dc, dh, *x[6:])
        dinputs = product(dz, kernel_t)
        carry = (
            dc,
            dh + dinputs[:, channels:],
            dinputs[:, :channels],
            dcumulative + dpast,
            *(a + b for a, b in zip(sums, (dhidden, *more), strict=True)),
        )
        return carry, (dz, dquery, dcontext)

    each = ops.zeros_like(memory.values[:, :1, :1])
    sums = ops.zeros_like(memory.keys), each * location, each[:, 0] * score
    carry, gradients = scan(
        backward, (*start, *sums), sequences, reverse=True, fuse=True
    )
    return carry[4:], gradients
