"""Element-wise work done in one pass over memory.

TensorFlow takes large matrix products from a library that knows bfloat16, but runs
every element-wise operation between them on its own; compiled together they take one
pass. JAX compiles everything anyway. This file and the accelerator engine are those of
the room that name a backend.
"""

from collections.abc import Callable
from functools import wraps

import keras


def fused(function: Callable) -> Callable:
    """`function(*arrays, **static)` of known shapes, compiled as one program.

    `arrays` may be variables; `static` are compiled in.
    """
    if keras.backend.backend() != "tensorflow":
        return function
    import tensorflow as tf

    program = tf.function(function, jit_compile=True, autograph=False)

    @wraps(function)
    def call(*arrays, **static):
        return program(*(tf.convert_to_tensor(array) for array in arrays), **static)

    return call


def quick_type() -> str:
    """The type in which this machine takes matrix products quickest: "bfloat16" where
    an accelerator, or with TensorFlow the processor, has instructions for it."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return "float32" if jax.default_backend() == "cpu" else "bfloat16"
    if backend == "tensorflow":
        import tensorflow as tf
        from llvmlite.binding import get_host_cpu_features

        features = get_host_cpu_features()
        native = features.get("avx512bf16") or features.get("amx-bf16")
        return (
            "bfloat16"
            if native or tf.config.list_physical_devices("GPU")
            else ("float32")
        )
    return "float32"


def upstream(arguments, keyword):
    """The gradients handed to a custom gradient, flat, whichever way they came.

    TensorFlow passes them as separate arguments, JAX one tuple for several outputs,
    others by keyword.
    """
    if keyword is not None:
        arguments = keyword if isinstance(keyword, tuple | list) else (keyword,)
    if len(arguments) == 1 and isinstance(arguments[0], tuple | list):
        (arguments,) = arguments
    return tuple(arguments)
