"""Means, ratios and differences over utterances, and how sure they are."""

import json

import numpy as np
import pytest

from moksori.metrics.bootstrap import difference_of, mean_of, ratio_of

RANDOM = np.random.default_rng(0)
NOTHING = {"mean": None, "interval": [None, None], "count": 0}


def test_a_mean_and_its_interval():
    assert mean_of([2.0] * 5) == {"mean": 2.0, "interval": [2.0, 2.0], "count": 5}
    values = RANDOM.normal(3, 1, 400)
    low, high = mean_of(values)["interval"]
    # The mean of 400 has a standard error of 0.05.
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)
    assert low < values.mean() < high


def test_two_utterances_by_hand():
    # Drawn twice from {0, 6}: means 0, 3 and 6 in a quarter, a half and a quarter.
    assert mean_of([0.0, 6.0]) == {"mean": 3.0, "interval": [0.0, 6.0], "count": 2}
    # 2 of 10 and 9 of 15 letters; both ends are one utterance drawn twice.
    found = ratio_of([2, 9], [10, 15])
    assert found["mean"] == pytest.approx(11 / 25)
    assert found["interval"] == pytest.approx([2 / 10, 9 / 15])
    assert found["count"] == 2


def test_what_has_no_figure_is_left_out():
    assert mean_of([1.0, np.nan, 3.0])["mean"] == 2.0
    assert mean_of([1.0, None, 3.0]) == mean_of([1.0, 3.0])
    assert mean_of([np.nan]) == mean_of([]) == NOTHING
    assert ratio_of([1, np.nan, 3, 5], [2, 4, np.nan, 10]) == ratio_of([1, 5], [2, 10])
    assert ratio_of([], []) == NOTHING
    assert difference_of([1.0, None, 3.0], [None, 2.0, 3.5])["mean"] == -0.5
    assert difference_of([np.nan, 1.0], [1.0, np.nan]) == NOTHING


def test_a_ratio_of_equal_lengths_is_a_mean():
    values = RANDOM.random(30)
    found, wanted = ratio_of(values * 4, np.full(30, 4.0)), mean_of(values)
    assert found["mean"] == pytest.approx(wanted["mean"])
    assert found["interval"] == pytest.approx(wanted["interval"])


def test_a_ratio_weighs_long_utterances_more():
    letters = np.array([100.0, 10.0, 10.0])
    assert ratio_of([0, 5, 5], letters)["mean"] == pytest.approx(10 / 120)
    assert ratio_of(np.arange(9) * 0.25, np.arange(9) + 1e-9)["interval"] == (
        pytest.approx([0.25, 0.25])
    )


def test_pairs_tell_apart_what_means_do_not():
    hardness = RANDOM.normal(6, 2, 40)
    theirs = hardness + RANDOM.normal(0, 0.1, 40)
    ours = theirs - 0.3 + RANDOM.normal(0, 0.1, 40)
    found = difference_of(ours, theirs)
    assert found["mean"] == pytest.approx(np.mean(ours) - np.mean(theirs))
    assert found["interval"][1] < 0
    assert mean_of(ours)["interval"][1] > mean_of(theirs)["interval"][0]


def test_a_difference_turns_around():
    ours, theirs = RANDOM.random((2, 25))
    there, back = difference_of(ours, theirs), difference_of(theirs, ours)
    assert back["mean"] == -there["mean"]
    low, high = there["interval"]
    assert back["interval"] == pytest.approx([-high, -low])
    assert difference_of(ours, ours) == {
        "mean": 0.0,
        "interval": [0.0, 0.0],
        "count": 25,
    }


def test_equal_seeds_give_equal_intervals():
    values = RANDOM.random(20)
    assert mean_of(values, seed=3) == mean_of(values, seed=3)
    assert mean_of(values, seed=3)["interval"] != mean_of(values, seed=4)["interval"]


def test_the_answers_are_plain():
    values = np.arange(1, 5, dtype=np.float32)
    for found in (
        mean_of(values),
        ratio_of(values, values),
        difference_of(values, values),
    ):
        assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize("figure", [ratio_of, difference_of])
def test_what_cannot_be_paired_is_refused(figure):
    with pytest.raises(ValueError, match="2 and 3 figures cannot be paired"):
        figure([1, 2], [1, 2, 3])


@pytest.mark.parametrize("denominator", [0.0, -1.0])
def test_a_ratio_to_nothing_is_refused(denominator):
    with pytest.raises(ValueError, match="above zero"):
        ratio_of([1, 2], [3, denominator])
