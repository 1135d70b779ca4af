"""One optimisation step, compiled, on either backend.

Keras has no word for a gradient, so this is the one file of the room that names a
backend. A step whose loss or gradient is not finite changes nothing but its count.
"""

from collections.abc import Callable, Mapping

import keras
import numpy as np
from keras import ops

from training.loop import is_number
from training.weights import arrays_of, assign

Losses = Callable[[dict, dict], tuple[object, dict]]


class Trainer:
    """Owns model and optimizer and takes steps with them.

    `losses(batch, values) -> (total, terms)` calls the model; `values` are what
    `step` was given: numbers may change from step to step, anything else (a tuple,
    say) is compiled in. Randomness is a function of `seed` and `step_number` alone,
    which the loop advances. `smaller` says how a batch is made to need less memory.
    """

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        losses: Losses,
        clip_norm: float,
        weight_decay: float = 0.0,
        seed: int = 1,
        smaller: str = "make it smaller",
    ):
        self.model, self.optimizer, self.losses = model, optimizer, losses
        self.clip_norm, self.weight_decay, self.seed = clip_norm, weight_decay, seed
        self.step_number, self._smaller = 0, smaller
        optimizer.build(model.trainable_variables)
        self._decayed = [
            len(v.shape) > 1 and "embedding" not in v.path
            for v in model.trainable_variables
        ]
        self._compiled = _STEPS[keras.backend.backend()](self)

    def step(
        self, batch: dict, learning_rate: float, loss_ceiling: float = np.inf, **values
    ) -> dict:
        """Update once; returns the loss terms, `gradient_norm` and `skipped` (0 or 1).

        `batch` is a dict of arrays. An update that is not finite, or whose loss lies
        above `loss_ceiling`, is left out. The metrics are lazy arrays.
        """
        self.model.reseed(self.seed, self.step_number)
        self.optimizer.learning_rate.assign(learning_rate)
        numbers = {n: np.float32(v) for n, v in values.items() if is_number(v)}
        static = tuple((n, v) for n, v in values.items() if not is_number(v))
        return self._compiled(batch, numbers, np.float32(loss_ceiling), static)

    def preflight(self, batch: dict, **values) -> None:
        """Take a step on `batch` and forget it, to fail now rather than overnight.

        `values` are those of `step`; a learning rate among them does not count.
        Raises `MemoryError` with advice when the step does not fit into memory.
        """
        before = self.arrays()
        harmless = {"learning_rate": 0.0, "loss_ceiling": -np.inf}
        try:
            metrics = self.step(batch, **{**values, **harmless})
            float(metrics["loss"])
        except Exception as error:
            text = f"{type(error).__name__} {error}".lower()
            if not any(word in text for word in _MEMORY_WORDS):
                raise
            shape = " x ".join(str(n) for n in batch["mels"].shape)
            raise MemoryError(
                f"a batch of {shape} does not fit into memory: {self._smaller}"
            ) from error
        finally:
            self.assign(before)

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything the next step depends on, by lasting names."""
        return arrays_of(self.model, self.optimizer)

    def assign(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take up what `arrays` gave. Raises `RunError` for another model's."""
        assign(self.model, self.optimizer, arrays)

    def _clipped(self, gradients, variables):
        """Gradients with weight decay, clipped, and what their norm was before."""
        gradients = [
            g + self.weight_decay * ops.convert_to_tensor(v) if decays else g
            for g, v, decays in zip(gradients, variables, self._decayed, strict=True)
        ]
        norm = ops.sqrt(sum(ops.sum(ops.square(g)) for g in gradients))
        scale = ops.minimum(1.0, self.clip_norm / (norm + 1e-12))
        return [g * scale for g in gradients], norm


_MEMORY_WORDS = (
    "resource_exhausted",
    "resourceexhausted",
    "out of memory",
    "memoryerror",
)


def _tensorflow_step(trainer):
    import tensorflow as tf

    model, optimizer = trainer.model, trainer.optimizer

    @tf.function(reduce_retracing=True, autograph=False)
    def compiled(batch, numbers, ceiling, static):
        variables, frozen = model.trainable_variables, model.non_trainable_variables
        before = [tf.identity(v.value) for v in frozen]
        with tf.GradientTape() as tape:
            total, terms = trainer.losses(batch, {**numbers, **dict(static)})
        gradients = tape.gradient(total, [v.value for v in variables])
        gradients = [
            tf.convert_to_tensor(g) if g is not None else tf.zeros(v.shape)
            for g, v in zip(gradients, variables, strict=True)
        ]
        gradients, norm = trainer._clipped(gradients, variables)
        good = (total <= ceiling) & tf.math.is_finite(total + norm)

        def update():
            optimizer.apply(gradients, variables)
            return tf.constant(0)

        def undo():
            for variable, value in zip(frozen, before, strict=True):
                variable.assign(value)
            return tf.constant(1)

        skipped = tf.cond(good, update, undo)
        return {**terms, "gradient_norm": norm, "skipped": skipped}

    def step(batch, numbers, ceiling, static):
        tensors = {key: tf.convert_to_tensor(value) for key, value in batch.items()}
        numbers = {key: tf.constant(value) for key, value in numbers.items()}
        return compiled(tensors, numbers, tf.constant(ceiling), static)

    return step


def _jax_step(trainer):
    import jax

    model, optimizer = trainer.model, trainer.optimizer
    # Keras lists a noise source once for the model and once for its layers.
    groups = (
        model.trainable_variables,
        list({id(v): v for v in model.non_trainable_variables}.values()),
        optimizer.variables,
    )

    def forward(trainable, frozen, batch, values):
        pairs = [
            *zip(groups[0], trainable, strict=True),
            *zip(groups[1], frozen, strict=True),
        ]
        with keras.StatelessScope(state_mapping=pairs) as scope:
            total, terms = trainer.losses(batch, values)
        after = [
            ops.convert_to_tensor(_or(scope.get_current_value(v), old))
            for v, old in zip(groups[1], frozen, strict=True)
        ]
        return total, (terms, after)

    def update(state, batch, numbers, ceiling, static):
        trainable, frozen, slots = state
        (total, (terms, after)), gradients = jax.value_and_grad(forward, has_aux=True)(
            trainable, frozen, batch, {**numbers, **dict(static)}
        )
        gradients, norm = trainer._clipped(gradients, trainable)
        good = (total <= ceiling) & jax.numpy.isfinite(total + norm)
        fresh = (*optimizer.stateless_apply(slots, gradients, trainable), after)
        fresh = (fresh[0], fresh[2], fresh[1])
        state = jax.tree.map(
            lambda new, old: jax.numpy.where(good, new, old), fresh, state
        )
        skipped = 1.0 - good.astype("float32")
        return state, {**terms, "gradient_norm": norm, "skipped": skipped}

    # The old state is given up to the new one, which saves a copy of everything.
    compiled = jax.jit(update, static_argnums=4, donate_argnums=0)
    owned = []

    def step(batch, numbers, ceiling, static):
        state = tuple([v.value for v in group] for group in groups)
        if not owned:
            # Fresh variables may share one buffer, which could not be given up twice.
            state = jax.tree.map(jax.numpy.copy, state)
            owned.append(True)
        state, metrics = compiled(state, batch, numbers, ceiling, static)
        for group, values in zip(groups, state, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)
        return metrics

    return step


def _or(value, default):
    return default if value is None else value


_STEPS = {"tensorflow": _tensorflow_step, "jax": _jax_step}
