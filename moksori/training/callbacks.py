"""Watch a training: progress, interruption, previews, alarms.

A hook is any callable `hook(step, metrics)`; the loop calls it after each step with the
number of steps done and a mapping that turns device values into floats when read.
"""

import contextlib
import logging
import os
import shutil
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

log = logging.getLogger(__name__)


class Metrics(Mapping):
    """Figures of one step, fetched from the device only when read."""

    def __init__(self, values: Mapping):
        self._values = dict(values)

    def __getitem__(self, name: str) -> float:
        value = self._values[name]
        if not isinstance(value, float):
            value = self._values[name] = float(np.asarray(value))
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class Throughput:
    """Steps and frames per second over the last `window` steps.

    A step with a shape seen for the first time, `new_shape`, is not counted: it spends
    its time compiling.
    """

    def __init__(self, window: int = 50):
        self._steps: deque[tuple[float, int, float]] = deque(maxlen=window)

    def add(
        self, seconds: float, frames: int, new_shape: bool = False, waited: float = 0.0
    ) -> None:
        """Count a step; `waited` are those of its seconds that data was waited for."""
        if not new_shape:
            self._steps.append((seconds, frames, waited))

    @property
    def steps_per_second(self) -> float:
        """Return the rate; 0 while nothing was counted."""
        return self._per_second(len(self._steps))

    @property
    def frames_per_second(self) -> float:
        return self._per_second(sum(frames for _, frames, _ in self._steps))

    @property
    def waiting_share(self) -> float:
        """Return the share of the time that data was waited for, 0 to 1."""
        return self._per_second(sum(waited for _, _, waited in self._steps))

    def _per_second(self, amount: float) -> float:
        seconds = sum(seconds for seconds, _, _ in self._steps)
        return amount / seconds if seconds > 0 else 0.0


class Progress:
    """Shows one line of progress: loss, steps/s, frames/s, time left.

    Where standard error is no terminal, one logged line every `seconds` instead. Use
    it as a context: within, log records do not tear the line.
    """

    def __init__(
        self,
        total: int,
        seconds: float = 30.0,
        unit: str = "frames",
        stream=None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._total, self._seconds, self._unit = total, seconds, unit
        self._clock, self._last = clock, None
        self._bar = None
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Progress":
        if self._live:
            self._bar = tqdm(
                total=self._total,
                file=self._stream,
                bar_format="{n_fmt}/{total_fmt} |{bar:16}| {desc}",
                dynamic_ncols=True,
            )
            self._stack.enter_context(contextlib.closing(self._bar))
            self._stack.enter_context(logging_redirect_tqdm(tqdm_class=tqdm))
        return self

    def __exit__(self, *_) -> None:
        self._stack.close()

    def show(self, step: int, loss: float, throughput: Throughput) -> None:
        """Show that `step` steps are done, of which the last had this loss."""
        now = self._clock()
        pause = self._seconds if self._bar is None else 0.1
        due = self._last is None or now - self._last >= pause
        if not due and step != self._total:
            return
        self._last = now
        text = _figures(self._total - step, loss, throughput, self._unit)
        if self._bar is not None:
            self._bar.n = step
            self._bar.set_description_str(text)
        else:
            log.info("step %d/%d  %s", step, self._total, text)

    def note(self, text: str) -> None:
        """Show for a moment what takes so long, such as compiling."""
        if self._bar is not None:
            self._bar.set_description_str(text)


def _figures(steps_left: int, loss: float, throughput: Throughput, unit: str) -> str:
    parts = [f"loss {loss:.4f}"]
    rate = throughput.steps_per_second
    if rate > 0:
        parts.append(f"{rate:.2f} steps/s")
        if throughput.frames_per_second > 0:
            parts.append(f"{throughput.frames_per_second:,.0f} {unit}/s")
        parts.append(f"{format_duration(steps_left / rate)} left")
    return "  ".join(parts)


def format_duration(seconds: float) -> str:
    """Return a duration in its two largest units: 3 d 5 h, 2 h 05 min, 4 min 30 s."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"


class Interrupt:
    """Turns SIGINT and SIGTERM into a request to stop after the current step.

    Use it as a context; `signal` is the number of the one received, or 0. The second
    signal ends the process at once, as it would without us: checkpoints are never
    half-written, so nothing is lost by it.
    """

    def __init__(self, signals=(signal.SIGINT, signal.SIGTERM)):
        self.requested = False
        self.signal = 0
        self._signals = signals
        self._previous = {}

    def __enter__(self) -> "Interrupt":
        if threading.current_thread() is threading.main_thread():
            for number in self._signals:
                self._previous[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *_) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _receive(self, number: int, _frame) -> None:
        self.requested, self.signal = True, number
        for each in self._signals:
            signal.signal(each, signal.SIG_DFL)
        text = f"\n{signal.Signals(number).name}: stopping after this step and saving"
        # Logging could wait here for a lock that the interrupted code holds.
        with contextlib.suppress(OSError):
            os.write(2, f"{text}; once more ends at once\n".encode())


class FlatAttention:
    """Warns, once every `steps` steps, while the attention has not found its way.

    `name` is the metric that holds the mean focus: the largest attention weight of
    each decoder step, averaged, in 0..1.
    """

    def __init__(self, steps: int, name: str = "focus", threshold: float = 0.3):
        self.steps, self.name, self.threshold = steps, name, threshold
        self._mean: float | None = None

    def __call__(self, step: int, metrics: Mapping[str, float]) -> None:
        pace = min(1.0, 10 / self.steps)
        focus = metrics[self.name]
        if np.isfinite(focus):
            mean = focus if self._mean is None else self._mean
            self._mean = mean + pace * (focus - mean)
        if step % self.steps or self._mean is None or self._mean >= self.threshold:
            return
        log.warning(
            "after %d steps the attention is still flat (mean focus %.2f): the voice "
            "does not yet follow the text. Look at the alignment pictures; then try a "
            "larger tacotron_training.guided_attention, a larger "
            "tacotron.reduction_factor, shorter and better trimmed recordings, or "
            "--from a run that is aligned; "
            "and check that the transcripts say what the recordings say.",
            step,
            self._mean,
        )


class Previews:
    """Every `every` steps calls `make(step, folder)` for pictures and sounds.

    `folder` is a fresh one; when `make` has returned, its files move, each whole, to
    `place(step)`. Whatever goes wrong is one line in the log, and training goes on.
    """

    def __init__(
        self,
        every: int,
        place: Callable[[int], Path],
        make: Callable[[int, Path], None],
    ):
        self.every, self.place, self.make = every, place, make

    def __call__(self, step: int, metrics: Mapping[str, float]) -> None:
        if step % self.every == 0:
            guarded(f"previews of step {step}", self._run, step)

    def _run(self, step: int) -> None:
        final = self.place(step)
        aside = final.with_name(f".{final.name}.partial")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        self.make(step, aside)
        final.mkdir(exist_ok=True)
        for path in sorted(aside.iterdir()):
            path.replace(final / path.name)
        aside.rmdir()


class NoOpHook:
    """Does nothing on a host while the chief has something to do every so many steps:
    all hosts have to pause at the same ones."""

    def __init__(self, every: int):
        self.every = every

    def __call__(self, step: int, metrics: Mapping[str, float]) -> None:
        pass


def guarded(what: str, function: Callable, *arguments, **named):
    """Return the function's result, or None after one line in the log if it fails."""
    try:
        return function(*arguments, **named)
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        log.warning("%s failed: %s: %s", what, type(error).__name__, reason)
        log.debug("%s", what, exc_info=True)
        return None
