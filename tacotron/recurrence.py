"""The one loop of Tacotron 2 that cannot be unrolled: attention LSTM and attention.

Teacher-forced, the decoder LSTM above it never feeds back, so only these two share
a loop. Its gradient is written out for the same reason as in `lstm.py`: what does
not depend on the previous step is one product outside.

Shapes as in `lstm.py` and `attention.py`.
"""

from keras import ops

from tacotron.attention import attend, attend_backward
from tacotron.lstm import cell, cell_backward, gathered, previous
from tacotron.scan import scan
from tacotron.scan import upstream as gradients_of


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
    z = z + ops.matmul(ops.concatenate([context, h], axis=-1), kernel)
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


@ops.custom_gradient
def recurrence(
    z, kernel, query, location, score, keys, memory, penalty, hold_c, hold_h
):
    """All steps, teacher-forced: `(h [T, B, H], context [T, B, E], weights [T, B, S])`.

    Arguments as in `step`, z [T, B, 4H], hold_c and hold_h [T, B, H or 1].
    """
    weights, utterance = (kernel, query, location, score), (keys, memory, penalty)

    def forward(state, x):
        z_t, hold_c_t, hold_h_t = x
        state, attention, activations = step(
            z_t, state, hold_c_t, hold_h_t, weights, utterance
        )
        c, h, context, _ = state
        return state, (c, h, context, attention, activations)

    start = initial_state(query.shape[0], memory)
    _, outputs = scan(forward, start, (z, hold_c, hold_h), fuse=True)
    c, h, context, attention, activations = outputs

    def gradient(*arguments, upstream=None):
        cumulative = previous(ops.cumsum(attention, axis=0))
        sequences = (
            *gradients_of(arguments, upstream),
            attention,
            activations,
            previous(c),
            ops.matmul(h, query),
            cumulative,
            hold_c,
            hold_h,
        )
        sums, (dz, dquery, dcontext) = _backward(start, sequences, weights, utterance)
        dkeys, dlocation, dscore = sums
        inputs = ops.concatenate([previous(context), previous(h)], axis=-1)
        dmemory = ops.matmul(
            ops.transpose(attention, (1, 2, 0)), ops.transpose(dcontext, (1, 0, 2))
        )
        return (
            dz,
            gathered(inputs, dz),
            gathered(h, dquery),
            dlocation,
            dscore,
            dkeys,
            dmemory,
            ops.zeros_like(penalty),
            ops.zeros_like(hold_c),
            ops.zeros_like(hold_h),
        )

    return (h, context, attention), gradient


def _backward(start, sequences, weights, utterance):
    """The gradient's loop: `((dkeys, dlocation, dscore), (dz, dquery, dcontext))`."""
    kernel, query, location, score = weights
    keys, memory, _ = utterance
    kernel_t, query_t = ops.transpose(kernel), ops.transpose(query)
    channels = memory.shape[-1]

    def backward(carry, x):
        dc, dh, dcontext, dcumulative, dkeys, dlocation, dscore = carry
        dh_t, dcontext_t, dattention, attention, activations = x[:5]
        c, projected, cumulative, hold_c, hold_h = x[5:]
        dcontext = dcontext + dcontext_t
        dhidden, dpast, dlocation_t, dscore_t = attend_backward(
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
        dh = dh + dh_t + ops.matmul(dquery, query_t)
        dz, dc, dh = cell_backward(dc, dh, activations, c, hold_c, hold_h)
        dinputs = ops.matmul(dz, kernel_t)
        carry = (
            dc,
            dh + dinputs[:, channels:],
            dinputs[:, :channels],
            dcumulative + dpast,
            dkeys + dhidden,
            dlocation + dlocation_t,
            dscore + dscore_t,
        )
        return carry, (dz, dquery, dcontext)

    sums = tuple(ops.zeros_like(a) for a in (keys, location, score))
    carry, gradients = scan(
        backward, (*start, *sums), sequences, reverse=True, fuse=True
    )
    return carry[4:], gradients
