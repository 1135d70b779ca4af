"""The LSTM layer with zoneout that encoder, decoder and CBHG share.

Shapes: T time, B batch, D input, H units. Gates lie in the order input, forget,
candidate, output along the last axis, 4H wide.
"""

import keras
from keras import ops

from moksori.backend.gradients import read_variable
from moksori.tacotron.cell import cell
from moksori.tacotron.fused.lstm import recurrence
from moksori.tacotron.products import project


class ZoneoutLSTM(keras.layers.Layer):
    """A unidirectional LSTM layer with zoneout on cell and output.

    `compute` is the type of its products over whole sequences, and of their result.
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

    def zoneout_masks(self, steps, batch, training: bool):
        """Draw masks [T, B, H] for cell and output; outside training their mean."""
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
        """Run over sequences: x [T, B, D], real [T, B] (0 where padding) -> [T, B, H].

        Padding holds the state, so it changes nothing in either direction.
        """
        z = project(x, self.kernel, self.compute) + self.bias
        zoneout = self.zoneout_masks(ops.shape(x)[0], ops.shape(x)[1], training)
        if real is not None:
            pad = 1.0 - real[:, :, None]
            zoneout = [ops.maximum(mask, pad) for mask in zoneout]
        if reverse:
            z, *zoneout = (ops.flip(a, axis=0) for a in (z, *zoneout))
        # Speech meets a new length with every line, training few of them.
        recurrent = read_variable(self.recurrent)
        h = recurrence(z, recurrent, *zoneout, self.compute, fuse=training)
        return ops.flip(h, axis=0) if reverse else h

    def step(self, x, c, h, zoneout_c=None, zoneout_h=None):
        """Take one step: x [B, D], cell c and output h [B, H] -> new (c, h).

        Without zoneout masks their mean, as outside training.
        """
        z = ops.matmul(x, self.kernel) + self.bias + ops.matmul(h, self.recurrent)
        zoneout = (self.zoneout if m is None else m for m in (zoneout_c, zoneout_h))
        return cell(z, c, h, *zoneout)[:2]


def _forget_bias(shape, dtype=None):
    units = shape[0] // 4
    return ops.concatenate(
        [ops.zeros((units,)), ops.ones((units,)), ops.zeros((2 * units,))]
    )
