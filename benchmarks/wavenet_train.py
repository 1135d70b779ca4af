"""How fast a WaveNet trains: samples a second of one training step.

Two crops of 16 frames by default, which at the size of `korean` are two of 8,892 input
samples, of which 4,800 count in the loss and the rest is their past. In the same run
the machine's largest matrix products are measured, and a plain Keras version of the
same step (see `plain_wavenet.py`), turn by turn with ours, so that ratios hold where
absolute figures depend on what else the machine does. KERAS_BACKEND names the backend.
The last line is JSON.
"""

import argparse
import contextlib
import json
import math
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

# Input samples a second of the best-known implementation in PyTorch, float32, a step of
# the size of `korean` on 2 x 9,000 samples, on 2 cores of this kind.
_PYTORCH = {"korean": 6300}
_COMPUTES = ("float32", "bfloat16")
_COLUMNS = (
    "preset",
    "step",
    "type",
    "best s",
    "median s",
    "cpu s",
    "input/s",
    "counted/s",
    "GFLOP/s",
    "of peak",
    "x plain",
    "x PyTorch",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--presets", nargs="+", default=["korean", "lean"])
    parser.add_argument("--batch", type=int, default=2, help="crops")
    parser.add_argument("--frames", type=int, default=16, help="of a crop that count")
    parser.add_argument("--types", nargs="+", default=_COMPUTES, choices=_COMPUTES)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--warmup", type=int, default=1, help="steps not counted")
    parser.add_argument("--no-plain", action="store_true", help="ours alone")
    arguments = parser.parse_args()

    from moksori.backend.setup import load_backend

    load_backend()
    rows = []
    for name in arguments.presets:
        rows += _measured(name, arguments)
    _show(rows)
    print(json.dumps(rows))
    return 0


def _measured(name: str, arguments) -> list[dict]:
    """One row for each way of taking the step."""
    import hparams
    from benchmarks import clock
    from benchmarks.plain_wavenet import plainly

    settings = hparams.preset(name)
    batch = made_batch(settings, arguments.batch, arguments.frames)
    ways = {("ours", compute): contextlib.nullcontext for compute in arguments.types}
    if not arguments.no_plain:
        ways["plain", "float32"] = plainly
    steps = {
        (step, compute): _step(way, settings, batch, compute)
        for (step, compute), way in ways.items()
    }
    work = gigaflop(next(iter(steps.values())).trainer.model, batch)
    peaks = {compute: clock.Products(compute) for compute in arguments.types}
    peaks.setdefault("float32", clock.Products())
    calls = {**steps, **{("peak", c): products for c, products in peaks.items()}}
    times = clock.turn_by_turn(calls, arguments.warmup, arguments.repeats)
    peaks = {c: clock.Products.rate(times.pop(("peak", c))) for c in peaks}
    rows = [
        _row(name, step, compute, taken, work, peaks[compute], batch)
        for (step, compute), taken in times.items()
    ]
    if not arguments.no_plain:
        for row in rows:
            row["times_plain"] = rows[-1]["best_seconds"] / row["best_seconds"]
    return rows


def _row(preset, step, compute, times, work, peak, batch) -> dict:
    from keras import backend

    walls = [wall for wall, _ in times]
    best = min(walls)
    row = {
        "backend": backend.backend(),
        "preset": preset,
        "step": step,
        "type": compute,
        "crops": len(batch["signal"]),
        "input_samples": batch["signal"][0].size,
        "counted_samples": batch["target"][0].size,
        "best_seconds": best,
        "median_seconds": statistics.median(walls),
        "processor_seconds": min(busy for _, busy in times),
        "input_samples_per_second": batch["signal"].size / best,
        "counted_samples_per_second": batch["target"].size / best,
        "gigaflop": work,
        "gigaflop_per_second": work / best,
        "peak_gigaflop_per_second": peak,
        "share_of_peak": work / best / peak,
    }
    if preset in _PYTORCH:
        speed = row["input_samples_per_second"]
        row["times_pytorch"] = speed / _PYTORCH[preset]
    return row


def made_batch(settings, crops: int, frames: int) -> dict:
    """Crops as `datasets.crops` makes them, of noise."""
    import numpy as np

    from moksori.voices.networks import build_wavenet

    model = build_wavenet(settings, 1)
    past = model.receptive_field - 1
    hop, random = model.hop_length, np.random.default_rng(0)
    size = (crops, 1 + past + frames * hop, model.bands)
    samples = random.uniform(-1, 1, size)
    samples = samples.astype(np.float32)
    seen = -(-past // hop) + frames + 2 * model.context
    mels = random.normal(size=(crops, seen, settings.audio.mels))
    return {
        "signal": samples[:, :-1],
        "target": samples[:, 1 + past :],
        "mels": mels.astype(np.float32),
        "speaker": np.zeros(crops, np.int32),
        "weight": np.full(crops, 1 / crops, np.float32),
    }


def _step(way, settings, batch, compute):
    """A training step as a call, with its trainer beside it; compiled by this."""
    from moksori.training.recipes.wavenet import WaveNetRecipe

    with way():
        settings = settings.override([f"wavenet_training.compute={compute}"])
        trainer = WaveNetRecipe(settings, ["one"]).trainer()

    def step():
        terms = trainer.step(batch, 1e-4)
        trainer.step_number += 1
        if not math.isfinite(float(terms["loss"])) or int(terms["skipped"]):
            raise ArithmeticError("a step that is skipped measures nothing")

    step.trainer = trainer
    step()
    return step


def gigaflop(model, batch: dict) -> float:
    """Arithmetic of a training step: two operations for each multiplication of the
    forward pass, and as much again for each of the two factors' gradients.

    Only products and convolutions count, and of each only what the samples that count
    depend on: past that no one needs any more is work of the plain step's own.
    """
    crops, samples = batch["signal"].shape[:2]
    counted, frames = batch["target"].shape[1], batch["mels"].shape[1]
    products = 0
    for convolution in model.frames:
        frames -= 2
        products += frames * math.prod(convolution.kernel.shape)
    steps, phases = samples, model.upsample.phases().shape
    channels = model.frames[-1].kernel.shape[-1]
    products += (frames - phases[1] + 1) * math.prod(phases) * channels
    for block in model.blocks:
        steps -= block.reach
        products += steps * math.prod(block.gate.shape)
        if block.next is not None:
            products += steps * math.prod(block.next.shape)
    heads = (model.to_skip, model.head, model.out)
    products += counted * sum(math.prod(head.kernel.shape) for head in heads)
    return 3 * 2 * crops * products / 1e9


def _show(rows: list[dict]) -> None:
    from benchmarks import clock

    lines = []
    for row in rows:
        plain, pytorch = row.get("times_plain"), row.get("times_pytorch")
        lines.append(
            (
                row["preset"],
                row["step"],
                row["type"],
                f"{row['best_seconds']:.3f}",
                f"{row['median_seconds']:.3f}",
                f"{row['processor_seconds']:.2f}",
                f"{row['input_samples_per_second']:,.0f}",
                f"{row['counted_samples_per_second']:,.0f}",
                f"{row['gigaflop_per_second']:.1f}",
                f"{row['share_of_peak']:.0%}",
                f"{plain:.2f}" if plain else "",
                f"{pytorch:.2f}" if pytorch else "",
            )
        )
    clock.show(_COLUMNS, lines)


if __name__ == "__main__":
    sys.exit(main())
