"""Run folders with a tiny model of random weights, as training would leave them."""

from pathlib import Path

import hparams
from training.runs import Run
from training.weights import arrays_of
from voices import acoustic

SPEAKERS = ["나", "너"]


def make_run(
    folder: Path, *overrides: str, stop_bias: float = -2.0, **described
) -> Path:
    """A run of preset `tiny`; `described` replaces what its `run.json` says.

    Random weights know no end: a low `stop_bias` lets them speak on, up to the cap.
    """
    settings = hparams.preset("tiny").override(overrides)
    model = acoustic.network(settings, len(SPEAKERS))
    model.decoder.stop.bias.assign([stop_bias])
    description = acoustic.description(settings, SPEAKERS, "made by a test")
    run = Run.create(folder, {**description, **described})
    run.save(3, arrays_of(model), {})
    return folder
