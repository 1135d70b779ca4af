"""The recurrence of a zoneout LSTM, with its gradient written out.

The recurrence alone stays in the loop: inputs are projected before it and the
gradients of the weights are one matrix product after it, so each weight is read
once a step and its gradient written once a sequence.

Shapes: T time, B batch, H units.
"""

from keras import ops

from moksori.backend.gradients import upstream_gradients
from moksori.backend.loops import scan
from moksori.tacotron.cell import cell
from moksori.tacotron.products import kernel_gradient, product


def cell_backward(dc, dh, activations, c, zoneout_c, zoneout_h):
    """Return the adjoint of `cell`: `(dz, dc, dh)`, dh without the part through z.

    dc and dh [B, H] belong to the new state, c [B, H] is the old one.
    """
    i, f, g, o = ops.split(activations, 4, axis=-1)
    squashed = ops.tanh(f * c + i * g)
    held_h = zoneout_h * dh
    dout = dh - held_h
    held_c = zoneout_c * dc
    dfresh = dc - held_c + dout * o * (1.0 - squashed * squashed)
    dz = ops.concatenate(
        [
            dfresh * g * i * (1.0 - i),
            dfresh * c * f * (1.0 - f),
            dfresh * i * (1.0 - g * g),
            dout * squashed * o * (1.0 - o),
        ],
        axis=-1,
    )
    return dz, held_c + dfresh * f, held_h


def previous(sequence):
    """Shift [T, ...] by one step, zeros first: the state each step started from."""
    return ops.concatenate([ops.zeros_like(sequence[:1]), sequence[:-1]], axis=0)


def recurrence(z, kernel, zoneout_c, zoneout_h, compute="float32", fuse=True):
    """Run a zoneout LSTM over projected inputs: z [T, B, 4H] -> h [T, B, H].

    kernel [H, 4H]; zoneout masks [T, B, H or 1]. `compute` is the type in which
    products are taken and h comes, which feeds but products; the state itself and the
    gates are float32. `fuse` is that of `scan`.
    """
    return _recurrence(compute, fuse)(z, kernel, zoneout_c, zoneout_h)


def _recurrence(compute, fuse):
    @ops.custom_gradient
    def recurrence(z, kernel, zoneout_c, zoneout_h):
        start = ops.zeros_like(z[0][:, : kernel.shape[0]])
        rounded = ops.cast(kernel, compute)

        def forward(state, x):
            c, h = state
            z_t, *zoneout = x
            c, h, activations = cell(z_t + product(h, rounded), c, h, *zoneout)
            return (c, h), (c, ops.cast(h, compute), activations)

        _, (c, h, activations) = scan(
            forward, (start, start), (z, zoneout_c, zoneout_h), fuse=fuse
        )

        def gradient(*arguments, upstream=None):
            (dh,) = upstream_gradients(arguments, upstream)
            sequences = (dh, activations, previous(c), zoneout_c, zoneout_h)
            dz = _backward(start, sequences, ops.transpose(rounded))
            dkernel = kernel_gradient(previous(h), dz)
            return dz, dkernel, ops.zeros_like(zoneout_c), ops.zeros_like(zoneout_h)

        return h, gradient

    return recurrence


def _backward(start, sequences, transposed):
    """Run the gradient's loop: dz [T, B, 4H]."""

    def backward(state, x):
        dc, dh = state
        dh_t, *rest = x
        dz, dc, dh = cell_backward(dc, dh + ops.cast(dh_t, "float32"), *rest)
        return (dc, dh + product(dz, transposed)), (dz,)

    _, (dz,) = scan(backward, (start, start), sequences, reverse=True, fuse=True)
    return dz
