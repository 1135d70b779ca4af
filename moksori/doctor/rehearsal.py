"""A few real training steps, to see what a whole training would take.

`python -m machine.rehearsal` reads a request from standard input, one JSON object, and
writes what it finds as JSON lines; it is a program of its own because a step that does
not fit into memory may end the process that takes it. `forecast.py` asks it.

    request   model, settings (`Hparams.to_dict`), features (a folder, or null), seconds
    phase     text: what it is doing now
    begun     backend, device, devices (how many), parameters, checkpoint (bytes),
              resident (bytes)
    shape     size, full, shapes: how much of a batch, and how many shapes there are
    measured  compile_seconds, step_seconds, data_seconds, frames, steps, skipped; peak
              (bytes) and others (the share of the cores that other programs took),
              which may be null: all for a batch of `size`
    no-memory text
"""

import json
import math
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np

from hparams import Audio, Hparams
from moksori.doctor import host

# What a core does in a step of these models, roughly: only to choose a first size.
_OPERATIONS = 2.5e10
_MOST_STEPS = 50
_SHORTEST, _LONGEST, _SYMBOLS_A_SECOND = 2.0, 8.0, 13.0


class MadeUp:
    """Utterances of noise in place of a feature store, 2 to 8 seconds long, as many as
    make each shape of a training; none longer than the settings allow."""

    def __init__(self, audio: Audio, count: int = 640):
        from datasets.store.features import Row

        self.audio, self.speakers = audio, ["made up"]
        low = max(_SHORTEST, audio.min_seconds)
        lengths = np.linspace(low, max(low, min(_LONGEST, audio.max_seconds)), count)
        self.rows = [
            Row(
                id=str(number),
                speaker=self.speakers[0],
                text="",
                spoken="",
                ids=[2] * max(1, round(seconds * _SYMBOLS_A_SECOND)),
                frames=max(1, round(seconds / audio.frame_seconds)),
                samples=round(seconds * audio.sample_rate),
                shard=0,
                offset=0,
            )
            for number, seconds in enumerate(lengths)
        ]

    def __len__(self) -> int:
        return len(self.rows)

    def mel(self, index: int) -> np.ndarray:
        """Noise in the range of normalised mels, float32 [frames, mels]."""
        return self._noise(index, (self.rows[index].frames, self.audio.mels))

    def linear(self, index: int) -> np.ndarray:
        """Noise in the range of linear spectrograms, float32 [frames, bins]."""
        return self._noise(index, (self.rows[index].frames, self.audio.bins))

    def wave(self, index: int) -> np.ndarray:
        """Quiet noise, float32 [frames * hop_length]."""
        frames = self.rows[index].frames
        return 0.02 * self._noise(index, (frames * self.audio.hop_length,))

    def _noise(self, index: int, shape: tuple[int, ...]) -> np.ndarray:
        random = np.random.default_rng(index)
        noise = random.standard_normal(shape, np.float32)
        return np.clip(noise, -self.audio.mel_range, self.audio.mel_range)


def portion(batch: dict, size: int) -> dict:
    """The first `size` examples of a batch."""
    return {name: array[:size] for name, array in batch.items()}


def first_size(full: int, operations: float, seconds: float, cores: int) -> int:
    """How many of the `full` examples of a batch, whose step takes so many
    `operations`, make a step of a sixth of `seconds` on so many cores."""
    expected = operations / (_OPERATIONS * max(1, cores))
    return max(1, min(full, int(full * seconds / 6 / max(expected, 1e-9))))


def measure(trainer, batch: dict, schedule, seconds: float) -> dict:
    """Compile for a batch, then take steps for `seconds`, at least 2 and at most 50.

    The first of them is not timed: a backend may compile once more for it. Raises
    `MemoryError` when a step does not fit.
    """
    started = time.perf_counter()
    trainer.preflight(batch, **schedule(0))
    taken, skipped = [], 0
    begun, before_all = time.perf_counter(), _work_of_others()
    while len(taken) < 2 or (
        len(taken) < _MOST_STEPS and time.perf_counter() - begun < seconds
    ):
        before = time.perf_counter()
        terms = trainer.step(batch, **schedule(0))
        skipped += int(float(terms["loss"]) != float(terms["loss"]))
        skipped += int(float(terms["skipped"]) > 0)
        taken.append(time.perf_counter() - before)
        trainer.step_number += 1
    step, after_all = sum(taken[1:]) / len(taken[1:]), _work_of_others()
    known = before_all is not None and after_all is not None
    others = (after_all - before_all) / sum(taken) / os.cpu_count() if known else None
    compiling = begun - started - step + max(0.0, taken[0] - step)
    return {
        "compile_seconds": max(0.0, compiling),
        "step_seconds": step,
        "others": others,
        "steps": len(taken),
        "skipped": skipped,
    }


