"""Run folders with a tiny model of random weights, as training would leave them."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np

import hparams
from moksori.training.recipes.tacotron import TacotronRecipe
from moksori.training.recipes.wavenet import WaveNetRecipe
from moksori.training.runs import Run
from moksori.training.weights import arrays_of

SPEAKERS = ["나", "너"]


def make_run(
    folder: Path, *overrides: str, stop_bias: float = -2.0, **described
) -> Path:
    """A run of preset `tiny`; `described` replaces what its `run.json` says.

    Random weights know no end: a low `stop_bias` lets them speak on, up to the cap.
    """
    settings = hparams.preset("tiny").override(overrides)
    recipe = TacotronRecipe(settings, SPEAKERS)
    model = recipe.network()
    model.decoder.stop.bias.assign([stop_bias])
    store = SimpleNamespace(speakers=SPEAKERS, fingerprint="made by a test")
    description = recipe.describe(settings, store)
    run = Run.create(folder, {**description, **described})
    run.save(3, arrays_of(model), {})
    return folder


def make_vocoder_run(folder: Path, *overrides: str, steps=(3,), **described) -> Path:
    """A run of the vocoder of preset `tiny`, with a checkpoint for each of `steps`.

    The averages are random and those of each step its own; the weights are all zero,
    so whoever speaks with them is heard to say the same all the time.
    """
    settings = hparams.preset("tiny").override(overrides)
    trainer = WaveNetRecipe(settings, SPEAKERS).trainer()
    description = {
        "kind": "wavenet",
        "hparams": settings.to_dict(),
        "speakers": SPEAKERS,
    }
    run = Run.create(folder, {**description, **described})
    for step in steps:
        random = np.random.default_rng(step)
        arrays = {
            name: random.normal(0, 0.3, array.shape).astype(np.float32)
            if name.endswith("/average")
            else np.zeros_like(array)
            for name, array in trainer.arrays().items()
        }
        # The later, the worse.
        run.save(step, arrays, {}, metric=float(step))
    return folder
