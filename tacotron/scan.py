"""The loop over time, in each backend's own words.

`keras.ops.scan` on TensorFlow assumes that a step's output has the shape of its
carry, so this is the one file of the room that names a backend.
"""

import keras


def scan(step, carry, sequences, reverse: bool = False):
    """Run `step(carry, slices) -> (carry, outputs)` along axis 0.

    `carry` and `sequences` are tuples of arrays, `outputs` a tuple as well; all
    sequences are equally long. Returns `(carry, stacked)` where every stacked array
    is [T, ...]. With `reverse` time runs from the last slice to the first, and
    outputs lie where their slices lay. Not differentiable on every backend: callers
    bring their own gradient.
    """
    return _SCANS.get(keras.backend.backend(), _scan_keras)(
        step, tuple(carry), tuple(sequences), reverse
    )


def value(variable):
    """What a variable holds, for a function that brings its own gradient.

    `ops.convert_to_tensor` gives TensorFlow's variable itself outside a compiled
    function, and there a custom gradient refuses it.
    """
    return variable[...]


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


def _scan_jax(step, carry, sequences, reverse):
    import jax

    return jax.lax.scan(step, carry, sequences, reverse=reverse)


def _scan_tensorflow(step, carry, sequences, reverse):
    import tensorflow as tf

    steps = tf.shape(sequences[0])[0]
    static = sequences[0].shape[0]
    first = [tf.TensorSpec(s.shape[1:], s.dtype) for s in sequences]
    traced = tf.function(step, autograph=False).get_concrete_function(
        tuple(tf.TensorSpec(c.shape, c.dtype) for c in carry), tuple(first)
    )
    arrays = tuple(
        tf.TensorArray(o.dtype, static or steps, element_shape=o.shape)
        for o in traced.structured_outputs[1]
    )

    def body(index, carry, arrays):
        at = steps - 1 - index if reverse else index
        carry, outputs = step(carry, tuple(s[at] for s in sequences))
        arrays = tuple(a.write(at, o) for a, o in zip(arrays, outputs, strict=True))
        return index + 1, carry, arrays

    _, carry, arrays = tf.while_loop(
        lambda index, *_: index < steps,
        body,
        (tf.constant(0), carry, arrays),
        maximum_iterations=static or steps,
    )
    return carry, tuple(a.stack() for a in arrays)


def _scan_keras(step, carry, sequences, reverse):
    return keras.ops.scan(step, carry, sequences, reverse=reverse)


_SCANS = {"jax": _scan_jax, "tensorflow": _scan_tensorflow}
