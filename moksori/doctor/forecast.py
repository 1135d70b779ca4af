"""What a whole training would take, told from a rehearsal of a few steps."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from hparams import Hparams
from moksori.doctor.errands import Answer, ask
from moksori.doctor.findings import Finding, error, ok, warning
from moksori.doctor.table import binary, lasting, many

ROOT = Path(__file__).parents[2]
_LONG = 7 * 86400.0
# Seconds for loading and compiling, however slow the machine.
_PATIENCE = 300.0
# From this share of all cores on, other programs are worth a word.
_CROWDED = 0.2
_SMALLER = {
    "tacotron": "lower tacotron_training.batch_frames",
    "wavenet": "lower wavenet_training.batch or wavenet_training.crop_frames",
}


@dataclass(frozen=True)
class Rehearsal:
    """All that `doctor.rehearsal` said, by event; `failure` is why it said no more."""

    model: str
    steps: int
    begun: Mapping = field(default_factory=dict)
    shape: Mapping = field(default_factory=dict)
    measured: Mapping = field(default_factory=dict)
    no_memory: str = ""
    failure: str = ""

    @property
    def checkpoint(self) -> int | None:
        """Bytes of a checkpoint; None where the network was not even built."""
        return self.begun.get("checkpoint")

    @property
    def scale(self) -> float:
        """How many times larger the batch of a training is than that of the steps."""
        return self.shape["full"] / self.shape["size"]

    @property
    def step_seconds(self) -> float:
        """Of a step on a whole batch; an upper bound where it was a part of one."""
        return self.measured["step_seconds"] * self.scale

    @property
    def total_seconds(self) -> float:
        """Of all steps, with the compiling for each shape of batch."""
        return self.steps * self.step_seconds + self.compiling_seconds

    @property
    def compiling_seconds(self) -> float:
        """Of compiling for all the shapes that batches will have."""
        return self.shapes * self.measured["compile_seconds"]

    @property
    def shapes(self) -> int:
        """How many shapes its batches will have."""
        return min(self.shape["shapes"], self.steps)

    @property
    def peak(self) -> int | None:
        """Bytes of memory at most: on the GPU, else of the process; None: unknown."""
        peak = self.measured["peak"]
        if peak is None or self.scale == 1:
            return peak
        # Whatever the batch, the first step copies the state, and gradients are a third
        # of it. What compiling took counts as if it grew: hence at most.
        fixed = min(peak, self.begun["resident"] + 1.5 * self.begun["checkpoint"])
        return int(fixed + (peak - fixed) * self.scale)


def rehearsed(
    model: str,
    settings: Hparams,
    features: Path | None,
    seconds: float,
    environment: Mapping[str, str] = os.environ,
    tell: Callable[[str], None] = lambda text: None,
) -> Rehearsal:
    """Take steps for about `seconds` after loading and compiling; never raises.

    `tell` hears what it is doing.
    """
    request = {
        "model": model,
        "settings": settings.to_dict(),
        "features": str(features.absolute()) if features else None,
        "seconds": seconds,
    }
    told = {
        **environment,
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    }
    events: dict[str, dict] = {}
    hear = partial(_hear, events, tell)
    command = [sys.executable, "-m", "moksori.doctor.rehearsal"]
    patience = _PATIENCE + 4 * seconds
    answer = ask(command, patience, told, ROOT, json.dumps(request), hear)
    group = getattr(settings, f"{model}_training")
    return Rehearsal(
        model,
        group.steps,
        events.get("begun", {}),
        events.get("shape", {}),
        events.get("measured", {}),
        events.get("no-memory", {}).get("text", ""),
        _failure(answer, events, patience),
    )


def _hear(events: dict, tell: Callable[[str], None], line: str) -> None:
    """Keep the event of a line, if it is one; the latest of a kind counts."""
    try:
        event = json.loads(line)
        name = event.pop("event")
    except (ValueError, KeyError, AttributeError, TypeError):
        return
    events[name] = event
    if name == "phase":
        tell(event["text"])


def _failure(answer: Answer, events: dict, patience: float) -> str:
    if answer.late:
        phase = events.get("phase", {}).get("text", "beginning")
        return f"not done after {lasting(patience)}: still {phase}"
    if answer.code == -signal.SIGKILL:
        return "killed"
    if not answer.good:
        return f"failed ({answer.code}): {answer.last_words() or 'no word'}"
    return ""


def examine(
    rehearsal: Rehearsal, limit: int | None, made_up: bool
) -> Iterator[Finding]:
    """Findings on a rehearsal. `limit` is the memory in bytes that it may take, of the
    GPU or the machine (None: unknown); `made_up`: it had no features to read."""
    name = f"{rehearsal.model} training"
    smaller = _SMALLER[rehearsal.model]
    if rehearsal.no_memory:
        yield error(name, rehearsal.no_memory, smaller)
    elif rehearsal.failure == "killed":
        text = "the process was killed, most likely for want of memory"
        yield error(name, text, f"{smaller}; dmesg tells who killed it")
    elif rehearsal.failure or not rehearsal.measured:
        text = f"no step was measured: {rehearsal.failure or 'it said nothing'}"
        advice = (
            "train for a minute and read the speed there, or leave it out: --model none"
        )
        yield warning(name, text[:300], advice)
    else:
        yield _forecast(name, rehearsal, limit, made_up)


def _forecast(name, rehearsal, limit, made_up) -> Finding:
    text, facts = _told(rehearsal, made_up), _facts(rehearsal, limit)
    measured, smaller = rehearsal.measured, _SMALLER[rehearsal.model]
    guessed = rehearsal.scale > 1
    if measured["skipped"]:
        text += f"; {many(measured['skipped'], 'step')} gave no finite loss"
        advice = "look at the features' report, or lower the learning rate"
        return error(name, text, advice, **facts)
    peak = rehearsal.peak or 0
    if limit and peak > limit and not guessed:
        return error(name, f"{text}, of {binary(limit)}", smaller, **facts)
    if limit and peak > 0.9 * limit:
        return warning(name, f"{text}, of {binary(limit)}", smaller, **facts)
    if measured["data_seconds"] > rehearsal.step_seconds:
        text += f"; reading a batch takes {lasting(measured['data_seconds'])}"
        advice = "put the features on a faster disk: steps would wait for them"
        return warning(name, text, advice, **facts)
    if rehearsal.total_seconds > _LONG:
        advice = "train on a GPU, or fewer steps, or a smaller preset (lean, demo)"
        if rehearsal.begun["device"] == "GPU":
            advice = "train fewer steps, or on more GPUs"
        return warning(name, text, advice, **facts)
    return ok(name, text, **facts)


def _told(rehearsal: Rehearsal, made_up: bool) -> str:
    begun, shape, measured = rehearsal.begun, rehearsal.shape, rehearsal.measured
    rate = measured["frames"] / measured["step_seconds"]
    compiling = rehearsal.compiling_seconds
    count = rehearsal.shapes
    shapes = f" for each of {count} shapes of batch" if count > 1 else ""
    place = f"the {begun['device']}"
    if begun["devices"] > 1:
        place = many(begun["devices"], begun["device"])
    parts = [
        f"{rehearsal.steps:,} steps take {lasting(rehearsal.total_seconds)} on {place}"
        f" with {begun['backend']}",
        f"{lasting(rehearsal.step_seconds)} a step, {rate:,.0f} frames/s",
        _memory(rehearsal),
        f"compiling {lasting(measured['compile_seconds'])}{shapes}"
        f" ({compiling / rehearsal.total_seconds:.1%})",
    ]
    if rehearsal.scale > 1:
        parts.append(
            f"extrapolated from {shape['size']} of {shape['full']} examples, "
            "so rather too long"
        )
    if begun["device"] == "CPU" and (measured["others"] or 0) > _CROWDED:
        parts.append(f"others took {measured['others']:.0%} of the processor")
    if made_up:
        parts.append("features were made up")
    return "; ".join(parts)


def _memory(rehearsal: Rehearsal) -> str:
    least, most = rehearsal.measured["peak"], rehearsal.peak
    if not least:
        return "memory unknown"
    if most > least:
        return f"memory between {binary(least)} and {binary(most)}"
    return f"memory {binary(most)}"


def _facts(rehearsal: Rehearsal, limit: int | None) -> dict:
    measured = rehearsal.measured
    return {
        **rehearsal.begun,
        **rehearsal.shape,
        "measured": dict(measured),
        "steps": rehearsal.steps,
        "step_seconds": rehearsal.step_seconds,
        "frames_per_second": measured["frames"] / measured["step_seconds"],
        "total_seconds": rehearsal.total_seconds,
        "compiling_share": rehearsal.compiling_seconds / rehearsal.total_seconds,
        "peak_memory": rehearsal.peak,
        "least_memory": measured["peak"],
        "memory_limit": limit,
        "extrapolated": rehearsal.scale > 1,
    }
