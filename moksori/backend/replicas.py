"""All-reduce over the replicas of a training step.

TensorFlow runs a copy of the step on each device, with its part of the batch, and adds
up what they return; whatever belongs to the whole batch is summed here on the way. JAX
runs one step on all devices and sees the whole batch anyway.
"""

import keras
from keras import ops


def all_reduce_sum(*tensors) -> tuple:
    """Sum each of `tensors` (float32, any shapes) over all replicas of the step.

    Returns a tuple as long as the arguments, by one exchange for all of them, and the
    arguments themselves where there is but one replica. Differentiable: the gradient is
    that of the sum of all replicas' losses. Must not be called inside a loop or a
    function of its own.
    """
    context = _replica()
    if context is None:
        return tensors
    import tensorflow as tf

    flat = ops.concatenate([ops.reshape(x, (-1,)) for x in tensors])
    flat, found = context.all_reduce(tf.distribute.ReduceOp.SUM, flat), []
    for x in tensors:
        size = ops.size(x)
        found.append(ops.reshape(flat[:size], ops.shape(x)))
        flat = flat[size:]
    return tuple(found)


def _replica():
    """TensorFlow's context of one replica among several, or None."""
    if keras.backend.backend() != "tensorflow":
        return None
    import tensorflow as tf

    if tf.distribute.in_cross_replica_context():
        return None
    context = tf.distribute.get_replica_context()
    return context if context.num_replicas_in_sync > 1 else None
