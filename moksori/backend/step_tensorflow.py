"""The training step under TensorFlow: every replica takes its rows of the batch."""

import keras
import tensorflow as tf

from moksori.backend.gradients import distinct

_SUM = tf.distribute.ReduceOp.SUM


class TensorFlowStep:
    """Described by `training_step.compile_training_step`."""

    def __init__(self, model, optimizer, losses, clip, reseed):
        self._optimizer, self._losses = optimizer, losses
        self._clip, self._reseed = clip, reseed
        self._variables = model.trainable_variables
        self._frozen = distinct(model.non_trainable_variables)
        self._statistics = [v for v in self._frozen if not _is_noise(v)]
        self._strategy = tf.distribute.get_strategy()
        self._compiled = tf.function(self._step, reduce_retracing=True, autograph=False)

    def __call__(self, batch, numbers, static):
        self._reseed()
        self._optimizer.learning_rate.assign(numbers.pop("learning_rate"))
        numbers = {key: tf.constant(value) for key, value in numbers.items()}
        return self._compiled(batch, numbers, static)

    def _step(self, batch, numbers, static):
        values = dict(numbers)
        ceiling = values.pop("loss_ceiling")
        total, terms, gradients, statistics = self._strategy.run(
            self._replica, args=(dict(batch), values), kwargs={"static": static}
        )
        total = self._first(total)
        terms = {name: self._first(value) for name, value in terms.items()}
        good = (total <= ceiling) & tf.math.is_finite(total + terms["gradient_norm"])
        skipped = tf.cond(
            good, lambda: self._update(gradients, statistics), lambda: tf.constant(1)
        )
        return {**terms, "skipped": skipped}

    def _replica(self, batch, numbers, static):
        """Return total, terms, clipped gradients and new statistics of the whole batch,
        as computed by one replica from its rows."""
        context = tf.distribute.get_replica_context()
        halt = batch.pop("halt", None)
        state = [
            (v, _noise_of(context, v) if _is_noise(v) else v.value)
            for v in self._frozen
        ]
        with (
            tf.GradientTape() as tape,
            keras.StatelessScope(state_mapping=state) as scope,
        ):
            total, terms = self._losses(batch, {**numbers, **dict(static)})
        gradients = tape.gradient(total, [v.value for v in self._variables])
        gradients = [
            tf.convert_to_tensor(g) if g is not None else tf.zeros(v.shape)
            for g, v in zip(gradients, self._variables, strict=True)
        ]
        if context.num_replicas_in_sync > 1:
            gradients = context.all_reduce(_SUM, gradients)
            total, terms = _all_reduce_terms(context, total, terms, halt)
        gradients, norm = self._clip(gradients, self._variables)
        statistics = [
            tf.convert_to_tensor(v.value if new is None else new)
            for v in self._statistics
            for new in [scope.get_current_value(v)]
        ]
        return total, {**terms, "gradient_norm": norm}, gradients, statistics

    def _update(self, gradients, statistics):
        """Update weights, statistics and the count of steps; return `skipped`, 0."""
        with self._strategy.scope():
            for variable, gradient in zip(self._variables, gradients, strict=True):
                self._update_one(variable, gradient)
            for variable, value in zip(self._statistics, statistics, strict=True):
                variable.assign(self._first(value))
            self._optimizer.iterations.assign_add(1)
        return tf.constant(0)

    def _update_one(self, variable, gradient):
        # `Optimizer.apply` would add the gradients of the replicas up; they are sums.
        rate = tf.convert_to_tensor(self._optimizer.learning_rate)
        self._strategy.extended.update(
            variable.value,
            lambda part, *given: self._optimizer.update_step(given[0], part, given[1]),
            args=(gradient, rate),
            group=False,
        )

    def _first(self, value):
        return self._strategy.experimental_local_results(value)[0]


def _all_reduce_terms(context, total, terms, halt):
    """Sum the total, the terms and `halt` over the replicas, in one exchange."""
    terms = {"total": total, **terms}
    terms |= {} if halt is None else {"halt": halt[0]}
    packed = context.all_reduce(_SUM, tf.stack(list(terms.values())))
    terms = dict(zip(terms, tf.unstack(packed), strict=True))
    return terms.pop("total"), terms


def _noise_of(context, variable):
    """Return the seed of a replica: each moves it on by its number."""
    number = tf.cast(context.replica_id_in_sync_group, variable.dtype)
    return variable.value + tf.stack([number, tf.zeros_like(number)])


def _is_noise(variable) -> bool:
    return variable.path.endswith("seed_generator_state")
