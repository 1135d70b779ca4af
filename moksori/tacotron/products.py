"""Multiply matrices in the type in which an accelerator is quickest.

With `compute` bfloat16 operands are rounded to it on their way in, which halves what
is read and doubles (or better) the pace; results and sums are float32, as
`backend.products` says. With float32 these are plain products.
"""

import keras
from keras import ops

from moksori.backend.gradients import read_variable, upstream_gradients
from moksori.backend.products import matmul_float32


def product(x, kernel):
    """Multiply x [..., I] by kernel [I, O] -> float32 [..., O].

    x is rounded to the kernel's type. Differentiable only where that is float32; see
    `project`.
    """
    if not _rounded(kernel):
        return ops.matmul(x, kernel)
    return matmul_float32(ops.cast(x, kernel.dtype), kernel)


def kernel_gradient(inputs, gradients):
    """Return the gradient of a kernel used at every step, by one product.

    inputs [T, B, I], whose type it takes, times gradients [T, B, O] -> float32 [I, O].
    """
    inputs = ops.reshape(inputs, (-1, inputs.shape[-1]))
    gradients = ops.reshape(gradients, (-1, gradients.shape[-1]))
    return product(ops.transpose(inputs), ops.cast(gradients, inputs.dtype))


def project(x, kernel, compute: str):
    """Multiply by `kernel` (float32) rounded to `compute`, differentiably."""
    if compute == "float32":
        return ops.matmul(x, kernel)
    return _project(ops.cast(x, compute), read_variable(kernel))


@ops.custom_gradient
def _project(x, kernel):
    rounded = ops.cast(kernel, x.dtype)

    def gradient(*arguments, upstream=None):
        (dy,) = upstream_gradients(arguments, upstream)
        dx = product(dy, ops.transpose(rounded))
        return ops.cast(dx, x.dtype), kernel_gradient(x, dy)

    return product(x, rounded), gradient


def dtype_policy(compute: str) -> str:
    """Name the Keras policy of layers with float32 weights and such products."""
    return "float32" if compute == "float32" else f"mixed_{compute}"


def _rounded(array) -> bool:
    return keras.backend.standardize_dtype(array.dtype) != "float32"
