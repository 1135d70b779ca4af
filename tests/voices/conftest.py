import pytest

from tests import tiny_xtts
from tests.voices.runs import make_run


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    """The folder of a `tests.voices.runs.make_run`. Read only."""
    return make_run(tmp_path_factory.mktemp("logs") / "tiny")


@pytest.fixture(scope="session")
def voice(run_folder):
    from moksori.voices.trained import TrainedVoice

    # Random weights fail on every line.
    return TrainedVoice.load(run_folder, attempts=1)


@pytest.fixture(scope="session")
def xtts_folder(xtts_installed, tmp_path_factory):
    return tiny_xtts.folder_of(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def xtts_model(xtts_folder):
    return tiny_xtts.model_of(xtts_folder)
