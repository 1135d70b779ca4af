"""Run folders with a tiny model of random weights, as training would leave them."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np

import hparams
from moksori.training.recipes.tacotron import TacotronRecipe
from moksori.training.recipes.wavenet import WaveNetRecipe
from moksori.training.runs import Run
from moksori.training.weights import arrays_of

SPEAKERS = ["나", "너"]


def make_run(folder: Path, *overrides: str, stop_bias: float = -2.0) -> Path:
    """Make a run of preset `tiny`.

    Random weights know no end: a low `stop_bias` lets them speak on, up to the cap.
    """
    settings = hparams.preset("tiny").override(overrides)
    recipe = TacotronRecipe(settings, SPEAKERS)
    model = recipe.network()
    model.decoder.stop.bias.assign([stop_bias])
    store = SimpleNamespace(speakers=SPEAKERS, fingerprint="made by a test")
    run = Run.create(folder, recipe.describe(settings, store))
    run.save(3, arrays_of(model), {})
    return folder


def copy_run(run: Path, folder: Path, **described) -> Path:
    """Copy a run; `described` replaces what its `run.json` says."""
    shutil.copytree(run, folder)
    description = json.loads((run / "run.json").read_text("utf-8"))
    (folder / "run.json").write_text(json.dumps({**description, **described}), "utf-8")
    return folder


def make_vocoder_run(folder: Path, *overrides: str, steps=(3,)) -> Path:
    """Make a vocoder's run of preset `tiny`, with a checkpoint for each of `steps`.

    The averages are random and differ between steps; the weights are all zero, so
    speech made with them by mistake is always the same.
    """
    settings = hparams.preset("tiny").override(overrides)
    trainer = WaveNetRecipe(settings, SPEAKERS).trainer()
    description = {
        "kind": "wavenet",
        "hparams": settings.to_dict(),
        "speakers": SPEAKERS,
    }
    run = Run.create(folder, description)
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
