"""A model's functions as compiled programs, on either backend.

Keras compiles training steps, not functions of one's own, so this is the one file of
the room that names a backend.
"""

from collections.abc import Callable

import keras


def compiled(model: keras.Model, function: Callable) -> Callable:
    """`function(*arrays, **static)`, which calls `model`, as a compiled program.

    `arrays` are (nested tuples of) arrays, numpy's or those a compiled function gave;
    `static` are hashable values, of which a new one compiles anew. The model's weights
    are read at every call, so a model that is being trained stays current; `function`
    must not count on changing them.
    """
    return _COMPILERS.get(keras.backend.backend(), _plain)(model, function)


def rounded(size: int, sizes: tuple[int, ...]) -> int:
    """The padded length at which an axis of `size` compiles least often.

    That is `size` itself where compiled programs take any shape, and elsewhere the
    least of `sizes` that holds it, or a multiple of the largest.
    """
    if keras.backend.backend() != "jax":
        return size
    largest = sizes[-1]
    return next((s for s in sizes if s >= size), -(-size // largest) * largest)


def _tensorflow(model, function):
    import tensorflow as tf

    # The second shape that is met makes a program for all shapes.
    return tf.function(function, reduce_retracing=True, autograph=False)


def _jax(model, function):
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


def _plain(model, function):
    return function


_COMPILERS = {"tensorflow": _tensorflow, "jax": _jax}
