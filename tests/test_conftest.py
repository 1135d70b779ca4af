"""A test that needs XTTS cannot be skipped where XTTS is required."""

import pytest

from tests import conftest


@pytest.mark.parametrize(
    ("required", "outcome"),
    [("", pytest.skip.Exception), ("required", pytest.fail.Exception)],
)
def test_without_xtts_a_test_is_skipped_or_fails(monkeypatch, required, outcome):
    monkeypatch.setattr(conftest, "find_spec", lambda name: None)
    monkeypatch.setenv("MOKSORI_XTTS", required)
    with pytest.raises(outcome, match="not installed"):
        conftest.xtts_installed.__wrapped__()
