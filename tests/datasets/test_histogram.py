"""Round edges that hold every value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.store.histogram import Histogram

numbers = st.floats(-1e4, 1e4, allow_nan=False).map(lambda x: round(x, 3))


@given(st.lists(numbers, min_size=1, max_size=50))
def test_every_value_is_counted(values):
    histogram = Histogram.of("Title", "unit", values)
    assert sum(histogram.counts) == len(values)
    assert len(histogram.counts) <= 35
    assert histogram.low <= histogram.median <= histogram.high
    assert histogram.svg().count('class="bar"') == np.count_nonzero(histogram.counts)


def test_counts_of_known_values():
    histogram = Histogram.of("Title", "unit", [0.5, 1.5, 1.6, 7.9])
    assert histogram.edges == [float(n) for n in range(9)]
    assert histogram.counts == [1, 2, 0, 0, 0, 0, 0, 1]
    assert histogram.median == pytest.approx(1.55)


def test_many_values_get_more_bins():
    values = list(np.linspace(0, 30, 1000))
    assert len(Histogram.of("Title", "unit", values).counts) == 31
    assert len(Histogram.of("Title", "unit", values[::100]).counts) <= 9


def test_nothing_is_an_empty_histogram():
    assert Histogram.of("Title", "unit", []).counts == [0]
    assert "<svg" in Histogram.of("Title", "unit", []).svg()


def test_the_title_is_escaped():
    assert "<b>" not in Histogram.of("<b>", "<b>", [1.0]).svg()