def rehearse(model: str, settings: Hparams, features: str | None, seconds: float):
    """The events of a rehearsal, as they happen; the module describes them."""
    yield {"event": "phase", "text": "loading"}

    from moksori.backend.setup import setup_devices

    devices = setup_devices("all")
    from keras.backend import backend

    from moksori.doctor import backends

    if features:
        from datasets.store.build import FeatureStore

        store = FeatureStore.open(features)
    else:
        store = MadeUp(settings.audio)
    yield {"event": "phase", "text": "building"}
    trainer, batches, full, schedule = _prepared(model, settings, store, devices)
    on_gpu = backends.on_gpu(backend())
    begun = {"backend": backend(), "device": "GPU" if on_gpu else "CPU"}
    yield {"event": "begun", **begun, "devices": devices.count, **_sizes(trainer)}
    size = len(next(iter(full.values())))
    operations, cores = _operations(trainer.model, full), len(os.sched_getaffinity(0))
    taken = size if on_gpu else first_size(size, operations, seconds, cores)
    shapes = len(batches.buckets) if model == "tacotron" else 1
    yield {"event": "shape", "size": taken, "full": size, "shapes": shapes}
    yield {"event": "phase", "text": "compiling and taking steps"}
    batch = portion(full, taken)
    try:
        found = measure(trainer, batch, schedule, seconds / 2)
    except MemoryError as failure:
        yield {"event": "no-memory", "text": str(failure)}
        return
    peak = backends.peak_memory(backend()) if on_gpu else _peak_resident()
    more = {"peak": peak, "frames": _frames(batch, settings)}
    yield {"event": "measured", **found, **more, "data_seconds": _reading(batches)}


def _prepared(model: str, settings: Hparams, store, devices) -> tuple:
    """Trainer, batches, the largest batch and the schedule of the scripts."""
    from moksori.training.recipes.tacotron import TacotronRecipe
    from moksori.training.recipes.wavenet import WaveNetRecipe

    kind = {"tacotron": TacotronRecipe, "wavenet": WaveNetRecipe}[model]
    recipe = kind(settings, store.speakers)
    trainer = recipe.trainer(devices)
    data = recipe.data(store, trainer.model)
    return trainer, data.batches, data.largest, recipe.schedule


def _sizes(trainer) -> dict:
    return {
        "parameters": _kernels(trainer.model),
        "checkpoint": sum(array.nbytes for array in trainer.arrays().values()),
        "resident": _resident(),
    }


def _kernels(model) -> int:
    """How many numbers its kernels hold."""
    shapes = [weight.shape for weight in model.trainable_variables]
    return sum(math.prod(shape) for shape in shapes if len(shape) > 1)


def _operations(model, batch: dict) -> float:
    """Of a step on a batch, at most: two for each weight and frame or sample forth, and
    twice as many back. Several frames a step take fewer."""
    count = (batch["signal"] if "signal" in batch else batch["mels"][..., 0]).size
    return 6.0 * _kernels(model) * count


def _frames(batch: dict, settings: Hparams) -> int:
    """Those that a batch teaches."""
    if "target" in batch:
        return batch["target"].size // settings.audio.hop_length
    return int(batch["frames"].sum())


def _reading(batches, count: int = 3) -> float:
    """Seconds to read a batch."""
    begun = time.perf_counter()
    for step in range(count):
        batches.at(step)
    return (time.perf_counter() - begun) / count


def _work_of_others() -> float | None:
    """Seconds that all cores worked for others than this process, since the start."""
    busy = host.busy_seconds()
    return None if busy is None else busy - time.process_time()


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


def _peak_resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> int:
    """Answer the request on standard input with events, a line each."""
    request = json.loads(sys.stdin.read())
    settings = Hparams.from_dict(request["settings"])
    told = request["model"], settings, request["features"], request["seconds"]
    for event in rehearse(*told):
        print(json.dumps(event), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
