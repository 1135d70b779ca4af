"""The other backend is tried in a process of its own, beside the tests of this one."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

ROOT = Path(__file__).parents[2]
FOLDER = "tests/wavenet"
# Losses and draws of every distribution, all of the engine, the network's gradients and
# the ways to run it, and what a training keeps of it.
TESTS = (
    f"{FOLDER}/test_distributions.py",
    f"{FOLDER}/test_engine_xla.py",
    f"{FOLDER}/test_layers.py",
    f"{FOLDER}/test_model.py",
    "tests/training/test_averaging.py",
    "-kloss or xla or layers or one_sample or crop or exported or recursion or bit",
)
# Most of the time goes into compiling what then runs for milliseconds.
QUICK = {"KERAS_BACKEND": "jax", "JAX_DISABLE_MOST_OPTIMIZATIONS": "true"}


@pytest.fixture(scope="package", autouse=True)
def other_backend(request):
    """That process, begun early where somebody will ask how it went; or None."""
    asked = any("test_under_jax.py" in item.nodeid for item in request.session.items)
    if not asked or keras.backend.backend() == "jax":
        yield None
        return
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *TESTS],
        cwd=ROOT,
        env={**os.environ, **QUICK},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield process
    if process.poll() is None:
        process.kill()
        process.communicate()
