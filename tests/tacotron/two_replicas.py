"""A training step on two replicas, in a process that has two devices.

Prints what it found and fails where shares do not add up to what one device finds.
"""

import keras
import numpy as np
import tensorflow as tf

tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)

from tests.tacotron.made import (  # noqa: E402
    LINEAR,
    STILL,
    assert_same,
    network,
    objective,
    uneven,
)


def main() -> None:
    strategy = tf.distribute.MirroredStrategy(["cpu:0", "cpu:1"])
    model = network(*STILL, *LINEAR)
    forward = step_of(model)
    alone = run(forward, uneven(empty=1))
    # The longest beside nothing but the shortest, and an empty row.
    rows = uneven(empty=1)
    parts = [{n: a[places] for n, a in rows.items()} for places in ([0, 2], [1, 3])]

    @tf.function(autograph=False)
    def everywhere(shares):
        return strategy.run(forward, (shares,))

    shares = strategy.experimental_distribute_values_from_function(
        lambda context: {
            name: tf.constant(array)
            for name, array in parts[context.replica_id_in_sync_group].items()
        }
    )
    found = everywhere(shares)
    summed = tf.nest.map_structure(
        lambda x: strategy.reduce("SUM", x, axis=None),
        (found["terms"], found["gradients"]),
    )
    terms, gradients = summed
    for name, expected in alone["terms"].items():
        assert_same(terms[name], expected)
        assert float(expected) != 0.0, name
    scale = max(float(np.abs(g).max()) for g in alone["gradients"])
    for ours, expected in zip(gradients, alone["gradients"], strict=True):
        np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-5 * scale)
    for replica in range(2):
        for ours, expected in zip(found["moving"], alone["moving"], strict=True):
            assert_same(strategy.experimental_local_results(ours)[replica], expected)
    print(f"loss and gradients add up: {float(terms['loss']):.4f}")


def step_of(model):
    """`forward(batch)`: terms, gradients and moving statistics of one replica."""
    trained = [keras.ops.convert_to_numpy(v) for v in model.trainable_variables]
    still = [keras.ops.convert_to_numpy(v) for v in model.non_trainable_variables]
    losses = objective(model)

    def forward(batch):
        values = [tf.constant(array) for array in trained]
        pairs = [
            *zip(model.trainable_variables, values, strict=True),
            *zip(model.non_trainable_variables, map(tf.constant, still), strict=True),
        ]
        with tf.GradientTape() as tape:
            tape.watch(values)
            with keras.StatelessScope(state_mapping=pairs) as scope:
                total, terms = losses(batch, {"guided_weight": 1.0, "factor": (2,)})
        moving = [
            tf.convert_to_tensor(scope.get_current_value(v))
            for v in model.non_trainable_variables
            if "moving" in v.path
        ]
        gradients = tape.gradient(total, values)
        gradients = [tf.convert_to_tensor(g) for g in gradients]
        return {"terms": terms, "gradients": gradients, "moving": moving}

    return forward


def run(forward, batch):
    return tf.function(forward, autograph=False)(
        {name: tf.constant(array) for name, array in batch.items()}
    )


if __name__ == "__main__":
    main()
