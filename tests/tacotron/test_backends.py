"""The same tests and the same numbers on the other backend."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.tacotron import other

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="started from the default backend"
)


def under_jax(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
    )


def test_model_and_training_step_pass_their_tests_under_jax():
    run = under_jax(
        "pytest",
        "-p",
        "no:cacheprovider",
        "tests/tacotron",
        "tests/training/test_steps.py",
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert " passed" in run.stdout


def test_the_same_weights_give_the_same_numbers_under_jax(tmp_path):
    trainer = other.trainer()
    np.savez(tmp_path / "weights.npz", **trainer.arrays())
    run = under_jax("tests.tacotron.other", tmp_path)
    assert run.returncode == 0, run.stderr
    ours = other.outputs(trainer)
    theirs = np.load(tmp_path / "outputs.npz")
    assert str(theirs["backend"]) == "jax"
    assert set(ours) < set(theirs.files)
    for name, expected in ours.items():
        scale = max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(
            theirs[name], expected, rtol=0, atol=2e-5 * scale, err_msg=name
        )
