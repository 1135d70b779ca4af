"""Estimate intervals of figures over utterances by the bootstrap.

Every answer is a dict of plain values for JSON, `{"mean", "interval": [low, high],
"count"}`, with the 95 % percentile interval of 2000 draws with replacement. An
utterance without a figure is NaN or None; it is left out, and `count` says how many are
left. Of no figure at all the mean is None, and of a single one the interval is that
figure: one utterance tells nothing about the others. Equal seeds give equal intervals.

Source: Efron and Tibshirani 1993, "An introduction to the bootstrap", section 13.3.
"""

from collections.abc import Sequence

import numpy as np

_DRAWS = 2000


def mean_of(values: Sequence[float | None], seed: int = 1) -> dict:
    """Return the mean of figures [utterances], in their unit."""
    values = np.asarray(values, np.float64)
    return _ratio(values, np.ones_like(values), seed)


def ratio_of(
    numerators: Sequence[float | None],
    denominators: Sequence[float | None],
    seed: int = 1,
) -> dict:
    """Return the ratio of sums over utterances, under `mean`: long ones weigh more.

    Errors over letters, say, or seconds of computing over seconds of speech. What is
    drawn are whole utterances. Raises `ValueError` when there are not as many of one as
    of the other, or when a denominator is not positive.
    """
    above, below = _paired(numerators, denominators)
    if (below <= 0).any():
        raise ValueError("a ratio of sums needs denominators above zero")
    return _ratio(above, below, seed)


def difference_of(
    ours: Sequence[float | None], theirs: Sequence[float | None], seed: int = 1
) -> dict:
    """Return the mean of ours - theirs over the utterances where both have a figure.

    Paired: how hard an utterance is cancels out, so that the interval is narrower than
    those of the two means would suggest; one that holds 0 does not tell them apart.
    Raises `ValueError` when there are not as many of one as of the other.
    """
    ours, theirs = _paired(ours, theirs)
    return mean_of(ours - theirs, seed)


def _paired(
    ours: Sequence[float | None], theirs: Sequence[float | None]
) -> tuple[np.ndarray, np.ndarray]:
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    if ours.shape != theirs.shape:
        raise ValueError(f"{ours.size} and {theirs.size} figures cannot be paired")
    return ours, theirs


def _ratio(above: np.ndarray, below: np.ndarray, seed: int) -> dict:
    known = ~(np.isnan(above) | np.isnan(below))
    above, below = above[known], below[known]
    if not above.size:
        return {"mean": None, "interval": [None, None], "count": 0}
    drawn = np.random.default_rng(seed).integers(above.size, size=(_DRAWS, above.size))
    ratios = above[drawn].sum(axis=1) / below[drawn].sum(axis=1)
    low, high = np.percentile(ratios, [2.5, 97.5])
    return {
        "mean": float(above.sum() / below.sum()),
        "interval": [float(low), float(high)],
        "count": int(above.size),
    }
