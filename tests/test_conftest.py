"""A test that needs what is optional cannot be skipped where that is required."""

import pytest

from tests import conftest


@pytest.mark.parametrize(
    ("fixture", "variable"),
    [
        (conftest.xtts_installed, "MOKSORI_XTTS"),
        (conftest.speakers_installed, "MOKSORI_SPEAKERS"),
        (conftest.service_installed, "MOKSORI_SERVICE"),
    ],
)
@pytest.mark.parametrize(
    ("required", "outcome"),
    [("", pytest.skip.Exception), ("required", pytest.fail.Exception)],
)
def test_without_its_packages_a_test_is_skipped_or_fails(
    monkeypatch, fixture, variable, required, outcome
):
    monkeypatch.setattr(conftest, "find_spec", lambda name: None)
    monkeypatch.setenv(variable, required)
    with pytest.raises(outcome, match="not installed"):
        fixture.__wrapped__()
