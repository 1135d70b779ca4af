"""A few steps of a training, taken by the real training loop and thrown away.

`python -m moksori.doctor.trial` takes them: a program of its own, because a step that
does not fit into memory may end the process that takes it. It reads one JSON object
from standard input (model, settings, features or null, seconds) and prints another: the
fields of `Trial`, or `out_of_memory`, what the training would say.
"""

import contextlib
import json
import resource
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from datasets.readers import corpora
from datasets.store import build
from datasets.store.features import FeatureStore
from hparams import Hparams
from moksori.demo import corpus
from moksori.doctor.training_inputs import RECIPES
from moksori.training.loop import fit
from moksori.training.runs import Run

# The first step is not timed: a backend may compile once more for it.
_MIN_STEPS, _MAX_STEPS = 3, 50
_DEMO_UTTERANCES = 48


@dataclass(frozen=True)
class Trial:
    """What the steps took. `step_seconds` is the mean of a training, `compile_seconds`
    for one of the `shapes` that batches will have, `waiting` the share of the time that
    data was waited for."""

    backend: str
    device: str
    devices: int
    step_seconds: float
    frames_per_second: float
    waiting: float
    compile_seconds: float
    shapes: int
    skipped_steps: int
    peak_memory: int | None
    checkpoint_bytes: int


class _Enough(Exception):
    """The steps were measured."""


class _SpeedBoard:
    """Receives the figures of the training loop and ends it after `seconds`."""

    def __init__(self, seconds: float):
        self._seconds = seconds
        self.skipped_steps = 0

    def rewind(self, step: int) -> None:
        self._begun = time.perf_counter()

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        self.figures = values
        self.skipped_steps += int(values["train/skipped"])
        if step >= _MIN_STEPS and time.perf_counter() - self._begun > self._seconds:
            raise _Enough


class _LargestBatch:
    """Reads the batches of a training, and gives the largest instead of each: one
    shape, so that no step compiles but the first."""

    def __init__(self, data):
        self._data = data

    def at(self, step: int) -> tuple:
        self._data.batches.at(step)
        return "largest", self._data.largest


def run_trial(
    model: str, settings: Hparams, features: str | None, seconds: float
) -> Trial:
    """Train for `seconds`, on the demo's synthetic voice where there are no `features`.

    Raises `MemoryError`, with advice, where a step does not fit into memory.
    """
    from keras.backend import backend

    from moksori.backend.hardware import has_accelerator
    from moksori.backend.probe import peak_memory
    from moksori.backend.setup import setup_devices

    devices, board = setup_devices("all"), _SpeedBoard(seconds)
    with tempfile.TemporaryDirectory(prefix="doctor-") as folder:
        store = _open(features, settings, Path(folder))
        recipe = RECIPES[model](settings, store.speakers)
        trainer = recipe.trainer(devices)
        data, begun = recipe.data(store, trainer.model), time.perf_counter()
        trainer.preflight(data.largest, **recipe.schedule(0))
        compile_seconds = time.perf_counter() - begun
        run = Run.create(Path(folder, "run"), recipe.describe(settings, store))
        with contextlib.suppress(_Enough):
            fit(
                trainer,
                _LargestBatch(data),
                run,
                board,
                steps=_MAX_STEPS,
                scalars=recipe.schedule,
                save_every=_MAX_STEPS,
                log_every=1,
                frames_in=data.frames_in,
            )
        checkpoint_bytes = run.checkpoints()[0].path.stat().st_size
        longest = 1 / board.figures["speed/steps_per_second"]
        step_seconds = _mean_seconds(trainer, recipe, data.batches, longest)
    on_gpu, figures = has_accelerator(), board.figures
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Trial(
        backend=backend(),
        device="GPU" if on_gpu else "CPU",
        devices=devices.count,
        step_seconds=step_seconds,
        frames_per_second=figures["speed/frames_per_second"] * longest / step_seconds,
        waiting=figures["speed/waiting_for_data"],
        compile_seconds=compile_seconds,
        shapes=len(getattr(data.batches, "buckets", [None])),
        skipped_steps=board.skipped_steps,
        peak_memory=peak_memory(backend()) if on_gpu else resident,
        checkpoint_bytes=checkpoint_bytes,
    )


def _mean_seconds(trainer, recipe, batches, longest: float) -> float:
    """Estimate the mean seconds of a training's step from those of its `longest`.

    Batches of many short utterances take less time than those of few long ones, which
    are as many frames but more steps of the decoder. So the shortest are timed as well;
    what lies between them is interpolated. Batches without buckets are all alike.
    """
    buckets = getattr(batches, "buckets", [])
    if len(buckets) < 2:
        return longest
    (_, frames, _), _ = batches.largest()
    (_, least, _), batch = batches.filled(buckets[0])
    if frames == least:
        return longest
    trainer.preflight(batch, **recipe.schedule(0))
    shortest = min(_timed_step(trainer, recipe, batch) for _ in range(_MIN_STEPS))
    each = [
        shortest + (longest - shortest) * (bucket.frames - least) / (frames - least)
        for bucket in buckets
    ]
    return float(np.average(each, weights=batches.steps_of_buckets))


def _timed_step(trainer, recipe, batch) -> float:
    """Take a step; return its seconds."""
    begun = time.perf_counter()
    float(trainer.step(batch, **recipe.schedule(0))["loss"])
    return time.perf_counter() - begun


def _open(features: str | None, settings: Hparams, folder: Path):
    """Open a feature store, or make one of the demo's voice in a folder."""
    if features is None:
        corpus.write(folder / "corpus", _DEMO_UTTERANCES)
        features = folder / "features"
        build.build([corpora.read(folder / "corpus")], features, settings, workers=1)
    return FeatureStore.open(features)


def main() -> None:
    """Answer the request on standard input."""
    # If memory runs out, the system shall end this process and no other.
    Path("/proc/self/oom_score_adj").write_text("1000")
    request = json.load(sys.stdin)
    request["settings"] = Hparams.from_dict(request["settings"])
    try:
        answer = asdict(run_trial(**request))
    except MemoryError as failure:
        answer = {"out_of_memory": str(failure)}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
