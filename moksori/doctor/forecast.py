"""What a whole training would take, told from the few steps of `trial`."""

import dataclasses
import json
import signal
from dataclasses import asdict
from pathlib import Path

from hparams import Hparams
from moksori.doctor import subprocesses
from moksori.doctor.findings import ERROR, WARNING, Finding, format_bytes, judge
from moksori.doctor.machine import free_memory
from moksori.doctor.trial import Trial
from moksori.training.adaptation import stretched
from moksori.training.callbacks import format_duration
from moksori.training.kinds import KINDS

_WEEK = 7 * 86400.0
# Seconds for loading, compiling and the first steps, beside those for measuring.
_TIMEOUT = 600.0
# Seconds of steps from which the steps of a training are counted, and the least.
_BRIEF = 20.0
_LEAST_STEPS = 100


def check_training(
    model: str,
    settings: Hparams,
    features: Path | None,
    seconds: float,
    memory_limit: int,
) -> Finding:
    """Train for about `seconds`, after loading and compiling, and judge the forecast.

    `memory_limit` are the bytes that it may take, of the GPU or of the machine. The
    values of the finding are those of the `Trial`, where it succeeded.
    """
    name, smaller = f"{model} training", KINDS[model].memory_advice
    request = {
        "model": model,
        "settings": settings.to_dict(),
        "features": str(features.absolute()) if features else None,
        "seconds": seconds,
    }
    answer = subprocesses.run(
        "moksori.doctor.trial",
        timeout=_TIMEOUT + seconds,
        stdin=json.dumps(request),
        TF_CPP_MIN_LOG_LEVEL="2",
        TF_FORCE_GPU_ALLOW_GROWTH="true",
        XLA_PYTHON_CLIENT_PREALLOCATE="false",
    )
    if answer.code == 0:
        found = json.loads(answer.out.splitlines()[-1])
        if text := found.get("out_of_memory"):
            return Finding(name, ERROR, text, smaller)
        steps = KINDS[model].training_of(settings).steps
        return judge_trial(model, Trial(**found), steps, features, memory_limit)
    if answer.code == -signal.SIGKILL:
        text = "the process was killed, most likely for want of memory"
        return Finding(name, ERROR, text, smaller)
    text = f"not forecast: {answer.error_line}"
    if answer.code is None:
        text = f"not forecast: three steps took more than {_TIMEOUT / 60:.0f} min"
    advice = "use a smaller preset or a GPU, or pass --model none"
    return Finding(name, WARNING, text, advice)


def for_minutes(settings: Hparams, features: Path, minutes: float) -> Hparams:
    """Return the settings of an acoustic model whose training on these features takes
    about so long on this machine: some seconds of it are tried.

    Raises `ValueError` with the reason where that is not possible.
    """
    found = check_training("tacotron", settings, features, _BRIEF, free_memory())
    if found.level == ERROR or not found.values:
        raise ValueError(f"{found.text}: {found.advice}")
    trial = found.values
    compiling = trial["shapes"] * trial["compile_seconds"]
    steps = int((60 * minutes - compiling) / trial["step_seconds"])
    if steps < _LEAST_STEPS:
        least = (_LEAST_STEPS * trial["step_seconds"] + compiling) / 60
        raise ValueError(
            f"{minutes:g} minutes are {max(0, steps)} steps here: give at least "
            f"{least:.1f}"
        )
    schedule = stretched(settings.tacotron_training, steps)
    return dataclasses.replace(settings, tacotron_training=schedule)


def judge_trial(
    model: str, trial: Trial, steps: int, features: Path | None, memory_limit: int
) -> Finding:
    """Judge what a training of so many steps would take."""
    memory, smaller = trial.peak_memory or 0, KINDS[model].memory_advice
    compiling = min(trial.shapes, steps) * trial.compile_seconds
    seconds = steps * trial.step_seconds + compiling
    place = f"{trial.devices} GPUs" if trial.devices > 1 else f"the {trial.device}"
    text = (
        f"{steps:,} steps take {format_duration(seconds)} on {place} with "
        f"{trial.backend}; "
        f"{trial.step_seconds:.2g} s a step, {trial.frames_per_second:,.0f} frames/s; "
        f"memory {format_bytes(memory) if memory else 'unknown'}"
    )
    text += "" if features else "; tried on the demo's short sentences"
    no_loss = f"; steps without a finite loss: {trial.skipped_steps}"
    waits = f"; {trial.waiting:.0%} of the time it waits for data"
    limit = f"; there are {format_bytes(memory_limit)}"
    fewer = "train on a GPU, or fewer steps, or a smaller preset (lean, demo)"
    return judge(
        f"{model} training",
        text,
        (trial.skipped_steps, ERROR, no_loss, "look at the report of the features"),
        (memory > 0.9 * memory_limit, WARNING, limit, smaller),
        (trial.waiting > 0.5, WARNING, waits, "put the features on a faster disk"),
        (seconds > _WEEK, WARNING, "", fewer),
        **asdict(trial) | {"steps": steps, "total_seconds": seconds},
    )
