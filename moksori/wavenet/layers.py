"""The gated block of WaveNet (van den Oord et al. 2016, section 2.3 and figure 4).

Its gradient is written out: automatic differentiation would pass some twenty times over
arrays that do not fit the processor's caches, where six passes beside the matrix
products are enough.

Shapes: B streams, T samples before and T' after a block, N samples that count in the
loss, R residual, C conditioning, G gate channels (both halves), k kernel, d dilation.
"""

import keras
from keras import ops

from moksori.backend.compilation import fuse
from moksori.backend.gradients import upstream_gradients


class GatedBlock(keras.layers.Layer):
    """Dilated causal convolution, gate, and the way to the next block.

    `compute` is the type in which whole sequences take their products ("float32" or
    "bfloat16"); weights and the residual stream stay float32. `depth` is how many
    blocks add up; the `last` of them has no way to a next one.
    """

    def __init__(
        self,
        kernel: int,
        dilation: int,
        residual: int,
        gate: int,
        conditioning: int,
        depth: int,
        last: bool = False,
        compute: str = "float32",
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)
        self.kernel, self.dilation, self.compute = kernel, dilation, compute
        self.reach, self.taps = (kernel - 1) * dilation, kernel * residual
        self.gate = self._weight("gate", (self.taps + conditioning, gate), 1.0)
        self.gate_bias = self._weight("gate_bias", (gate,), 0.0)
        self.next = self.next_bias = None
        if not last:
            gain = 2.0 * (2.0 * depth) ** -0.5
            self.next = self._weight("next", (gate // 2, residual), gain)
            self.next_bias = self._weight("next_bias", (residual,), 0.0)
        self.built = True

    def _weight(self, name, shape, gain):
        scale = gain * shape[0] ** -0.5
        start = keras.initializers.RandomNormal(0.0, scale) if gain else "zeros"
        return self.add_weight(shape=shape, initializer=start, name=name)

    def call(self, h, conditioning, output_length: int):
        """Run over sequences: h [B, T, R] float32, conditioning [B, >= T', C] in
        `compute`, aligned at the end -> (h [B, T', R] or None, z [B, N, G/2] in
        `compute`), where T' = T - (k-1)d and z are the gated units of the last
        N = `output_length` samples."""
        weights = [self.gate[...], self.gate_bias[...]]
        if self.next is not None:
            weights += [self.next[...], self.next_bias[...]]
        block = _block(self.kernel, self.dilation, output_length)
        outputs = block(h, conditioning, *weights)
        return outputs if self.next is not None else (None, outputs)

    def step(self, h, past, conditioning):
        """Take one sample: h [B, R], past [B, (k-1)d, R] its former values,
        conditioning [B, C] -> (h [B, R] or None, z [B, G/2], past)."""
        line = ops.concatenate([past, h[:, None]], axis=1)
        taps = [line[:, j * self.dilation] for j in range(self.kernel)]
        inputs = ops.concatenate([*taps, conditioning], axis=-1)
        z = _gated(ops.matmul(inputs, self.gate), self.gate_bias)
        if self.next is None:
            return None, z, line[:, 1:]
        h = h + (ops.matmul(z, self.next) + self.next_bias)
        return h, z, line[:, 1:]


def _block(kernel, dilation, output_length):
    """Return a block on whole sequences, with its gradient."""
    sizes = {"kernel": kernel, "dilation": dilation}

    @ops.custom_gradient
    def block(h, conditioning, gate, gate_bias, *way):
        compute = conditioning.dtype
        inputs = _inputs(h, conditioning, **sizes)
        pre = ops.matmul(inputs, ops.cast(gate, compute))
        z = _gate(pre, gate_bias)
        skipped = z.shape[1] - output_length
        outputs = z[:, skipped:]
        if way:
            more = ops.matmul(z, ops.cast(way[0], compute))
            outputs = (_carry(h, more, way[1]), outputs)

        def gradient(*arguments, **keyword):
            *dh, dz = upstream_gradients(arguments, keyword.get("upstream"))
            dway = ()
            if way:
                dmore = ops.cast(dh[0], compute)
                dnext = _weight_gradient(z, dmore)
                dway = (dnext, _bias_gradient(dmore))
                back = ops.matmul(dmore, ops.transpose(ops.cast(way[0], compute)))
                dpre = _gate_backward(pre, gate_bias, dz, back)
            else:
                dpre = _gate_backward(pre, gate_bias, dz)
            dinputs = ops.matmul(dpre, ops.transpose(ops.cast(gate, compute)))
            dgate = _weight_gradient(inputs, dpre)
            ends = {"length": h.shape[1], "width": h.shape[2], **sizes}
            dhs = _inputs_backward(dinputs, *dh, **ends)
            dconditioning = _conditioning_backward(
                dinputs, length=conditioning.shape[1], width=conditioning.shape[2]
            )
            return (dhs, dconditioning, dgate, _bias_gradient(dpre), *dway)

        return outputs, gradient

    return block


@fuse
def _inputs(h, conditioning, kernel, dilation):
    """Concatenate all that the gates see: [B, T', kR + C]."""
    steps = h.shape[1] - (kernel - 1) * dilation
    h = ops.cast(h, conditioning.dtype)
    taps = [h[:, j * dilation : j * dilation + steps] for j in range(kernel)]
    late = conditioning[:, conditioning.shape[1] - steps :]
    return ops.concatenate([*taps, late], axis=-1)


@fuse
def _gate(pre, bias):
    return ops.cast(_gated(ops.cast(pre, "float32"), bias), pre.dtype)


def _gated(pre, bias):
    a, b = ops.split(pre + bias, 2, axis=-1)
    return ops.tanh(a) * ops.sigmoid(b)


@fuse
def _carry(h, more, bias):
    """Add what the block gives to the end of h (the residual way)."""
    return h[:, h.shape[1] - more.shape[1] :] + (ops.cast(more, "float32") + bias)


@fuse
def _gate_backward(pre, bias, dz, *back):
    """Return the gradient of the gates [B, T', G], from that of z on its two ways."""
    a, b = ops.split(ops.cast(pre, "float32") + bias, 2, axis=-1)
    a, b = ops.tanh(a), ops.sigmoid(b)
    early = pre.shape[1] - dz.shape[1]
    whole = ops.pad(ops.cast(dz, "float32"), ((0, 0), (early, 0), (0, 0)))
    for more in back:
        whole = whole + ops.cast(more, "float32")
    da = whole * b * (1.0 - ops.square(a))
    db = whole * a * b * (1.0 - b)
    return ops.cast(ops.concatenate([da, db], axis=-1), pre.dtype)


@fuse
def _inputs_backward(dinputs, *dh, kernel, dilation, length, width):
    """Return the gradient of h [B, T, R]: from the taps, and from the residual way."""
    steps, reach = dinputs.shape[1], (kernel - 1) * dilation
    total = 0.0
    for j in range(kernel):
        part = ops.cast(dinputs[:, :, j * width : (j + 1) * width], "float32")
        end = length - steps - j * dilation
        total = total + ops.pad(part, ((0, 0), (j * dilation, end), (0, 0)))
    for way in dh:
        total = total + ops.pad(way, ((0, 0), (reach, 0), (0, 0)))
    return total


@fuse
def _conditioning_backward(dinputs, length, width):
    late = dinputs[:, :, dinputs.shape[2] - width :]
    return ops.pad(late, ((0, 0), (length - late.shape[1], 0), (0, 0)))


def _weight_gradient(x, dy):
    """Sum outer products: x [B, T, m], dy [B, T, n] -> float32 [m, n]."""
    x = ops.reshape(x, (-1, x.shape[2]))
    dy = ops.reshape(dy, (-1, dy.shape[2]))
    return ops.cast(ops.matmul(ops.transpose(x), dy), "float32")


def _bias_gradient(dy):
    """Sum dy [B, T, n] -> float32 [n]; by a product, which is quickest."""
    flat = ops.reshape(dy, (-1, dy.shape[2]))
    ones = ops.ones((1, ops.shape(flat)[0]), dy.dtype)
    return ops.cast(ops.matmul(ones, flat)[0], "float32")
