"""How sure a mean over utterances is."""

from collections.abc import Sequence

import numpy as np

_DRAWS = 2000


def mean_of(values: Sequence[float], seed: int = 1) -> dict:
    """The mean of figures with its 95 % percentile bootstrap interval.

    `{"mean", "interval": [low, high], "count"}`; NaN stands for an utterance without a
    figure and is left out, and without any the mean is None. Source: Efron and
    Tibshirani 1993, "An introduction to the bootstrap", section 13.3.
    """
    known = np.asarray(values, np.float64)
    known = known[~np.isnan(known)]
    if not known.size:
        return {"mean": None, "interval": [None, None], "count": 0}
    drawn = np.random.default_rng(seed).integers(known.size, size=(_DRAWS, known.size))
    low, high = np.percentile(known[drawn].mean(axis=1), [2.5, 97.5])
    return {
        "mean": float(known.mean()),
        "interval": [float(low), float(high)],
        "count": int(known.size),
    }
