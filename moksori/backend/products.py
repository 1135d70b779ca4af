"""Matrix products whose sums are float32."""

import keras
from keras import ops


def matmul_float32(x, kernel):
    """Multiply matrices of one reduced type (bfloat16) -> float32.

    On JAX the result is never rounded; TensorFlow rounds it once to the operands' type.
    """
    if keras.backend.backend() == "jax":
        import jax

        return jax.numpy.matmul(x, kernel, preferred_element_type="float32")
    return ops.cast(ops.matmul(x, kernel), "float32")
