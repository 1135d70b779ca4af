"""A model's outputs and one training step, to compare between backends.

Run as a program it takes the weights from `weights.npz` in the folder it is given and
writes `outputs.npz` there.
"""

import sys
from pathlib import Path

import keras
import numpy as np

from tacotron.loss import TacotronLoss
from tests.tacotron.made import LINEAR, STILL, numpy_of, tiny, together, utterance
from training.steps import Trainer
from voices import acoustic

BATCH = together(
    utterance(1, symbols=6, frames=11),
    utterance(2, symbols=4, frames=8, speaker=1),
    frames=12,
    symbols=6,
)


def trainer() -> Trainer:
    """Without noise, which each backend draws its own way; plain gradient steps."""
    settings = tiny(*STILL, *LINEAR)
    model = acoustic.network(settings, 2)
    losses = TacotronLoss(
        model,
        l1_weight=1.0,
        l2_weight=1.0,
        stop_weight=1.0,
        stop_positive_weight=5.0,
        guided_attention_width=0.2,
    )
    return Trainer(model, keras.optimizers.SGD(0.5), losses, clip_norm=1.0)


def outputs(trainer: Trainer) -> dict[str, np.ndarray]:
    """What the model says, the terms of a step, and the weights after it."""
    said = numpy_of(trainer.model(BATCH, factor=2, training=False))
    terms = numpy_of(trainer.step(BATCH, 0.5, guided_weight=1.0, factor=(2,)))
    arrays = {
        name: array
        for name, array in trainer.arrays().items()
        if array.dtype == np.float32
    }
    return {**said, **{f"terms/{n}": v for n, v in terms.items()}, **arrays}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    made = trainer()
    with np.load(folder / "weights.npz") as weights:
        made.assign({name: weights[name] for name in weights.files})
    found = outputs(made)
    np.savez(folder / "outputs.npz", backend=keras.backend.backend(), **found)
