"""What every test relies on: a quiet TensorFlow, and the same cases on every run."""

import os
from importlib.util import find_spec

# Before anything imports Keras; a value from outside still counts.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")

import pytest
from hypothesis import settings

# No deadline: how long a case takes says nothing on a busy machine.
settings.register_profile("moksori", deadline=None, derandomize=True, database=None)
settings.load_profile("moksori")

FOLDERS = {"benchmarks": "benchmark", "docker": "container"}


@pytest.fixture(scope="session")
def xtts_installed():
    """Skip the test where `make xtts` was not run; fail where that is required."""
    if not (find_spec("TTS") and find_spec("resemblyzer")):
        required = os.environ.get("MOKSORI_XTTS") == "required"
        (pytest.fail if required else pytest.skip)("XTTS is not installed")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark the tests of two folders, and those that need XTTS, also by a fixture."""
    for item in items:
        if mark := FOLDERS.get(item.path.parent.name):
            item.add_marker(mark)
        if "xtts_installed" in getattr(item, "fixturenames", ()):
            item.add_marker("xtts")
