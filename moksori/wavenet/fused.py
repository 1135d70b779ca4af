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
