"""Run the training loop of every model: steps, checkpoints, resuming, validation.

A batch and the scalars of a step are functions of the step's number alone, and a
checkpoint holds everything else. So a training that was killed and continued takes the
same steps as one that never stopped.

An accelerator works while this program thinks of the next step: a step is judged when
the one after it was launched, unless the weights that it left are needed first.
"""

import logging
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from moksori.training.callbacks import Interrupt, Metrics, Progress, Throughput, guarded
from moksori.training.checkpoints import LOSS
from moksori.training.health import Action, Health
from moksori.training.prefetch import Prefetch
from moksori.training.runs import Checkpoint, Run
from moksori.training.schedules import is_number

if TYPE_CHECKING:
    from moksori.training.steps import Trainer
    from moksori.training.tensorboard import TensorBoardWriter

log = logging.getLogger(__name__)

_TRAINING_LOSS = "training_loss"

Batch = dict[str, np.ndarray]


class Diverged(RuntimeError):
    """The loss went bad too often; the text says what to try."""


@dataclass(frozen=True)
class Outcome:
    """Where `fit` ended: `interrupted` when a signal asked for it, on this host
    (`signal` is its number) or on another (0)."""

    step: int
    interrupted: bool
    signal: int = 0


def fit(
    trainer: "Trainer",
    batches,
    run: Run,
    board: "TensorBoardWriter",
    *,
    steps: int,
    scalars: Callable[[int], dict[str, Any]],
    save_every: int,
    log_every: int,
    frames_in: Callable[[Batch], int] = lambda batch: 0,
    validate: Callable[[], dict[str, float]] | None = None,
    rank: str = LOSS,
    state: Callable[[int], dict[str, Any]] = lambda step: {},
    hooks: Iterable[Callable[[int, Metrics], None]] = (),
    health: Health | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Train until `steps` steps are done, from wherever `run` stands.

    `batches.at(step)` gives a key that names the shape of a step's batch, and it.
    `scalars(step)` are the schedules, `learning_rate` among them; a value that is no
    number (a tuple, say) counts as one that a step is compiled with. A checkpoint is
    written before the first step, every `save_every`, at the end and on SIGINT or
    SIGTERM. `validate` gives figures of held-out data at each regular checkpoint; that
    called `rank` ranks the checkpoints, and the mean training loss does without it.
    `state(step)` is kept in the checkpoint of a step besides what the loop needs.
    `frames_in(batch)` counts what throughput is measured in. Hooks with a number
    `every` find the weights as their steps left them; others may be called a step late.

    Raises `Diverged` when the loss cannot be kept finite, `RunError` when the run is
    in use or cannot be written.
    """
    run_state = _RunState(
        trainer, run, board, health or Health(), validate, rank, state
    )
    hooks = list(hooks)
    pauses = [save_every, *(hook.every for hook in hooks if hasattr(hook, "every"))]
    with (
        run.lock(),
        Interrupt() as interrupt,
        progress or Progress(steps) as line,
        Prefetch(trainer, batches, steps, frames_in, interrupt) as ahead,
    ):
        run_state.restore_or_save()
        runner = _StepRunner(run_state, line, steps, log_every, hooks)
        pending, stopping = None, False
        while trainer.step_number < steps and not stopping:
            before, pending = pending, runner.launch(ahead, scalars)
            if before and not runner.finish(before, pending.started):
                pending = None
                continue
            done, stopping = pending.done, run_state.must_stop(interrupt, pending)
            if stopping or done == steps or any(done % n == 0 for n in pauses):
                good, last, pending = runner.finish(pending), pending, None
                if good and (done % save_every == 0 or done == steps):
                    run_state.save(validated=True)
                stopping = stopping or run_state.must_stop(interrupt, last)
        if stopping:
            run_state.save(validated=False)
    interrupted = trainer.step_number < steps
    return Outcome(trainer.step_number, interrupted, interrupt.signal)


@dataclass(frozen=True)
class _PendingStep:
    """A step on its way: the `done`th, launched at `started` seconds."""

    done: int
    metrics: Metrics
    values: dict
    frames: int
    new_shape: bool
    started: float
    waited: float


class _StepRunner:
    """Launches the steps of a training, and judges and shows each when it is done."""

    def __init__(self, run_state, line, steps, log_every, hooks):
        self._run_state, self._line, self._steps = run_state, line, steps
        self._log_every, self._hooks = log_every, hooks
        self._throughput, self._shapes = Throughput(), set()

    def launch(self, ahead: Prefetch, scalars) -> _PendingStep:
        """Launch the next step."""
        trainer, started = self._run_state.trainer, time.perf_counter()
        step = trainer.step_number
        shape, frames, batch = ahead.at(step)
        waited = time.perf_counter() - started
        values = self._run_state.adjusted(scalars(step))
        shape = (shape, *(v for v in values.values() if not is_number(v)))
        new = shape not in self._shapes
        self._shapes.add(shape)
        if new:
            self._line.note(f"preparing for batches of shape {shape[0]}")
        metrics = Metrics(trainer.step(batch, **values))
        trainer.step_number = step + 1
        return _PendingStep(step + 1, metrics, values, frames, new, started, waited)

    def finish(self, pending: _PendingStep, ended: float | None = None) -> bool:
        """Judge and show a step; return False when the training had to go back."""
        run_state, done = self._run_state, pending.done
        if not run_state.judge(done - 1, pending.metrics):
            return False
        seconds = (ended or time.perf_counter()) - pending.started
        self._throughput.add(seconds, pending.frames, pending.new_shape, pending.waited)
        self._line.show(done, pending.metrics["loss"], self._throughput)
        if done % self._log_every == 0 or done == self._steps:
            run_state.show(pending, self._throughput, self._steps)
        for hook in self._hooks:
            hook(done, pending.metrics)
        return True


class _RunState:
    """Holds the health of a training, writes its run folder, shows its figures."""

    def __init__(self, trainer, run, board, health, validate, rank, state):
        self.trainer, self.run, self.board = trainer, run, board
        self.health, self.validate, self.more_state = health, validate, state
        self._ranked_by = rank if validate else _TRAINING_LOSS
        self._loss_sum, self._loss_count = 0.0, 0
        self._saved: int | None = None
        self._hosts_halt = False

    def restore_or_save(self) -> None:
        """Restore the newest checkpoint, or write the first."""
        checkpoint = self.run.restore()
        if checkpoint is None:
            self.save(validated=False)
            self.board.rewind(self.trainer.step_number)
            return
        self._restore(checkpoint)
        self.health.load(checkpoint.state["health"])
        if checkpoint.step:
            log.info("continuing %s after step %d", self.run.folder, checkpoint.step)

    def _restore(self, checkpoint: Checkpoint) -> None:
        self.trainer.assign(checkpoint.arrays)
        self.trainer.step_number = self._saved = checkpoint.step
        self._loss_sum = checkpoint.state["loss_sum"]
        self._loss_count = checkpoint.state["loss_count"]
        self.board.rewind(checkpoint.step)

    def adjusted(self, values: dict[str, float]) -> dict[str, float]:
        """Return the schedules' scalars as the health of the training allows them."""
        rate = values["learning_rate"] * self.health.learning_rate_factor
        return {
            **values,
            "learning_rate": rate,
            "loss_ceiling": self.health.ceiling,
        }

    def judge(self, step: int, metrics: Metrics) -> bool:
        """Tell whether to go on; otherwise the last good state is restored."""
        health, loss = self.health, metrics["loss"]
        if "halt" in metrics:
            self._hosts_halt = metrics["halt"] > 0
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
            self._restore(checkpoint)
            log.warning(
                "back to step %d with %g of the learning rate",
                checkpoint.step,
                health.learning_rate_factor,
            )
        return action is not Action.RESTORE

    def must_stop(self, interrupt: Interrupt, pending: _PendingStep) -> bool:
        """Tell whether to stop: several hosts do so after the same step, the first
        after which all of them know."""
        several = "halt" in pending.metrics
        return self._hosts_halt if several else interrupt.requested

    def show(self, pending: _PendingStep, throughput: Throughput, steps: int) -> None:
        """Show the figures of a step in TensorBoard."""
        done, rate = pending.done, throughput.steps_per_second
        figures = {f"train/{name}": value for name, value in pending.metrics.items()}
        figures |= {
            f"schedule/{name}": value
            for name, value in pending.values.items()
            if is_number(value) and math.isfinite(value)
        }
        figures |= {
            "speed/steps_per_second": rate,
            "speed/frames_per_second": throughput.frames_per_second,
            "speed/waiting_for_data": throughput.waiting_share,
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
        state = {**self.more_state(step), "health": self.health.state()}
        if validated:
            metric = self._validated(step)
            self._loss_sum, self._loss_count = 0.0, 0
        state |= {"loss_sum": self._loss_sum, "loss_count": self._loss_count}
        self.run.save(step, self.trainer.arrays(), state, metric, self._ranked_by)
        self._saved = step

    def _validated(self, step: int) -> float | None:
        if self.validate is not None:
            figures = guarded("validation", self.validate) or {}
            self.board.scalars(step, {f"held_out/{n}": v for n, v in figures.items()})
            return figures.get(self._ranked_by)
        return self._loss_sum / self._loss_count if self._loss_count else None
