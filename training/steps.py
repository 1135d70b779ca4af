"""One optimisation step, compiled, on either backend.

Keras has no word for a gradient, so this is the one file of the room that names a
backend. A step whose loss or gradient is not finite changes nothing but its count.
"""

from collections.abc import Callable

import keras
import numpy as np
from keras import ops

Losses = Callable[[dict, dict, bool], tuple[object, dict]]


class Trainer:
    """Owns model and optimizer and takes steps with them.

    `losses(batch, scalars, training) -> (total, terms)` calls the model; `scalars`
    are floats that change from step to step, `static` values are compiled in.
    Randomness is a function of `seed` and the step number alone.
    """

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        losses: Callable,
        clip_norm: float,
        weight_decay: float = 0.0,
        seed: int = 1,
    ):
        self.model, self.optimizer, self.losses = model, optimizer, losses
        self.clip_norm, self.weight_decay, self.seed = clip_norm, weight_decay, seed
        self.step_number = 0
        optimizer.build(model.trainable_variables)
        self._decayed = [
            len(v.shape) > 1 and "embedding" not in v.path
            for v in model.trainable_variables
        ]
        self._compiled = _STEPS[keras.backend.backend()](self)

    def step(self, batch: dict, learning_rate: float, static=(), **scalars) -> dict:
        """Take a step; returns the loss terms, `gradient_norm` and `skipped` (0 or 1).

        `batch` is a dict of arrays; `static` is a tuple of hashable values that
        `losses` takes as `static`; a new one compiles anew. Metrics are lazy arrays.
        """
        self.model.reseed(self.seed, self.step_number)
        self.optimizer.learning_rate.assign(learning_rate)
        scalars = {name: np.float32(value) for name, value in scalars.items()}
        metrics = self._compiled(batch, scalars, tuple(static))
        self.step_number += 1
        return metrics

    def variables(self) -> list[keras.Variable]:
        """Everything a checkpoint holds: the model's variables, then the optimizer's."""
        return [*self.model.variables, *self.optimizer.variables]

    def _clipped(self, gradients, variables):
        """Gradients with weight decay, clipped to `clip_norm`, and their norm before."""
        gradients = [
            g + self.weight_decay * ops.convert_to_tensor(v) if decays else g
            for g, v, decays in zip(gradients, variables, self._decayed, strict=True)
        ]
        norm = ops.sqrt(sum(ops.sum(ops.square(g)) for g in gradients))
        scale = ops.minimum(1.0, self.clip_norm / (norm + 1e-12))
        return [g * scale for g in gradients], norm


def _tensorflow_step(trainer):
    import tensorflow as tf

    model, optimizer = trainer.model, trainer.optimizer

    @tf.function(reduce_retracing=True, autograph=False)
    def compiled(batch, scalars, static):
        variables = model.trainable_variables
        with tf.GradientTape() as tape:
            total, terms = trainer.losses(batch, scalars, static)
        gradients = tape.gradient(total, [v.value for v in variables])
        gradients = [
            tf.convert_to_tensor(g) if g is not None else tf.zeros(v.shape)
            for g, v in zip(gradients, variables, strict=True)
        ]
        gradients, norm = trainer._clipped(gradients, variables)
        good = tf.math.is_finite(total) & tf.math.is_finite(norm)
        tf.cond(
            good,
            lambda: (optimizer.apply(gradients, variables), tf.constant(0))[1],
            lambda: tf.constant(0),
        )
        skipped = 1.0 - tf.cast(good, "float32")
        return {**terms, "gradient_norm": norm, "skipped": skipped}

    def step(batch, scalars, static):
        tensors = {key: tf.convert_to_tensor(value) for key, value in batch.items()}
        scalars = {key: tf.constant(value) for key, value in scalars.items()}
        return compiled(tensors, scalars, static)

    return step


def _jax_step(trainer):
    import jax

    model, optimizer = trainer.model, trainer.optimizer

    def forward(trainable, frozen, batch, scalars, static):
        pairs = [
            *zip(model.trainable_variables, trainable, strict=True),
            *zip(model.non_trainable_variables, frozen, strict=True),
        ]
        with keras.StatelessScope(state_mapping=pairs) as scope:
            total, terms = trainer.losses(batch, scalars, static)
        after = [
            ops.convert_to_tensor(_or(scope.get_current_value(v), old))
            for v, old in zip(model.non_trainable_variables, frozen, strict=True)
        ]
        return total, (terms, after)

    def update(state, batch, scalars, static):
        trainable, frozen, slots = state
        (total, (terms, after)), gradients = jax.value_and_grad(forward, has_aux=True)(
            trainable, frozen, batch, scalars, static
        )
        gradients, norm = trainer._clipped(gradients, trainable)
        good = jax.numpy.isfinite(total) & jax.numpy.isfinite(norm)
        fresh = (*optimizer.stateless_apply(slots, gradients, trainable), after)
        fresh = (fresh[0], fresh[2], fresh[1])
        state = jax.tree.map(
            lambda new, old: jax.numpy.where(good, new, old), fresh, state
        )
        skipped = 1.0 - good.astype("float32")
        return state, {**terms, "gradient_norm": norm, "skipped": skipped}

    compiled = jax.jit(update, static_argnums=3)

    def step(batch, scalars, static):
        groups = (
            model.trainable_variables,
            model.non_trainable_variables,
            optimizer.variables,
        )
        state = tuple([v.value for v in group] for group in groups)
        state, metrics = compiled(state, batch, scalars, static)
        for group, values in zip(groups, state, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)
        return metrics

    return step


def _or(value, default):
    return default if value is None else value


_STEPS = {"tensorflow": _tensorflow_step, "jax": _jax_step}
