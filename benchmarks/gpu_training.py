"""What `gpu.py` measures of training, in a process of one backend."""

import contextlib
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np

import hparams
from benchmarks.batches import full_batch
from benchmarks.train_step import gigaflop
from benchmarks.wavenet_train import made_batch

_MEMORY = ("resource_exhausted", "resourceexhausted", "out of memory", "memoryerror")
_UTTERANCES = 512


def place(job: dict) -> Iterator[dict]:
    """One row: the card, and whether it is a GPU."""
    from moksori.backend.probe import probe

    device = probe(job["backend"])["devices"][0]
    yield {"card": device["name"], "on_gpu": device["kind"] == "GPU"}


def training(job: dict) -> Iterator[dict]:
    """A row for each batch, with its `rate`, until one says that `memory` ran out."""
    from moksori.backend import hardware
    from moksori.backend.probe import peak_memory

    settings = settings_of(job)
    make = _acoustic if job["kind"] == "acoustic" else _vocoder
    for size in job["batches"]:
        try:
            step, counted = make(settings, job, size)
            seconds = seconds_of(step, job["seconds"])
        except Exception as error:
            said = f"{type(error).__name__} {error}".lower()
            if not any(word in said for word in _MEMORY):
                raise
            yield {"batch": size, "memory": type(error).__name__}
            return
        row = {"batch": size, "rate": counted / seconds, "step_seconds": seconds}
        if hardware.has_accelerator():
            row["peak_bytes"] = peak_memory(job["backend"])
        yield {**row, "compute": step.trainer.model.compute}


def waiting(job: dict) -> Iterator[dict]:
    """One row: the share of time that steps wait for batches read from files."""
    from datasets.batches import frames_in
    from moksori.training.prefetch import Prefetch
    from moksori.training.recipes.tacotron import TacotronRecipe

    settings = settings_of(job)
    with tempfile.TemporaryDirectory(prefix="waiting-") as folder:
        store = _Store(Path(folder), settings, job)
        recipe = TacotronRecipe(settings, ["one"])
        # Every shape is compiled, which takes minutes and is not waiting for data.
        batches = recipe.batches(store, range(_UTTERANCES), buckets=2)
        trainer, values = recipe.trainer(), _values(settings)
        nobody = SimpleNamespace(requested=False)
        waited = 0.0
        with Prefetch(trainer, batches, 10**9, frames_in, nobody) as ahead:
            for shape in batches.buckets:
                whole = batches.collate(
                    np.resize(shape.indices, shape.batch), shape.frames, shape.symbols
                )
                float(trainer.step(whole, 1e-3, **values)["loss"])
            begun = time.perf_counter()
            for number in itertools.count():
                at = time.perf_counter()
                _, _, batch = ahead.at(number)
                waited += time.perf_counter() - at
                float(trainer.step(batch, 1e-3, **values)["loss"])
                taken = time.perf_counter() - begun
                if taken > job["seconds"]:
                    break
    share = waited / taken
    yield {"what": "waiting for data", "share": share, "figure": f"{share:.1%}"}


def profile(job: dict) -> Iterator[dict]:
    """Rows: what of a step the loops over time take, the products, and the gaps."""
    from benchmarks import clock, gpu_trace

    settings = settings_of(job)
    step, _ = _acoustic(settings, job, job["batch"])
    whole = seconds_of(step, job["seconds"])
    loops = seconds_of(_loops(settings, job, step.trainer), job["seconds"])
    steps = job["frames"] // settings.tacotron.reduction_factor
    about = f"of a step on {job['batch']} utterances, {1e3 * whole:,.1f} ms, are"
    each = f"{1e6 * loops / steps:,.0f} us for each of {steps} steps"
    yield _part(about, "the decoder's loops over time", loops, whole, f"; {each}")
    model, batch = step.trainer.model, step.batch
    products = clock.Products(model.compute)
    times = clock.turn_by_turn({"peak": products}, 2, 5)["peak"]
    work = gigaflop(model, batch, settings.tacotron.reduction_factor)
    ideal = work / clock.Products.rate(times)
    yield _part(about, "products, at the rate of the largest", ideal, whole)
    with tempfile.TemporaryDirectory(prefix="trace-") as folder:
        found = gpu_trace.traced(step, Path(folder), steps=3)
    for name, seconds in (found or {}).items():
        yield _part(about, f"{name}, as traced", seconds, whole)


