import pytest

from tests.voices.runs import make_run


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("logs") / "tiny")


@pytest.fixture(scope="session")
def voice(run_folder):
    from voices.trained import TrainedVoice

    return TrainedVoice.load(run_folder)
