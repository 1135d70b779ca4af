"""The key of a registry: changed as a whole, also where the change is cut off."""

import numpy as np
import pytest

from moksori.speakers import registry as module
from moksori.speakers.bandwidth import Band
from moksori.speakers.registry import Registry, RegistryError
from tests.speakers.test_registry import CONSENT, clip

WIDE = Band.WIDE


@pytest.fixture
def registry(tmp_path):
    with Registry.open(tmp_path / "registry.db", "fake-1", 16) as opened:
        for seed in range(3):
            opened.enrol(f"somebody {seed}", [clip(seed), clip(seed + 10)], CONSENT)
        yield opened


def test_another_key_changes_vectors_and_no_cosine(registry):
    vector, key = clip(1).vectors[WIDE], registry.path.with_suffix(".key")
    before, old = registry.templates(WIDE), key.read_bytes()
    with Registry.open(registry.path, "fake-1", 16) as other:
        other.templates(WIDE)
        registry.change_key()
        # Another process takes the new key by itself.
        after = other.templates(WIDE)
        other.enrol("afterwards", [clip(7)], CONSENT)
    assert key.read_bytes() != old
    assert np.abs(after.matrix - before.matrix).max() > 0.1
    np.testing.assert_allclose(after.scores(vector), before.scores(vector), atol=1e-5)
    new = registry.templates(WIDE)
    assert new.scores(clip(7).vectors[WIDE])[new.names.index("afterwards")] > 0.9999
    # A template that leaked is nobody's now.
    assert np.abs(new.matrix @ before.matrix[0]).max() < 0.9
    assert before.matrix[0].tobytes() not in registry.path.read_bytes()


def test_a_change_that_is_cut_off_is_finished_or_undone(registry, monkeypatch):
    key = registry.path.with_suffix(".key")
    before = registry.templates(WIDE)

    def killed(path):
        raise KeyboardInterrupt

    # After the registry was turned, before the key took its place.
    monkeypatch.setattr(module.rotation, "finish_key", killed)
    old = key.read_bytes()
    with pytest.raises(KeyboardInterrupt):
        registry.change_key()
    assert key.read_bytes() == old
    with Registry.open(registry.path, "fake-1", 16) as again:
        scores = again.templates(WIDE).scores(clip(0).vectors[WIDE])
    assert key.read_bytes() != old
    np.testing.assert_allclose(scores, before.scores(clip(0).vectors[WIDE]), atol=1e-5)
    # Before it was turned: the new key is of no use, and no harm.
    monkeypatch.setattr(module.rows, "log", lambda *_: killed(None))
    with (
        Registry.open(registry.path, "fake-1", 16) as again,
        pytest.raises(KeyboardInterrupt),
    ):
        again.change_key()
    with Registry.open(registry.path, "fake-1", 16) as again:
        assert again.templates(WIDE).scores(clip(0).vectors[WIDE]).max() > 0.6


def test_a_short_key_is_refused(registry):
    registry.path.with_suffix(".key").write_bytes(b"short")
    with pytest.raises(RegistryError):
        Registry.open(registry.path, "fake-1", 16)
