"""The one loop of Tacotron 2 that cannot be unrolled: attention LSTM and attention.

Teacher-forced, the decoder LSTM above it never feeds back, so only these two share
a loop. Its gradient is written out for the same reason as in `lstm.py`: what does
not depend on the previous step is one product outside.

Shapes as in `lstm.py` and `attention.py`.
"""

from keras import ops

from moksori.backend.gradients import upstream_gradients
from moksori.backend.loops import scan
from moksori.tacotron.attention import attend, attend_backward
from moksori.tacotron.lstm import cell, cell_backward, previous
from moksori.tacotron.products import gathered, product


def step(z, state, hold_c, hold_h, weights, utterance):
    """One decoder step of attention LSTM and attention, for both loops.

    z [B, 4H] is what the new frame adds to the pre-activations; state is
    (c [B, H], h [B, H], context [B, E], cumulative [B, S]); `weights` are (kernel
    [E + H, 4H], query [H, A], location [K, A], score [A]); `utterance` is (keys
    [B, S, A], memory [B, S, E], penalty [B, S]).
    Returns `(state, attention weights [B, S], LSTM activations [B, 4H])`.
    """
    c, h, context, cumulative = state
    kernel, query, location, score = weights
    keys, memory, penalty = utterance
    z = z + product(ops.concatenate([context, h], axis=-1), kernel)
    c, h, activations = cell(z, c, h, hold_c, hold_h)
    attention, context = attend(
        ops.matmul(h, query), keys, memory, penalty, cumulative, location, score
    )
    return (c, h, context, cumulative + attention), attention, activations


def initial_state(units: int, memory):
    """The state before the first frame, zeros."""
    zeros = ops.zeros_like(memory[:, :1, :1])[:, 0]
    return (
        ops.tile(zeros, (1, units)),
        ops.tile(zeros, (1, units)),
        ops.zeros_like(memory[:, 0]),
        ops.zeros_like(memory[:, :, 0]),
    )


def recurrence(z, kernel, *others, compute="float32"):
    """All steps, teacher-forced: `(h [T, B, H], context [T, B, E], weights [T, B, S])`.

    Arguments as in `step`: z [T, B, 4H], kernel, query, location, score, keys, memory,
    penalty, and hold_c and hold_h [T, B, H or 1]. `compute` is the type in which the
    products of `kernel` are taken, and in which h and context come, which feed but
    products; attention and state are float32.
    """
    return _recurrence(compute)(z, kernel, *others)


def _recurrence(compute):
    @ops.custom_gradient
    def recurrence(
        z, kernel, query, location, score, keys, memory, penalty, hold_c, hold_h
    ):
        weights = (ops.cast(kernel, compute), query, location, score)
        utterance = (keys, memory, penalty)
        start = initial_state(query.shape[0], memory)
        c, *outputs, activations = _forward(
            start, (z, hold_c, hold_h), weights, utterance, compute
        )

        def gradient(*arguments, upstream=None):
            sequences = (activations, previous(c), hold_c, hold_h)
            given = upstream_gradients(arguments, upstream)
            found = _gradients(start, given, outputs, sequences, weights, utterance)
            still = (ops.zeros_like(a) for a in (penalty, hold_c, hold_h))
            return (*found, *still)

        return tuple(outputs), gradient

    return recurrence


def _forward(start, sequences, weights, utterance, compute):
    """The loop: sequences of c, h, context, attention weights and activations."""

    def forward(state, x):
        state, attention, activations = step(x[0], state, *x[1:], weights, utterance)
        c, h, context, _ = state
        h, context = ops.cast(h, compute), ops.cast(context, compute)
        return state, (c, h, context, attention, activations)

    return scan(forward, start, sequences, fuse=True)[1]


def _gradients(start, given, outputs, sequences, weights, utterance):
    """Of z, kernel, query, location, score, keys and memory.

    `given` are the gradients of `outputs`, which are h, context and attention.
    """
    h, context, attention = outputs
    projected = ops.matmul(ops.cast(h, "float32"), weights[1])
    cumulative = previous(ops.cumsum(attention, axis=0))
    sums, (dz, dquery, dcontext) = _backward(
        start,
        (*given, attention, projected, cumulative, *sequences),
        weights,
        utterance,
    )
    dkeys, dlocation, dscore = sums
    inputs = ops.concatenate([previous(context), previous(h)], axis=-1)
    dmemory = ops.matmul(
        ops.transpose(attention, (1, 2, 0)), ops.transpose(dcontext, (1, 0, 2))
    )
    return (
        dz,
        gathered(inputs, dz),
        gathered(h, dquery),
        ops.sum(dlocation, axis=0),
        ops.sum(dscore, axis=0),
        dkeys,
        dmemory,
    )


def _backward(start, sequences, weights, utterance):
    """The gradient's loop: `((dkeys, dlocation, dscore), (dz, dquery, dcontext))`.

    What is summed over time stays apart for every utterance: several devices, each
    with some of them, would otherwise have to exchange it at every step.
    """
    kernel, query, location, score = weights
    keys, memory, _ = utterance
    kernel_t, query_t = ops.transpose(kernel), ops.transpose(query)
    channels = memory.shape[-1]

    def backward(carry, x):
        dc, dh, dcontext, dcumulative, *sums = carry
        dh_t, dcontext_t, dattention, attention, projected, cumulative = x[:6]
        dcontext = dcontext + ops.cast(dcontext_t, "float32")
        dhidden, dpast, *more = attend_backward(
            dattention + dcumulative,
            dcontext,
            attention,
            projected,
            keys,
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

    each = ops.zeros_like(memory[:, :1, :1])
    sums = ops.zeros_like(keys), each * location, each[:, 0] * score
    carry, gradients = scan(
        backward, (*start, *sums), sequences, reverse=True, fuse=True
    )
    return carry[4:], gradients
