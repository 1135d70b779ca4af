"""Full band against sub-bands with linear prediction, at equal CPU time or updates.

Every variant trains on the same crops, by the schedule of the demo stretched over the
budget, and copies the held-out recordings, of which every second is used (`--half`).
Batches count as training; compilation and judging do not. Rows are JSON lines.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

_BANDS = [
    "wavenet.bands=4",
    "wavenet.layers=12",
    "wavenet.upsample=[8,8]",
    "wavenet.distribution=logistic",
    "wavenet.mixtures=1",
]
_LPC = ["wavenet.lpc_order=64", "wavenet_training.input_noise=0.006"]
VARIANTS = {
    "full band": [],
    "full band, LPC": [
        "wavenet.distribution=logistic",
        "wavenet.mixtures=1",
        *_LPC,
    ],
    "4 bands": _BANDS,
    "4 bands, LPC": [*_BANDS, *_LPC],
}


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--features", required=True, metavar="DIR", help="to train on")
    parser.add_argument("--held-out", required=True, metavar="DIR", help="to copy")
    parser.add_argument("--half", choices=("A", "B"), default="B")
    parser.add_argument("--utterances", type=int, default=16, help="of both halves")
    parser.add_argument("--variants", nargs="+", default=[*VARIANTS], choices=VARIANTS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--seconds", type=float, default=200, help="CPU time of each")
    parser.add_argument("--updates", type=int, help="instead of --seconds")
    parser.add_argument("--preset", default="demo")
    parser.add_argument("--set", nargs="*", default=[], help="settings of all")
    parser.add_argument("--out", type=Path, required=True, help="JSON lines to add to")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    chosen = parse(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import hparams
    from benchmarks import copies
    from datasets.store.features import FeatureStore

    store, held_out = (
        FeatureStore.open(folder) for folder in (chosen.features, chosen.held_out)
    )
    evaluator = copies.CopySynthesisEvaluator(_half(copies, held_out, chosen))
    for seed in chosen.seeds:
        for name in chosen.variants:
            settings = hparams.preset(chosen.preset).override(
                [*VARIANTS[name], f"wavenet_training.seed={seed}", *chosen.set]
            )
            row = {"variant": name, "seed": seed, "half": chosen.half}
            row |= _trained(settings, store, chosen, evaluator)
            with chosen.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            figures = row["figures"]
            means = {key: figures[key]["mean"] for key in figures}
            print(name, seed, row["updates"], round(row["cpu_seconds"]), means)
    return 0


def _half(copies, store, chosen):
    """Every second of the recordings that a comparison is made of."""
    whole = copies.Recordings.read(store, chosen.utterances)
    part = slice("AB".index(chosen.half), None, 2)
    lists = (whole.ids, whole.speakers, whole.waves, whole.mels)
    return copies.Recordings(whole.name, *(x[part] for x in lists), whole.audio)


def _trained(settings, store, chosen, evaluator) -> dict:
    """Train within the budget and judge the averaged weights."""
    from moksori.training.recipes.wavenet import WaveNetRecipe
    from moksori.training.weights import assign, averaged
    from moksori.voices.vocoder import WaveNetVocoder

    recipe = WaveNetRecipe(settings, store.speakers)
    trainer = recipe.trainer()
    crops = recipe.data(store, trainer.model).batches
    trainer.preflight(crops.at(0)[1])
    updates, spent, losses, samples = 0, 0.0, [], 0
    while share(updates, spent, chosen) < 1:
        begun = time.process_time()
        _, batch = crops.at(updates)
        rate = learning_rate(settings, share(updates, spent, chosen), updates)
        losses.append(float(trainer.step(batch, rate)["loss"]))
        updates += 1
        trainer.step_number = updates
        spent += time.process_time() - begun
        samples += batch["target"].size
    network = recipe.network()
    assign(network, None, averaged(trainer.arrays()))
    vocoder = WaveNetVocoder(network, settings, store.speakers, engine="cpu")
    return {
        "updates": updates,
        "cpu_seconds": spent,
        "samples": samples,
        "loss": sum(losses[-100:]) / len(losses[-100:]),
        **evaluator.measure(vocoder),
    }


def share(updates: int, spent: float, chosen) -> float:
    """Return how much of the budget is spent, 0 to 1."""
    return updates / chosen.updates if chosen.updates else spent / chosen.seconds


def learning_rate(settings, done: float, updates: int) -> float:
    """Warm up, hold until half of the budget, and decay exponentially to its end."""
    t = settings.wavenet_training
    decay = max(0.0, 2 * done - 1)
    rate = t.learning_rate * (t.final_learning_rate / t.learning_rate) ** decay
    return rate * min(1.0, (updates + 1) / max(1, t.warmup_steps))


if __name__ == "__main__":
    sys.exit(main())
