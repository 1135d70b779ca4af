"""The training step under JAX: written for the whole batch, divided by the compiler."""

import jax
import keras
import numpy as np
from keras import ops

from moksori.backend.gradients import distinct


class JaxStep:
    """Described by `training_step.compile_training_step`; `sharding` is that of what
    every device holds, or None."""

    def __init__(self, model, optimizer, losses, clip, reseed, sharding):
        self._optimizer, self._losses = optimizer, losses
        self._clip, self._reseed = clip, reseed
        self._groups = (
            model.trainable_variables,
            distinct(model.non_trainable_variables),
            optimizer.variables,
        )
        places = [id(v) for v in optimizer.variables]
        self._rate_place = places.index(id(optimizer.learning_rate))
        # The old state is given up to the new one, which saves a copy of everything.
        self._compiled = jax.jit(
            self._update,
            static_argnums=4,
            donate_argnums=0,
            out_shardings=sharding,
        )
        self._owned = False

    def __call__(self, batch, numbers, static):
        state = tuple([v.value for v in group] for group in self._groups)
        if not self._owned:
            # Fresh variables may share one buffer, which could not be given up twice.
            state = jax.tree.map(jax.numpy.copy, state)
            self._owned = True
        state, metrics = self._compiled(state, batch, numbers, self._noise(), static)
        for group, values in zip(self._groups, state, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)
        return metrics

    def _noise(self) -> dict[int, np.ndarray]:
        """Return what `reseed` sets, by place: handed over, because an assignment to
        weights that several hosts hold would make them all wait."""
        with keras.StatelessScope() as scope:
            self._reseed()
        values = {i: scope.get_current_value(v) for i, v in enumerate(self._groups[1])}
        return {i: np.asarray(v) for i, v in values.items() if v is not None}

    def _update(self, state, batch, numbers, noise, static):
        trainable, frozen, slots = state
        frozen = [noise.get(i, value) for i, value in enumerate(frozen)]
        halt, ceiling = batch.pop("halt", None), numbers.pop("loss_ceiling")
        slots[self._rate_place] = numbers.pop("learning_rate")
        differentiate = jax.value_and_grad(self._forward, has_aux=True)
        (total, (terms, after)), gradients = differentiate(
            trainable, frozen, batch, {**numbers, **dict(static)}
        )
        gradients, norm = self._clip(gradients, trainable)
        good = (total <= ceiling) & jax.numpy.isfinite(total + norm)
        # Every step is given its own numbers: those drawn are of no use to the next.
        after = [noise.get(i, value) for i, value in enumerate(after)]
        updated = self._optimizer.stateless_apply(slots, gradients, trainable)
        state = jax.tree.map(
            lambda new, old: jax.numpy.where(good, new, old),
            (updated[0], after, updated[1]),
            (trainable, frozen, slots),
        )
        terms = {**terms, "gradient_norm": norm}
        terms |= {"skipped": 1.0 - good.astype("float32")}
        return state, terms if halt is None else {**terms, "halt": halt.sum()}

    def _forward(self, trainable, frozen, batch, values):
        pairs = [
            *zip(self._groups[0], trainable, strict=True),
            *zip(self._groups[1], frozen, strict=True),
        ]
        with keras.StatelessScope(state_mapping=pairs) as scope:
            total, terms = self._losses(batch, values)
        after = [
            ops.convert_to_tensor(old if new is None else new)
            for v, old in zip(self._groups[1], frozen, strict=True)
            for new in [scope.get_current_value(v)]
        ]
        return total, (terms, after)
