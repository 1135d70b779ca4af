"""How fast a training step of Tacotron 2 is, on each backend there is.

The full published size by default: 16 utterances of 400 frames and 60 symbols. In the
same run it measures the machine's largest matrix products, and the same step with the
reference decoder (`tacotron/decoder.py`, called plain), turn by turn with ours, so that
ratios hold where absolute figures depend on what else the machine does. The last line
is JSON.
"""

import argparse
import importlib.util
import json
import math
import os
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

BACKENDS = ("tensorflow", "jax")
_COLUMNS = (
    "backend",
    "r",
    "step",
    "best s",
    "median s",
    "cpu s",
    "frames/s",
    "GFLOP/s",
    "of peak",
    "x plain",
)


def main() -> int:
    import hparams

    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--batch", type=int, default=16, help="utterances")
    parser.add_argument("--frames", type=int, default=400)
    parser.add_argument("--symbols", type=int, default=60)
    parser.add_argument("--reduction", type=int, nargs="+", default=[1])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=1, help="steps not counted")
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=None)
    parser.add_argument("--no-plain", action="store_true", help="ours alone")
    parser.add_argument("--within", choices=BACKENDS, help=argparse.SUPPRESS)
    hparams.add_arguments(parser)
    arguments = parser.parse_args()
    if any(arguments.frames % factor for factor in arguments.reduction):
        parser.error("--frames must be a multiple of every --reduction")
    if arguments.within:
        settings = hparams.from_arguments(arguments, default="paper")
        print(json.dumps(_measured(settings, arguments)))
        return 0
    rows = []
    for backend in arguments.backends or filter(importlib.util.find_spec, BACKENDS):
        rows += _in_its_own_process(backend)
    _show(rows)
    print(json.dumps(rows))
    return 0


def _in_its_own_process(backend: str) -> list[dict]:
    """What a fresh process with that backend measured: a process has but one."""
    command = [sys.executable, *sys.argv, "--within", backend]
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "2", "KERAS_BACKEND": backend}
    run = subprocess.run(
        command, env={**os.environ, **quiet}, stdout=subprocess.PIPE, text=True
    )
    if run.returncode:
        sys.exit(f"train_step.py: the measurement on {backend} failed")
    return json.loads(run.stdout.splitlines()[-1])


def _measured(settings, arguments) -> list[dict]:
    """One row for each reduction factor and way of taking the step."""
    from benchmarks import clock
    from benchmarks.batches import full_batch
    from moksori.tacotron.decoder import Decoder
    from moksori.tacotron.fused.decoder import FusedDecoder

    rows = []
    for factor in arguments.reduction:
        decoders = {"ours": FusedDecoder, "plain": Decoder}
        if arguments.no_plain:
            del decoders["plain"]
        sized = settings.override(
            [f"tacotron.reduction_factor={factor}", "tacotron.linear=false"]
        )
        sizes = arguments.batch, arguments.frames, arguments.symbols
        batch = full_batch(sized, *sizes)
        steps = {n: _step(d, sized, batch, factor) for n, d in decoders.items()}
        work = gigaflop(steps["ours"].trainer.model, batch, factor)
        calls = {**steps, "peak": clock.Products()}
        times = clock.turn_by_turn(calls, arguments.warmup, arguments.repeats)
        peak = clock.Products.rate(times.pop("peak"))
        rows += [
            _row(name, factor, taken, work, peak, arguments)
            for name, taken in times.items()
        ]
        for row in rows[-len(times) :]:
            if "plain" in times:
                row["times_plain"] = rows[-1]["best_seconds"] / row["best_seconds"]
    return rows


def _row(name, factor, times, work, peak, arguments) -> dict:
    from keras import backend

    walls = [wall for wall, _ in times]
    best = min(walls)
    return {
        "backend": backend.backend(),
        "step": name,
        "reduction_factor": factor,
        "batch": arguments.batch,
        "frames": arguments.frames,
        "symbols": arguments.symbols,
        "best_seconds": best,
        "median_seconds": statistics.median(walls),
        "processor_seconds": min(busy for _, busy in times),
        "frames_per_second": arguments.batch * arguments.frames / best,
        "gigaflop": work,
        "gigaflop_per_second": work / best,
        "peak_gigaflop_per_second": peak,
        "share_of_peak": work / best / peak,
    }


def _step(decoder, settings, batch, factor):
    """A training step as a call, with its trainer beside it; compiled by this."""
    from moksori.training.recipes.tacotron import TacotronRecipe

    trainer = TacotronRecipe(settings, ["one"]).trainer(decoder=decoder)

    def step():
        terms = trainer.step(batch, 1e-3, guided_weight=1.0, factor=(factor,))
        trainer.step_number += 1
        if not math.isfinite(float(terms["loss"])) or int(terms["skipped"]):
            raise ArithmeticError("a step that is skipped measures nothing")

    step.trainer = trainer
    step()
    return step


def gigaflop(model, batch: dict, factor: int) -> float:
    """Arithmetic of a training step: two operations for each multiplication of the
    forward pass, and as much again for each of the two factors' gradients. Only
    products and convolutions count."""
    count, frames = batch["mels"].shape[:2]
    symbols, steps = batch["ids"].shape[1], frames // factor
    attention = model.decoder.attention
    memory = attention.memory_kernel.shape[0]
    walking = (attention.memory_kernel, attention.filter, attention.location_kernel)
    at_steps = _size(model.decoder) - sum(math.prod(w.shape) for w in walking)
    at_symbols = _size(model.encoder) + math.prod(attention.memory_kernel.shape)
    at_pairs = (attention.taps + 1) * attention.dim + memory
    products = (
        steps * at_steps
        + symbols * at_symbols
        + frames * _size(model.postnet)
        + steps * symbols * at_pairs
    )
    return 3 * 2 * count * products / 1e9


def _size(layer) -> int:
    """How many numbers its kernels hold."""
    return sum(
        math.prod(weight.shape)
        for weight in layer.trainable_variables
        if len(weight.shape) > 1 and "embedding" not in weight.path
    )


def _show(rows: list[dict]) -> None:
    from benchmarks import clock

    lines = []
    for row in rows:
        plain = row.get("times_plain")
        lines.append(
            (
                row["backend"],
                str(row["reduction_factor"]),
                row["step"],
                f"{row['best_seconds']:.3f}",
                f"{row['median_seconds']:.3f}",
                f"{row['processor_seconds']:.2f}",
                f"{row['frames_per_second']:,.0f}",
                f"{row['gigaflop_per_second']:.1f}",
                f"{row['share_of_peak']:.0%}",
                f"{plain:.2f}" if plain else "",
            )
        )
    clock.show(_COLUMNS, lines)


if __name__ == "__main__":
    sys.exit(main())
