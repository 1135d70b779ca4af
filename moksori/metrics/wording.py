"""Tell whether a recording says a sentence, where no recogniser of speech is.

Every third of the recording must be nearer to a reading of the sentence than to
readings of other words that are as long: a cohort, as in the verification of speakers.
"""

from collections.abc import Sequence

import numpy as np

from moksori.metrics.cepstral import warp

# What says the sentence is below it; measured in docs/service.md.
SAID = -1.5
_THIRDS = 3


def deviation(
    said: np.ndarray, wanted: np.ndarray, others: Sequence[np.ndarray]
) -> float:
    """Compare a recording with a sentence, as content of speech, float [frames, size].

    Returns how far the distance to the reading `wanted` lies from that to the `others`,
    at least three, in standard deviations of theirs, in the third where that is the
    most: below `SAID` it is the sentence. Infinite where neither can be as long as the
    other is, slower or faster by two at most.
    """
    cohort = [_thirds(said, each) for each in others]
    cohort = np.array([each for each in cohort if each is not None])
    nearest = _thirds(said, wanted)
    if nearest is None or len(cohort) < 3:
        return float("inf")
    return float(np.max((nearest - cohort.mean(0)) / cohort.std(0, ddof=1)))


def _thirds(said: np.ndarray, read: np.ndarray) -> np.ndarray | None:
    """Return the mean cosine distance along the best alignment, in each third of what
    is said; None where there is none."""
    longer, shorter = sorted((len(said), len(read)), reverse=True)
    if shorter < _THIRDS or longer > 2 * shorter:
        return None
    distance = 1 - _normed(said) @ _normed(read).T
    way = warp(distance, bounded=True)
    third = way[:, 0] * _THIRDS // len(said)
    along = distance[way[:, 0], way[:, 1]]
    return np.bincount(third, along, _THIRDS) / np.bincount(third, minlength=_THIRDS)


def _normed(states: np.ndarray) -> np.ndarray:
    states = np.asarray(states, np.float64)
    return states / np.maximum(np.linalg.norm(states, axis=1, keepdims=True), 1e-9)
