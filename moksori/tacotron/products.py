"""Matrix products in the type that an accelerator takes quickest.

With `compute` bfloat16 operands are rounded to it on their way in, which halves what
is read and doubles (or better) the pace; what comes out is float32, and so is the sum
inside, where Keras has no word for it: on JAX the result is never rounded, TensorFlow
rounds it once. With float32 these are plain products.
"""

import keras
from keras import ops

from moksori.backend.gradients import read_variable, upstream_gradients
from moksori.backend.products import matmul_float32


def product(x, kernel):
    """x [..., I] times kernel [I, O] -> float32 [..., O], x rounded to the kernel's
    type. Differentiable only where that is float32; see `projected`."""
    if not _rounded(kernel):
        return ops.matmul(x, kernel)
    return matmul_float32(ops.cast(x, kernel.dtype), kernel)


def gathered(inputs, gradients):
    """The gradient of a kernel used at every step, as one product.

    inputs [T, B, I], whose type it takes, times gradients [T, B, O] -> float32 [I, O].
    """
    inputs = ops.reshape(inputs, (-1, inputs.shape[-1]))
    gradients = ops.reshape(gradients, (-1, gradients.shape[-1]))
    return product(ops.transpose(inputs), ops.cast(gradients, inputs.dtype))


def projected(x, kernel, compute: str):
    """`product` with `kernel` (float32) rounded to `compute`, and differentiable."""
    if compute == "float32":
        return ops.matmul(x, kernel)
    return _projected(ops.cast(x, compute), read_variable(kernel))


@ops.custom_gradient
def _projected(x, kernel):
    rounded = ops.cast(kernel, x.dtype)

    def gradient(*arguments, upstream=None):
        (dy,) = upstream_gradients(arguments, upstream)
        dx = product(dy, ops.transpose(rounded))
        return ops.cast(dx, x.dtype), gathered(x, dy)

    return product(x, rounded), gradient


def policy(compute: str) -> str:
    """Keras's name for layers that keep float32 weights and take products so."""
    return "float32" if compute == "float32" else f"mixed_{compute}"


def _rounded(array) -> bool:
    return keras.backend.standardize_dtype(array.dtype) != "float32"
