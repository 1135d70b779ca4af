"""Scan: the loop over time that a program is compiled with."""

import keras


def scan(step, carry, sequences, reverse: bool = False, fuse: bool = False):
    """Run `step(carry, slices) -> (carry, outputs)` along axis 0.

    `carry` is a tuple of arrays (or a NamedTuple, which the step then gives as well),
    `sequences` and `outputs` are tuples; all sequences are equally long. Returns
    `(carry, stacked)` where every stacked array is [T, ...]. With `reverse` time runs
    from the last slice to the first, and outputs lie where their slices lay. `fuse`
    compiles the loop for its shapes, which takes a second for each new shape and pays
    where few shapes come often. TensorFlow differentiates the loop only without `fuse`.

    `keras.ops.scan` on TensorFlow assumes that a step's output has the shape of its
    carry.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.lax.scan(step, carry, tuple(sequences), reverse=reverse)
    if backend == "tensorflow":
        return _scan_tensorflow(step, carry, tuple(sequences), reverse, fuse)
    return keras.ops.scan(step, carry, tuple(sequences), reverse=reverse)


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
    """Return the specs of a step's outputs, by tracing one."""
    import tensorflow as tf

    def spec(array, axis):
        return tf.TensorSpec(array.shape[axis:], array.dtype)

    traced = tf.function(step, autograph=False).get_concrete_function(
        tf.nest.map_structure(lambda array: spec(array, 0), carry),
        tuple(spec(array, 1) for array in sequences),
    )
    return traced.structured_outputs[1]
