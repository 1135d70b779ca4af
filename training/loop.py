"""The loop that every model here is trained by: steps, saving, resuming, watching.

A batch and the scalars of a step are functions of the step's number alone, and a
checkpoint holds everything else. So a training that was killed and continued takes the
same steps as one that never stopped.
"""

import logging
import math
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from training.callbacks import Interrupt, Metrics, Progress, Throughput, guarded
from training.health import Action, Health
from training.runs import Checkpoint, Run

log = logging.getLogger(__name__)

Batch = dict[str, np.ndarray]


class Trainer(Protocol):
    """What is trained: weights, an optimizer and one step."""

    step_number: int

    def step(self, batch: Batch, **scalars: float) -> Mapping[str, Any]:
        """Update once. Gives at least `loss`, `gradient_norm` and `skipped` (0 or 1):
        an update that is not finite, or whose loss exceeds the scalar `loss_ceiling`,
        is left out by the step itself. `learning_rate` is always among the scalars."""

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything the next step depends on, random states included."""

    def assign(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take up what `arrays` gave."""


class Batches(Protocol):
    """What is trained on."""

    def at(self, step: int) -> tuple[Any, Batch]:
        """The batch of `step` and a key that names its shape."""


class Board(Protocol):
    """Where figures are shown."""

    def rewind(self, step: int) -> None: ...
    def scalars(self, step: int, values: Mapping[str, float]) -> None: ...


class Diverged(RuntimeError):
    """The loss went bad too often; the text says what to try."""


@dataclass(frozen=True)
class Outcome:
    """Where `fit` ended: `interrupted` is true when a signal asked for it."""

    step: int
    interrupted: bool


