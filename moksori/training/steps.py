"""Train a model with an optimizer, step by step."""

from collections.abc import Mapping

import keras
import numpy as np
from keras import ops

from moksori.backend.devices import DeviceBatch, Devices
from moksori.backend.setup import single_device
from moksori.backend.training_step import Losses, compile_training_step
from moksori.training.schedules import is_number
from moksori.training.weights import arrays_of, assign


class Trainer:
    """Owns model and optimizer and takes steps with them.

    `losses(batch, values) -> (total, terms)` calls the model; `values` are what
    `step` gets: numbers may change from step to step, anything else (a tuple,
    say) is compiled in. Randomness is a function of `seed` and `step_number` alone,
    which the loop advances. `memory_advice` says how a batch needs less memory.

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
        memory_advice: str = "make it smaller",
        devices: Devices | None = None,
    ):
        self.model, self.optimizer, self.losses = model, optimizer, losses
        self.clip_norm, self.weight_decay, self.seed = clip_norm, weight_decay, seed
        self.step_number, self._memory_advice = 0, memory_advice
        self.devices = devices or single_device()
        optimizer.build(model.trainable_variables)
        self._decayed = [
            len(v.shape) > 1 and "embedding" not in v.path
            for v in model.trainable_variables
        ]
        self._step = compile_training_step(
            model, optimizer, losses, self._clip, self._reseed, self.devices
        )

    def place(self, batch: dict, halt: bool = False) -> DeviceBatch:
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
        if not isinstance(batch, DeviceBatch):
            batch = self.place(batch)
        numbers = {n: np.float32(v) for n, v in values.items() if is_number(v)}
        static = tuple((n, v) for n, v in values.items() if not is_number(v))
        numbers |= {
            "learning_rate": np.float32(learning_rate),
            "loss_ceiling": np.float32(loss_ceiling),
        }
        return self._step(dict(batch), numbers, static)

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
                f"a batch of {shape} does not fit into memory: {self._memory_advice}"
            ) from error

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all that the next step depends on, random states included, by lasting
        names."""
        return arrays_of(self.model, self.optimizer)

    def assign(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore what `arrays` gave. Raises `RunError` for another model's."""
        arrays = {name: self.devices.replicate(array) for name, array in arrays.items()}
        assign(self.model, self.optimizer, arrays)

    def _reseed(self) -> None:
        self.model.reseed(self.seed, self.step_number)

    def _clip(self, gradients, variables):
        """Return gradients with weight decay, clipped, and their norm before that."""
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
