"""Groups long enough to tell a voice by, and cosines."""

import numpy as np
import pytest

from moksori.metrics.similarity import cosines, groups


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([], []),
        ([2.9], []),
        ([3.0], [(0,)]),
        ([1.0, 2.0, 4.0], [(0, 1), (2,)]),
        ([4.0, 1.0], [(0, 1)]),
        ([2.0, 2.0, 2.0, 2.0, 0.5], [(0, 1), (2, 3, 4)]),
    ],
)
def test_neighbours_are_joined_until_they_are_long_enough(seconds, expected):
    assert groups(seconds, 3.0) == expected


def test_cosines_by_hand():
    vectors = np.array([[1.0, 0.0], [3.0, 4.0], [-2.0, 0.0]])
    assert cosines(vectors, np.array([5.0, 0.0])) == pytest.approx([1.0, 0.6, -1.0])


def test_a_vector_of_zeros_is_refused():
    with pytest.raises(ValueError, match="no direction"):
        cosines(np.zeros((1, 3)), np.ones(3))