def fit(
    trainer: Trainer,
    batches: Batches,
    run: Run,
    board: Board,
    *,
    steps: int,
    scalars: Callable[[int], dict[str, Any]],
    save_every: int,
    log_every: int,
    frames_in: Callable[[Batch], int] = lambda batch: 0,
    validate: Callable[[], dict[str, float]] | None = None,
    hooks: Iterable[Callable[[int, Metrics], None]] = (),
    health: Health | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Train until `steps` steps are done, from wherever `run` stands.

    `scalars(step)` are the schedules, `learning_rate` among them; a value that is no
    number (a tuple, say) counts as one that a step is compiled with. A checkpoint is
    written before the first step, every `save_every`, at the end and on SIGINT or
    SIGTERM. `validate` gives figures of held-out data at each regular checkpoint; its
    `loss` ranks the checkpoints, and the mean training loss does without it.
    `frames_in(batch)` counts what throughput is measured in.

    Raises `Diverged` when the loss cannot be kept finite, `RunError` when the run is
    in use or cannot be written.
    """
    story = _Story(trainer, run, board, health or Health(), validate)
    throughput, shapes = Throughput(), set()
    with (
        run.lock(),
        Interrupt() as interrupt,
        progress or Progress(steps) as line,
        _Prefetch(batches, steps) as ahead,
    ):
        story.begin()
        while trainer.step_number < steps and not interrupt.requested:
            step, started = trainer.step_number, time.perf_counter()
            shape, batch = ahead.at(step)
            values = story.scaled(scalars(step))
            shape = (shape, *(v for v in values.values() if not is_number(v)))
            if shape not in shapes:
                line.note(f"preparing for batches of shape {shape[0]}")
            metrics = Metrics(trainer.step(batch, **values))
            if not story.judge(step, metrics):
                continue
            done = trainer.step_number = step + 1
            seconds = time.perf_counter() - started
            throughput.add(seconds, frames_in(batch), shape not in shapes)
            shapes.add(shape)
            line.show(done, metrics["loss"], throughput)
            if done % log_every == 0 or done == steps:
                story.show(done, metrics, values, throughput, steps)
            for hook in hooks:
                hook(done, metrics)
            if done % save_every == 0 or done == steps:
                story.save(validated=True)
        if interrupt.requested:
            story.save(validated=False)
    return Outcome(trainer.step_number, trainer.step_number < steps)


class _Story:
    """One training's dealings with its run folder, its board and its health."""

    def __init__(self, trainer, run, board, health, validate):
        self.trainer, self.run, self.board = trainer, run, board
        self.health, self.validate = health, validate
        self._loss_sum, self._loss_count = 0.0, 0
        self._saved: int | None = None

    def begin(self) -> None:
        checkpoint = self.run.restore()
        if checkpoint is None:
            self.save(validated=False)
            self.board.rewind(self.trainer.step_number)
            return
        self._take_up(checkpoint)
        self.health.load(checkpoint.state["health"])
        if checkpoint.step:
            log.info("continuing %s after step %d", self.run.folder, checkpoint.step)

    def _take_up(self, checkpoint: Checkpoint) -> None:
        self.trainer.assign(checkpoint.arrays)
        self.trainer.step_number = self._saved = checkpoint.step
        self._loss_sum = checkpoint.state["loss_sum"]
        self._loss_count = checkpoint.state["loss_count"]
        self.board.rewind(checkpoint.step)

    def scaled(self, values: dict[str, float]) -> dict[str, float]:
        """The schedules' scalars as the health of the training allows them."""
        rate = values["learning_rate"] * self.health.learning_rate_factor
        return {
            **values,
            "learning_rate": rate,
            "loss_ceiling": self.health.ceiling,
        }

    def judge(self, step: int, metrics: Metrics) -> bool:
        """Whether to go on from here; otherwise the last good state is back."""
        health, loss = self.health, metrics["loss"]
        action = health.observe(
            step, loss, metrics["gradient_norm"], bool(metrics["skipped"])
        )
        if health.bad_in_a_row or action is not Action.CONTINUE:
            log.warning("%s", health.message)
        else:
            self._loss_sum += loss
            self._loss_count += 1
        if action is Action.STOP:
            raise Diverged(f"stopped after {step + 1} steps: {health.message}")
        if action is Action.RESTORE:
            checkpoint = self.run.restore()
            self._take_up(checkpoint)
            log.warning(
                "back to step %d with %g of the learning rate",
                checkpoint.step,
                health.learning_rate_factor,
            )
        return action is not Action.RESTORE

    def show(self, done, metrics, values, throughput, steps) -> None:
        rate = throughput.steps_per_second
        figures = {f"train/{name}": metrics[name] for name in metrics}
        figures |= {
            f"schedule/{name}": value
            for name, value in values.items()
            if is_number(value) and math.isfinite(value)
        }
        figures |= {
            "speed/steps_per_second": rate,
            "speed/frames_per_second": throughput.frames_per_second,
            "train/bad_steps": float(self.health.bad_steps),
        }
        if rate > 0:
            figures["speed/hours_left"] = (steps - done) / rate / 3600
        self.board.scalars(done, figures)

    def save(self, validated: bool) -> None:
        """Write a checkpoint, unless the state is doubtful or written already."""
        step = self.trainer.step_number
        if step == self._saved:
            return
        if self.health.bad_in_a_row:
            log.warning("step %d is not saved: its loss is not good", step)
            return
        metric = None
        state = {"health": self.health.state()}
        if validated:
            metric = self._validated(step)
            self._loss_sum, self._loss_count = 0.0, 0
        state |= {"loss_sum": self._loss_sum, "loss_count": self._loss_count}
        self.run.save(step, self.trainer.arrays(), state, metric)
        self._saved = step

    def _validated(self, step: int) -> float | None:
        if self.validate is not None:
            figures = guarded("validation", self.validate) or {}
            self.board.scalars(step, {f"held_out/{n}": v for n, v in figures.items()})
            return figures.get("loss")
        return self._loss_sum / self._loss_count if self._loss_count else None


def is_number(value) -> bool:
    """Whether a scalar may change between steps; anything else is compiled in."""
    return isinstance(value, int | float)


class _Prefetch:
    """Prepares the next batch in a thread while a step runs; order and errors hold."""

    def __init__(self, batches: Batches, steps: int):
        self._batches, self._steps = batches, steps
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self._next: tuple[int, Future] | None = None

    def __enter__(self) -> "_Prefetch":
        return self

    def __exit__(self, *_) -> None:
        self._pool.shutdown(cancel_futures=True)

    def at(self, step: int) -> tuple[Any, Batch]:
        expected = self._next is not None and self._next[0] == step
        future = self._next[1] if expected else self._submit(step)
        batch = future.result()
        if step + 1 < self._steps:
            self._next = (step + 1, self._submit(step + 1))
        return batch

    def _submit(self, step: int) -> Future:
        return self._pool.submit(self._batches.at, step)
