"""Export the weights of a run that speak, in half precision: a voice to hand on."""

from pathlib import Path

import numpy as np

from moksori.training.kinds import WAVENET
from moksori.training.record import copy_training_record
from moksori.training.runs import Run, RunError
from moksori.training.weights import averaged

# The voice that comes with the program: a run that was exported, never written to.
SHIPPED_VOICE = Path(__file__).resolve().parents[2] / "weights" / "voice"
_EXPORTED = "exported"


def export_run(run: Run, folder: str | Path, best: bool = False) -> Run:
    """Write the newest or the `best` checkpoint of a run to a run of its own, `folder`.

    It holds the settings and the weights that speak, for a vocoder their moving
    average, as float16: a sixth of the size of a checkpoint. It speaks, and another
    training may begin with it, but it cannot be continued. Raises `RunError` where
    there is no checkpoint, `folder` is a run already, or a weight is beyond float16.
    """
    checkpoint = run.restore(best=best)
    if checkpoint is None:
        raise RunError(f"{run.folder} holds no checkpoint yet: train it first")
    vocoder = run.settings.get("kind") == WAVENET.name
    arrays = averaged(checkpoint.arrays) if vocoder else checkpoint.arrays
    weights = {n: _halved(n, a) for n, a in arrays.items() if n.startswith("model/")}
    made = Run.create(folder, run.settings | {_EXPORTED: True})
    made.save(
        checkpoint.step,
        weights,
        checkpoint.state,
        checkpoint.metric,
        checkpoint.ranked_by,
    )
    copy_training_record(run.folder, made.folder)
    return made


def is_exported(run: Run) -> bool:
    """Tell whether a run was exported: it speaks, but its training cannot go on."""
    return bool(run.settings.get(_EXPORTED))


def refuse_exported(run: Run) -> None:
    """Raise `RunError` for a run that was exported."""
    if is_exported(run):
        raise RunError(
            f"{run.folder} was exported to speak with and cannot be trained on: begin "
            f"a new run, --from {run.folder}"
        )


def _halved(name: str, array: np.ndarray) -> np.ndarray:
    if array.dtype != np.float32:
        return array
    with np.errstate(over="ignore"):
        half = array.astype(np.float16)
    if not np.isfinite(half).all():
        raise RunError(f"not exported: {name} holds values beyond half precision")
    return half
