"""Compile functions: those that call a model, and those of arrays alone."""

from collections.abc import Callable
from functools import partial, wraps

import keras


def compile_model(
    model: keras.Model, function: Callable, inputs: tuple | None = None
) -> Callable:
    """Compile `function(*arrays, **static)`, which calls `model`.

    `arrays` are (nested tuples of) arrays, numpy's or those a compiled function gave;
    `static` are hashable values, of which a new one compiles anew. The model's weights
    are read at every call, so a model that is being trained stays current; `function`
    must not change them.

    `inputs` describe the arrays by a `keras.KerasTensor` each, in which the length of
    an axis that varies is None. TensorFlow then traces one program, at the first call,
    instead of two.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        if inputs is not None:
            return _traced_once(function, inputs)
        # The second shape that is met makes a program for all shapes.
        return tf.function(function, reduce_retracing=True, autograph=False)
    if keras.backend.backend() == "jax":
        return _stateless(model, function)
    return function


def _traced_once(function, inputs):
    import tensorflow as tf

    signature = tf.nest.map_structure(lambda x: tf.TensorSpec(x.shape, x.dtype), inputs)
    programs = {}

    def call(*arrays, **static):
        key = tuple(sorted(static.items()))
        if key not in programs:
            programs[key] = tf.function(
                # Not a lambda: TensorFlow counts the traces of one piece of code, and
                # warns where many voices share it.
                partial(function, **static),
                input_signature=signature,
                autograph=False,
            )
        return programs[key](*arrays)

    return call


def _stateless(model, function):
    import jax

    programs = {}

    def program(**static):
        def stateless(values, *arrays):
            pairs = zip(model.variables, values, strict=True)
            with keras.StatelessScope(state_mapping=list(pairs)):
                return function(*arrays, **static)

        return jax.jit(stateless)

    def call(*arrays, **static):
        key = tuple(sorted(static.items()))
        if key not in programs:
            programs[key] = program(**static)
        return programs[key]([v.value for v in model.variables], *arrays)

    return call


def padded_size(size: int, sizes: tuple[int, ...]) -> int:
    """Return the length to pad an axis to so that few shapes are compiled.

    That is `size` itself where compiled programs take any shape (TensorFlow), and
    elsewhere the least of `sizes` that holds it, or a multiple of the largest.
    """
    if keras.backend.backend() != "jax":
        return size
    largest = sizes[-1]
    return next((s for s in sizes if s >= size), -(-size // largest) * largest)


def compiled_sizes(sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Return those of `sizes` that `padded_size` makes programs for: the first stands
    for all where a program takes any shape."""
    return sizes if keras.backend.backend() == "jax" else sizes[:1]


def compile_xla(function: Callable, donated: tuple[int, ...] = ()) -> Callable:
    """Compile a function of arrays by XLA, once for each set of shapes it meets.

    The memory of the arguments at the places `donated` may be used for the results
    (on JAX), so they must not be used after a call.
    """
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function, donate_argnums=donated)
    import tensorflow as tf

    return tf.function(function, jit_compile=True, autograph=False)


def fuse(function: Callable) -> Callable:
    """Compile element-wise `function(*arrays, **static)` into one pass over memory.

    `arrays` have known shapes and may be variables; `static` are compiled in.
    TensorFlow takes large products from a library that knows bfloat16, but runs every
    element-wise operation between them on its own; JAX compiles everything anyway.
    """
    if keras.backend.backend() != "tensorflow":
        return function
    import tensorflow as tf

    program = tf.function(function, jit_compile=True, autograph=False)

    @wraps(function)
    def call(*arrays, **static):
        return program(*(tf.convert_to_tensor(array) for array in arrays), **static)

    return call
