"""Compile one step of optimisation: gradients, update, or nothing if it is not finite.

Keras has no function for a gradient, so each backend has a step of its own.
"""

from collections.abc import Callable

import keras

Losses = Callable[[dict, dict], tuple[object, dict]]
Clip = Callable[[list, list], tuple[list, object]]


def compile_training_step(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    losses: Losses,
    clip: Clip,
    reseed: Callable[[], None],
    devices,
) -> Callable[[dict, dict, tuple], dict]:
    """Return `step(batch, numbers, static) -> metrics`, which updates model and
    optimizer.

    `losses(batch, values) -> (total, terms)` calls the model, `clip(gradients,
    variables) -> (gradients, norm)` is applied to the gradients, `reseed()` sets the
    noise of the coming step. `numbers` are scalars, `learning_rate` and `loss_ceiling`
    among them; `static` are (name, value) pairs that are compiled in; `values` are
    both. A step whose loss or gradient is not finite, or whose loss lies above the
    ceiling, changes nothing. The metrics are the terms, `gradient_norm`, `skipped` (0
    or 1) and, of several hosts, `halt`, the sum of what their batches hold of it.
    """
    if keras.backend.backend() == "tensorflow":
        from moksori.backend.step_tensorflow import TensorFlowStep

        return TensorFlowStep(model, optimizer, losses, clip, reseed)
    from moksori.backend.step_jax import JaxStep

    return JaxStep(model, optimizer, losses, clip, reseed, devices.everywhere)
