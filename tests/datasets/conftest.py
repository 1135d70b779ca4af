"""Fixtures of the feature stores' tests."""

import pytest

from tests.datasets.made import folder_corpus


@pytest.fixture
def corpus(tmp_path):
    return folder_corpus(tmp_path / "corpus", 4, ("suho", "minji"))
