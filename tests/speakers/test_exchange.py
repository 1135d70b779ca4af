"""Export and import: the same people there as here, and nothing of a bad file."""

import copy
import json
import stat

import numpy as np
import pytest

from moksori.speakers.bandwidth import Band
from moksori.speakers.exchange import export_people, import_people
from moksori.speakers.registry import Registry, RegistryError
from tests.speakers.test_registry import CONSENT, NAME, clip


@pytest.fixture
def registry(tmp_path):
    with Registry.open(tmp_path / "one.db", "fake-1", 16) as opened:
        opened.enrol(NAME, [clip(1), clip(2)], CONSENT)
        opened.enrol("somebody else", [clip(3)], CONSENT)
        yield opened


@pytest.fixture
def other(tmp_path):
    with Registry.open(tmp_path / "two.db", "fake-1", 16) as opened:
        yield opened


def test_people_are_carried_over(registry, other, tmp_path):
    path = tmp_path / "people.json"
    export_people(registry, path, registry.speakers())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(import_people(other, path)) == 2
    assert other.speakers() == registry.speakers()
    vector = clip(1).vectors[Band.WIDE]
    here, there = registry.templates(Band.WIDE), other.templates(Band.WIDE)
    np.testing.assert_allclose(there.scores(vector), here.scores(vector), atol=1e-6)
    assert np.abs(here.matrix - there.matrix).max() > 0.05
    with pytest.raises(RegistryError, match="already"):
        import_people(other, path)
    with pytest.raises(FileExistsError):
        export_people(registry, path, registry.speakers())


def test_one_of_them_alone(registry, other, tmp_path):
    (speaker,) = registry.find(NAME)
    export_people(registry, tmp_path / "one.json", [speaker])
    assert import_people(other, tmp_path / "one.json") == [speaker]
    assert "export" in {event["action"] for event in registry.events.list()}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("format",), "moksori speakers 9"),
        (("encoder",), "fake-2"),
        (("speakers",), {"id": 1}),
        (("speakers", 1, "id"), "../../etc/passwd"),
        (("speakers", 1, "name"), "x" * 201),
        (("speakers", 1, "name"), "somebody else"),
        (("speakers", 1, "name"), 5),
        (("speakers", 1, "created"), "yesterday"),
        (("speakers", 1, "created"), "2026-01-01T00:00:00+09:00"),
        (("speakers", 1, "expires"), 5),
        (("speakers", 1, "consent"), {}),
        (("speakers", 1, "consent", "by"), " "),
        (("speakers", 1, "clips"), []),
        (("speakers", 1, "clips", 0, "sha256"), "f" * 63),
        (("speakers", 1, "clips", 0, "seconds"), "5"),
        (("speakers", 1, "clips", 0, "snr_db"), float("nan")),
        (("speakers", 1, "clips", 0, "vectors"), {}),
        (("speakers", 1, "clips", 0, "vectors", "wide"), [1.0] * 16),
        (("speakers", 1, "clips", 0, "vectors", "wide"), [1.0] * 15),
        (("speakers", 1, "clips", 0, "vectors", "wide", 3), float("inf")),
        (("speakers", 1, "clips", 0, "vectors", "wide", 3), True),
        (("speakers", 1, "clips", 0, "vectors", "infrared"), [1.0] * 16),
    ],
)
def test_what_is_wrong_enrols_nobody(registry, other, tmp_path, place, value):
    path = tmp_path / "people.json"
    export_people(registry, path, registry.speakers())
    table = copy.deepcopy(json.loads(path.read_text("utf-8")))
    inner = table
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    path.write_text(json.dumps(table), "utf-8")
    with pytest.raises(RegistryError) as caught:
        import_people(other, path)
    assert "\n" not in str(caught.value)
    assert len(other) == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\x80\x04K\x01.", b"[" * 9999])
def test_what_is_no_export_is_refused(other, tmp_path, content):
    path = tmp_path / "people.json"
    path.write_bytes(content)
    with pytest.raises(RegistryError, match="no export of speakers"):
        import_people(other, path)
