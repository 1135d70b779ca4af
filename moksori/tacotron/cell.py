"""The LSTM cell with zoneout (Krueger et al. 2017, section 3.2)."""

from keras import ops


def cell(z, c, h, zoneout_c, zoneout_h):
    """Take one step from pre-activations: `(c, h, activations)`.

    z [B, 4H], its gates in the order input, forget, candidate, output; c and h [B, H].
    Where a zoneout mask is 1 a unit keeps its value; between 0 and 1 it is the
    expectation. `activations` [B, 4H] are the gates.
    """
    i, f, g, o = ops.split(z, 4, axis=-1)
    i, f, g, o = ops.sigmoid(i), ops.sigmoid(f), ops.tanh(g), ops.sigmoid(o)
    fresh = f * c + i * g
    new_c = fresh + zoneout_c * (c - fresh)
    out = o * ops.tanh(fresh)
    new_h = out + zoneout_h * (h - out)
    return new_c, new_h, ops.concatenate([i, f, g, o], axis=-1)
