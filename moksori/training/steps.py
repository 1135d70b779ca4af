"""One optimisation step, compiled, on either backend.

Keras has no word for a gradient, so this file names the backends. A step whose loss or
gradient is not finite changes nothing but its count.
"""

from collections.abc import Callable, Mapping

import keras
import numpy as np
from keras import ops

from moksori.training.devices import Devices, Placed, alone
from moksori.training.schedules import is_number
from moksori.training.weights import arrays_of, assign

Losses = Callable[[dict, dict], tuple[object, dict]]


class Trainer:
    """Owns model and optimizer and takes steps with them.

    `losses(batch, values) -> (total, terms)` calls the model; `values` are what
    `step` was given: numbers may change from step to step, anything else (a tuple,
    say) is compiled in. Randomness is a function of `seed` and `step_number` alone,
    which the loop advances. `smaller` says how a batch is made to need less memory.

    Made within the scope of its `devices`. Where several replicas of TensorFlow take a
    step, `losses` gives the share of each in the total and in every term.
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
        devices: Devices | None = None,
    ):
        self.model, self.optimizer, self.losses = model, optimizer, losses
        self.clip_norm, self.weight_decay, self.seed = clip_norm, weight_decay, seed
        self.step_number, self._smaller = 0, smaller
        self.devices = devices or alone()
        optimizer.build(model.trainable_variables)
        self._decayed = [
            len(v.shape) > 1 and "embedding" not in v.path
            for v in model.trainable_variables
        ]
        self._compiled = _STEPS[keras.backend.backend()](self)

    def place(self, batch: dict, halt: bool = False) -> Placed:
        """Put a batch on the devices, ahead of its step; see `Devices.place`."""
        return self.devices.place(batch, halt)

    def step(
        self, batch: dict, learning_rate: float, loss_ceiling: float = np.inf, **values
    ) -> dict:
        """Update once; returns the loss terms, `gradient_norm` and `skipped` (0 or 1),
        and with several hosts `halt`, which is positive when one asks to stop.

        `batch` is a dict of arrays, or what `place` made of it. An update that is not
        finite, or whose loss lies above `loss_ceiling`, is left out. The metrics are
        lazy arrays.
        """
        if not isinstance(batch, Placed):
            batch = self.place(batch)
        numbers = {n: np.float32(v) for n, v in values.items() if is_number(v)}
        static = tuple((n, v) for n, v in values.items() if not is_number(v))
        numbers |= {
            "learning_rate": np.float32(learning_rate),
            "loss_ceiling": np.float32(loss_ceiling),
        }
        return self._compiled(dict(batch), numbers, static)

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
            self.assign(before)
        except Exception as error:
            if self.devices.hosts == 1:
                self.assign(before)
            text = f"{type(error).__name__} {error}".lower()
            if not any(word in text for word in _MEMORY_WORDS):
                raise
            shape = " x ".join(str(n) for n in batch["mels"].shape)
            raise MemoryError(
                f"a batch of {shape} does not fit into memory: {self._smaller}"
            ) from error

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything the next step depends on, by lasting names."""
        return arrays_of(self.model, self.optimizer)

    def assign(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take up what `arrays` gave. Raises `RunError` for another model's."""
        arrays = {name: self.devices.held(array) for name, array in arrays.items()}
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
    variables, frozen = model.trainable_variables, _once(model.non_trainable_variables)
    strategy = tf.distribute.get_strategy()
    add = tf.distribute.ReduceOp.SUM

    def replica(batch, numbers, static):
        context = tf.distribute.get_replica_context()
        halt = batch.pop("halt", None)
        state = [
            (v, _noise_of(context, v) if _is_noise(v) else v.value) for v in frozen
        ]
        with (
            tf.GradientTape() as tape,
            keras.StatelessScope(state_mapping=state) as scope,
        ):
            total, terms = trainer.losses(batch, {**numbers, **dict(static)})
        gradients = tape.gradient(total, [v.value for v in variables])
        gradients = [
            tf.convert_to_tensor(g) if g is not None else tf.zeros(v.shape)
            for g, v in zip(gradients, variables, strict=True)
        ]
        if context.num_replicas_in_sync > 1:
            gradients = context.all_reduce(add, gradients)
            terms = {"total": total, **terms}
            terms |= {} if halt is None else {"halt": halt[0]}
            packed = context.all_reduce(add, tf.stack(list(terms.values())))
            terms = dict(zip(terms, tf.unstack(packed), strict=True))
            total = terms.pop("total")
        gradients, norm = trainer._clipped(gradients, variables)
        after = [
            tf.convert_to_tensor(_or(scope.get_current_value(v), v.value))
            for v in frozen
            if not _is_noise(v)
        ]
        return total, {**terms, "gradient_norm": norm}, gradients, after

    def update_one(variable, gradient):
        # `Optimizer.apply` would add the gradients of the replicas up; they are sums.
        rate = tf.convert_to_tensor(optimizer.learning_rate)
        strategy.extended.update(
            variable.value,
            lambda part, *given: optimizer.update_step(given[0], part, given[1]),
            args=(gradient, rate),
            group=False,
        )

    def first(value):
        return strategy.experimental_local_results(value)[0]

    @tf.function(reduce_retracing=True, autograph=False)
    def compiled(batch, numbers, static):
        values = dict(numbers)
        ceiling = values.pop("loss_ceiling")
        total, terms, gradients, after = strategy.run(
            replica, args=(dict(batch), values), kwargs={"static": static}
        )
        total, terms = first(total), {name: first(v) for name, v in terms.items()}
        good = (total <= ceiling) & tf.math.is_finite(total + terms["gradient_norm"])

        def update():
            kept = [v for v in frozen if not _is_noise(v)]
            with strategy.scope():
                for pair in zip(variables, gradients, strict=True):
                    update_one(*pair)
                for variable, value in zip(kept, after, strict=True):
                    variable.assign(first(value))
                optimizer.iterations.assign_add(1)
            return tf.constant(0)

        skipped = tf.cond(good, update, lambda: tf.constant(1))
        return {**terms, "skipped": skipped}

    def step(batch, numbers, static):
        model.reseed(trainer.seed, trainer.step_number)
        optimizer.learning_rate.assign(numbers.pop("learning_rate"))
        numbers = {key: tf.constant(value) for key, value in numbers.items()}
        return compiled(batch, numbers, static)

    def _noise_of(context, variable):
        """Every replica draws numbers of its own: the seed is moved on by its place."""
        place = tf.cast(context.replica_id_in_sync_group, variable.dtype)
        return variable.value + tf.stack([place, tf.zeros_like(place)])

    return step


def _jax_step(trainer):
    import jax

    model, optimizer = trainer.model, trainer.optimizer
    groups = (
        model.trainable_variables,
        _once(model.non_trainable_variables),
        optimizer.variables,
    )
    rate = [id(v) for v in optimizer.variables].index(id(optimizer.learning_rate))

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

    def update(state, batch, numbers, noise, static):
        trainable, frozen, slots = state
        frozen = [noise.get(i, value) for i, value in enumerate(frozen)]
        halt, ceiling = batch.pop("halt", None), numbers.pop("loss_ceiling")
        slots[rate] = numbers.pop("learning_rate")
        (total, (terms, after)), gradients = jax.value_and_grad(forward, has_aux=True)(
            trainable, frozen, batch, {**numbers, **dict(static)}
        )
        gradients, norm = trainer._clipped(gradients, trainable)
        good = (total <= ceiling) & jax.numpy.isfinite(total + norm)
        # Every step is given its own numbers: those drawn are of no use to the next.
        after = [noise.get(i, value) for i, value in enumerate(after)]
        fresh = (*optimizer.stateless_apply(slots, gradients, trainable), after)
        fresh = (fresh[0], fresh[2], fresh[1])
        state = jax.tree.map(
            lambda new, old: jax.numpy.where(good, new, old),
            fresh,
            (trainable, frozen, slots),
        )
        terms = {**terms, "gradient_norm": norm}
        terms |= {"skipped": 1.0 - good.astype("float32")}
        return state, terms if halt is None else {**terms, "halt": halt.sum()}

    # The old state is given up to the new one, which saves a copy of everything.
    compiled = jax.jit(
        update,
        static_argnums=4,
        donate_argnums=0,
        out_shardings=trainer.devices.everywhere,
    )
    owned = []

    def step(batch, numbers, static):
        state = tuple([v.value for v in group] for group in groups)
        if not owned:
            # Fresh variables may share one buffer, which could not be given up twice.
            state = jax.tree.map(jax.numpy.copy, state)
            owned.append(True)
        state, metrics = compiled(state, batch, numbers, noise(), static)
        for group, values in zip(groups, state, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)
        return metrics

    def noise():
        """What `reseed` sets, by place: handed over, because an assignment to weights
        that several hosts hold would make them all wait."""
        with keras.StatelessScope() as scope:
            model.reseed(trainer.seed, trainer.step_number)
        values = {i: scope.get_current_value(v) for i, v in enumerate(groups[1])}
        return {i: np.asarray(v) for i, v in values.items() if v is not None}

    return step


def _once(variables) -> list:
    """Keras lists a noise source once for the model and once for its layers."""
    return list({id(v): v for v in variables}.values())


def _is_noise(variable) -> bool:
    return variable.path.endswith("seed_generator_state")


def _or(value, default):
    return default if value is None else value


_STEPS = {"tensorflow": _tensorflow_step, "jax": _jax_step}
