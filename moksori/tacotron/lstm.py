"""LSTM with zoneout whose gradient is written out.

The recurrence alone stays in the loop: inputs are projected before it and the
gradients of the weights are one matrix product after it, so each weight is read
once a step and its gradient written once a sequence.

Shapes: T time, B batch, D input, H units. Gates lie in the order input, forget,
candidate, output along the last axis, 4H wide.
"""

import keras
from keras import ops

from moksori.backend.gradients import read_variable, upstream_gradients
from moksori.backend.loops import scan
from moksori.tacotron.products import gathered, product, projected


def cell(z, c, h, hold_c, hold_h):
    """One step from pre-activations: `(c, h, activations)`.

    z [B, 4H], c and h [B, H]. Zoneout (Krueger et al. 2017, section 3.2): where
    `hold` is 1 a unit keeps its value, between 0 and 1 it is the expectation.
    """
    i, f, g, o = ops.split(z, 4, axis=-1)
    i, f, g, o = ops.sigmoid(i), ops.sigmoid(f), ops.tanh(g), ops.sigmoid(o)
    fresh = f * c + i * g
    new_c = fresh + hold_c * (c - fresh)
    out = o * ops.tanh(fresh)
    new_h = out + hold_h * (h - out)
    return new_c, new_h, ops.concatenate([i, f, g, o], axis=-1)


def cell_backward(dc, dh, activations, c, hold_c, hold_h):
    """The adjoint of `cell`: `(dz, dc, dh)`, dh without the part through z.

    dc and dh [B, H] belong to the new state, c [B, H] is the old one.
    """
    i, f, g, o = ops.split(activations, 4, axis=-1)
    squashed = ops.tanh(f * c + i * g)
    held_h = hold_h * dh
    dout = dh - held_h
    held_c = hold_c * dc
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
    """[T, ...] shifted by one step, zeros first: the state each step started from."""
    return ops.concatenate([ops.zeros_like(sequence[:1]), sequence[:-1]], axis=0)


def recurrence(z, kernel, hold_c, hold_h, compute="float32"):
    """States of a zoneout LSTM from projected inputs: z [T, B, 4H] -> h [T, B, H].

    kernel [H, 4H]; hold_c and hold_h [T, B, H or 1]. `compute` is the type in which
    products are taken and h comes, which feeds but products; the state itself and the
    gates are float32.
    """
    return _recurrence(compute)(z, kernel, hold_c, hold_h)


def _recurrence(compute):
    @ops.custom_gradient
    def recurrence(z, kernel, hold_c, hold_h):
        start = ops.zeros_like(z[0][:, : kernel.shape[0]])
        rounded = ops.cast(kernel, compute)

        def forward(state, x):
            c, h = state
            z_t, hold_c_t, hold_h_t = x
            z_t = z_t + product(h, rounded)
            c, h, activations = cell(z_t, c, h, hold_c_t, hold_h_t)
            return (c, h), (c, ops.cast(h, compute), activations)

        _, (c, h, activations) = scan(
            forward, (start, start), (z, hold_c, hold_h), fuse=True
        )

        def gradient(*arguments, upstream=None):
            (dh,) = upstream_gradients(arguments, upstream)
            sequences = (dh, activations, previous(c), hold_c, hold_h)
            dz = _backward(start, sequences, ops.transpose(rounded))
            dkernel = gathered(previous(h), dz)
            return dz, dkernel, ops.zeros_like(hold_c), ops.zeros_like(hold_h)

        return h, gradient

    return recurrence


def _backward(start, sequences, transposed):
    """The gradient's loop: dz [T, B, 4H]."""

    def backward(state, x):
        dc, dh = state
        dh_t, *rest = x
        dz, dc, dh = cell_backward(dc, dh + ops.cast(dh_t, "float32"), *rest)
        return (dc, dh + product(dz, transposed)), (dz,)

    _, (dz,) = scan(backward, (start, start), sequences, reverse=True, fuse=True)
    return dz


class ZoneoutLSTM(keras.layers.Layer):
    """A unidirectional LSTM layer with zoneout on cell and output.

    `compute` is the type of its products over whole sequences, and of what it gives.
    """

    def __init__(
        self, units: int, zoneout: float, noise, compute: str = "float32", **kwargs
    ):
        super().__init__(autocast=False, **kwargs)
        self.supports_masking = True
        self.units = units
        self.zoneout = zoneout
        self.noise = noise
        self.compute = compute

    def build(self, shape):
        self.kernel = self.add_weight(
            shape=(shape[-1], 4 * self.units),
            initializer="glorot_uniform",
            name="kernel",
        )
        self.recurrent = self.add_weight(
            shape=(self.units, 4 * self.units),
            initializer="orthogonal",
            name="recurrent",
        )
        self.bias = self.add_weight(
            shape=(4 * self.units,), initializer=_forget_bias, name="bias"
        )

    def project(self, x):
        """What of the pre-activations needs no state: [..., D] -> [..., 4H]."""
        return projected(x, self.kernel, self.compute) + self.bias

    def holds(self, steps, batch, training: bool):
        """Zoneout masks [T, B, H] for cell and output; their mean outside training."""
        if not training or not self.zoneout:
            return (ops.full((steps, 1, 1), self.zoneout),) * 2
        # Drawing costs more than masking: the coarse bits of a number serve the cell
        # and its fine bits, which do not depend on them, the output.
        coarse = keras.random.uniform((batch, steps, self.units), seed=self.noise)
        # Drawn row by row, so that rows which fill a batch up change no others.
        coarse = ops.transpose(coarse, (1, 0, 2))
        fine = coarse * 4096.0 - ops.floor(coarse * 4096.0)
        return tuple(
            ops.cast(part < self.zoneout, "float32") for part in (coarse, fine)
        )

    def call(self, x, real=None, training=False, reverse=False):
        """x [T, B, D], real [T, B] (0 where padding) -> [T, B, H].

        Padding holds the state, so it changes nothing in either direction.
        """
        z = self.project(x)
        hold_c, hold_h = self.holds(ops.shape(x)[0], ops.shape(x)[1], training)
        if real is not None:
            pad = 1.0 - real[:, :, None]
            hold_c, hold_h = ops.maximum(hold_c, pad), ops.maximum(hold_h, pad)
        if reverse:
            z, hold_c, hold_h = (ops.flip(a, axis=0) for a in (z, hold_c, hold_h))
        h = recurrence(z, read_variable(self.recurrent), hold_c, hold_h, self.compute)
        return ops.flip(h, axis=0) if reverse else h

    def step(self, x, state):
        """One free-running step: x [B, D], state (c, h) [B, H] -> (h, state)."""
        c, h = state
        z = ops.matmul(x, self.kernel) + self.bias + ops.matmul(h, self.recurrent)
        c, h, _ = cell(z, c, h, self.zoneout, self.zoneout)
        return h, (c, h)


def _forget_bias(shape, dtype=None):
    units = shape[0] // 4
    return ops.concatenate(
        [ops.zeros((units,)), ops.ones((units,)), ops.zeros((2 * units,))]
    )