def settings_of(job: dict) -> hparams.Hparams:
    """The preset, without the linear spectrogram, which has no published figure."""
    return hparams.preset(job["preset"]).override(["tacotron.linear=false"])


def seconds_of(step: Callable[[], object], least: float) -> float:
    """Seconds of a step, of many taken without waiting for each, for `least` in all."""
    for _ in range(2):
        float(step())
    taken, count, begun = 0.0, 0, time.perf_counter()
    while taken < least:
        for _ in range(4):
            last = step()
        float(last)
        count, taken = count + 4, time.perf_counter() - begun
    return taken / count


def _part(about: str, name: str, seconds: float, whole: float, more: str = "") -> dict:
    figure = f"{name}: {1e3 * seconds:,.1f} ms, {seconds / whole:.0%}{more}"
    return {"what": about, "part": name, "seconds": seconds, "figure": figure}


def _values(settings) -> dict:
    return {"guided_weight": 1.0, "factor": (settings.tacotron.reduction_factor,)}


def _acoustic(settings, job, size):
    """A step of the acoustic model, and how many frames it trains on."""
    from moksori.training.recipes.tacotron import TacotronRecipe

    trainer = TacotronRecipe(settings, ["one"]).trainer()
    batch = full_batch(settings, size, job["frames"], job["symbols"])
    step = _step(trainer, batch, **_values(settings))
    return step, size * job["frames"]


def _vocoder(settings, job, size):
    """A step of the vocoder, and how many samples count in it."""
    from moksori.training.recipes.wavenet import WaveNetRecipe

    trainer = WaveNetRecipe(settings, ["one"]).trainer()
    batch = made_batch(settings, size, settings.wavenet_training.crop_frames)
    batch["weight"] = np.full(size, 1 / size, np.float32)
    return _step(trainer, batch), batch["target"].size


def _step(trainer, batch, **values):
    placed = trainer.place(batch)

    def step():
        terms = trainer.step(placed, 1e-4, **values)
        trainer.step_number += 1
        return terms["loss"]

    step.trainer, step.batch = trainer, batch
    return step


def _loops(settings, job, trainer):
    """A step that does nothing but the decoder's loops and their gradient."""
    import keras
    from keras import ops

    from moksori.tacotron.fused.recurrence import recurrence
    from moksori.training.steps import Trainer

    model, size = trainer.model, job["batch"]
    decoder, units = model.decoder, model.decoder.attention_lstm.units
    steps = job["frames"] // settings.tacotron.reduction_factor
    width = decoder.attention.memory_kernel.shape[0]
    random = np.random.default_rng(0)
    batch = {
        "z": random.normal(size=(size, steps, 4 * units)).astype(np.float32),
        "memory": random.normal(size=(size, job["symbols"], width)).astype(np.float32),
    }

    def losses(batch, values):
        z, memory = ops.transpose(batch["z"], (1, 0, 2)), batch["memory"]
        text = decoder.read(memory, ops.ones_like(memory[:, :, 0]))
        h, context, weights = recurrence(
            z,
            *text.weights,
            *text.memory,
            *decoder.attention_lstm.zoneout_masks(steps, size, True),
            compute=decoder.compute,
        )
        h = decoder.decoder_lstm(ops.concatenate([h, context], -1), training=True)
        loss = ops.mean(ops.cast(h, "float32")) + ops.mean(weights[..., :1])
        return loss, {"loss": loss}

    return _step(Trainer(model, keras.optimizers.SGD(0.0), losses, 1.0), batch)


class _Store:
    """A feature store as `Batches` wants it, with spectrograms in files of their own;
    lengths vary between half of and the whole of what is asked for."""

    def __init__(self, folder: Path, settings, job: dict):
        random = np.random.default_rng(0)
        self.audio, self.speakers, self._folder = settings.audio, ["made"], folder
        self.rows = []
        for number in range(_UTTERANCES):
            share = random.uniform(0.5, 1.0)
            frames = max(2, round(share * job["frames"]))
            ids = random.integers(2, 70, max(1, round(share * job["symbols"])))
            mel = random.normal(size=(frames, settings.audio.mels))
            np.save(folder / f"{number}.npy", mel.astype(np.float16))
            self.rows.append(
                SimpleNamespace(id=str(number), ids=ids, frames=frames, speaker="made")
            )

    def __len__(self) -> int:
        return len(self.rows)

    def mel(self, index: int) -> np.ndarray:
        with contextlib.closing(open(self._folder / f"{index}.npy", "rb")) as file:
            return np.load(file).astype(np.float32)
