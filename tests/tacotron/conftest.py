import pytest

from tests.tacotron.made import LINEAR, STILL, network, plain_trainer


@pytest.fixture(scope="session")
def still_trainer():
    """Of the whole network, CBHG included, without noise. Leave it as it was."""
    return plain_trainer(network(*STILL, *LINEAR))
