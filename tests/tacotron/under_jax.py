"""Model and training step on JAX, beside the tests on the default backend.

`start` leaves weights and what became of them in a folder and runs the tests again in
a process of the other backend, where `FOLDER` names that folder.
"""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np

from moksori.training.steps import Trainer
from tests.tacotron.made import (
    LINEAR,
    STILL,
    network,
    numpy_of,
    objective,
    together,
    utterance,
)

ROOT = Path(__file__).parents[2]
FOLDER = os.environ.get("MOKSORI_OTHER_BACKEND")
BATCH = together(
    utterance(1, symbols=6, frames=11),
    utterance(2, symbols=4, frames=8, speaker=1),
    frames=12,
    symbols=6,
)


def start(folder: Path) -> subprocess.Popen:
    trainer = make()
    np.savez(folder / "before.npz", **trainer.arrays())
    np.savez(folder / "after.npz", **stepped(trainer))
    environment = {
        "KERAS_BACKEND": "jax",
        "MOKSORI_OTHER_BACKEND": str(folder),
        # Most of the time goes into compiling what then runs for milliseconds.
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "true",
    }
    paths = "tests/tacotron", "tests/training/test_steps.py"
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *paths],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def make() -> Trainer:
    """Without noise, which each backend draws its own way; plain gradient steps."""
    model = network(*STILL, *LINEAR)
    losses = objective(model)
    return Trainer(model, keras.optimizers.SGD(0.5), losses, clip_norm=1.0)


def stepped(trainer: Trainer) -> dict[str, np.ndarray]:
    """The terms of the second of two steps, and every array after it."""
    for step in range(2):
        trainer.step_number = step
        terms = trainer.step(BATCH, 0.5, guided_weight=1.0, factor=(2,))
    named = {f"terms/{name}": value for name, value in numpy_of(terms).items()}
    return {**named, **trainer.arrays()}
