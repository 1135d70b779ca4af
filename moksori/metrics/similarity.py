"""Measure speaker similarity over stretches of speech long enough for it.

An embedding needs seconds of speech, and many a sentence is shorter. So neighbouring
sentences are heard together, the same ones for every system.
"""

from collections.abc import Sequence

import numpy as np


def groups(seconds: Sequence[float], least: float) -> list[tuple[int, ...]]:
    """Group neighbouring sentences that hold `least` seconds together, as few as do.

    `seconds` is how long each sentence is, by the system that said it fastest. What
    remains at the end joins the last group; nothing comes of less than `least` in all.
    """
    found, open_, held = [], [], 0.0
    for i, length in enumerate(seconds):
        open_.append(i)
        held += length
        if held >= least:
            found.append(tuple(open_))
            open_, held = [], 0.0
    if open_ and found:
        found[-1] += tuple(open_)
    return found


def cosines(vectors: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Compute cosines of vectors [n, d] and a reference [d]: 1 is the same direction.

    Raises `ValueError` for a vector without a direction.
    """
    vectors, reference = np.atleast_2d(vectors), np.asarray(reference)
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(reference)
    if not lengths.all():
        raise ValueError("a vector of zeros has no direction")
    return vectors @ reference / lengths
