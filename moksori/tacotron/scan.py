"""The loop over time, in each backend's own words.

`keras.ops.scan` on TensorFlow assumes that a step's output has the shape of its
carry, so this is the one file of the room that names a backend.
"""

import keras


def scan(step, carry, sequences, reverse: bool = False, fuse: bool = False):
    """Run `step(carry, slices) -> (carry, outputs)` along axis 0.

    `carry` and `sequences` are tuples of arrays, `outputs` a tuple as well; all
    sequences are equally long. Returns `(carry, stacked)` where every stacked array
    is [T, ...]. With `reverse` time runs from the last slice to the first, and
    outputs lie where their slices lay. `fuse` compiles the loop for its shapes, which
    takes a second for each new shape and pays where few shapes come often. Not
    differentiable on every backend: callers bring their own gradient.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        return _scan_jax(step, tuple(carry), tuple(sequences), reverse)
    if backend == "tensorflow":
        return _scan_tensorflow(step, tuple(carry), tuple(sequences), reverse, fuse)
    return keras.ops.scan(step, tuple(carry), tuple(sequences), reverse=reverse)


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


def _scan_tensorflow(step, carry, sequences, reverse, fuse):
    import tensorflow as tf

    def loop(carry, sequences):
        steps = tf.shape(sequences[0])[0]

        def body(index, carry, arrays):
            at = steps - 1 - index if reverse else index
            carry, outputs = step(carry, tuple(s[at] for s in sequences))
            arrays = tuple(a.write(at, o) for a, o in zip(arrays, outputs, strict=True))
            return index + 1, carry, arrays

        arrays = tuple(
            tf.TensorArray(output.dtype, steps, element_shape=output.shape)
            for output in _outputs_of(step, carry, sequences)
        )
        _, carry, arrays = tf.while_loop(
            lambda index, *_: index < steps,
            body,
            (tf.constant(0), carry, arrays),
            maximum_iterations=steps,
        )
        return carry, tuple(array.stack() for array in arrays)

    run = tf.function(loop, jit_compile=True, autograph=False) if fuse else loop
    carry, stacked = run(carry, sequences)
    for array in stacked:
        array.set_shape([sequences[0].shape[0], *array.shape[1:]])
    return carry, stacked


def _outputs_of(step, carry, sequences):
    """What a step gives, from tracing one."""
    import tensorflow as tf

    def specs(arrays, axis):
        return tuple(tf.TensorSpec(a.shape[axis:], a.dtype) for a in arrays)

    traced = tf.function(step, autograph=False).get_concrete_function(
        specs(carry, 0), specs(sequences, 1)
    )
    return traced.structured_outputs[1]
