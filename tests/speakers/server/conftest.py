"""Share one application with what strangers ask of it."""

import pytest

from moksori.speakers.recognizer import Recognizer
from moksori.speakers.registry import Registry
from tests.speakers.fake import CALIBRATION, FakeDetector, FakeEncoder


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    pytest.importorskip("fastapi")
    from tests.speakers.server.asked import Server

    encoder, path = FakeEncoder(), tmp_path_factory.mktemp("people") / "r.db"
    with Registry.open(path, encoder.id, encoder.dimension) as registry:
        yield Server(Recognizer(encoder, registry, CALIBRATION, FakeDetector()))


@pytest.fixture
def server(people):
    """The server; every request through it has to be refused."""
    people.wrong.clear()
    yield people
    assert people.wrong == {}
    assert people.client.get("/health").json()["speakers"] == 1
