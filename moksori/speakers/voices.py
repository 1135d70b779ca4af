"""Tell whether several people speak in a recording, one after another."""

import numpy as np

from moksori.speakers.encoder import SpeakerEncoder
from moksori.speakers.speech import SAMPLE_RATE

_WINDOW, _HOP = int(1.5 * SAMPLE_RATE), SAMPLE_RATE
# Windows of one voice are nearer to each other; measured, see docs/speakers.md.
_LEAST_COSINE = 0.5


def several_speakers(encoder: SpeakerEncoder, speech: np.ndarray) -> bool:
    """Tell whether two windows of speech [samples] at 16 kHz are two voices'.

    Windows of 1.5 s are divided in two groups around the pair that is farthest apart;
    with less than 4 s of speech, and for a voice that talks over another, the answer
    is no.
    """
    starts = range(0, len(speech) - _WINDOW + 1, _HOP)
    if len(starts) < 4:
        return False
    vectors = np.stack([encoder.encode(speech[at : at + _WINDOW]) for at in starts])
    return separation(vectors) < _LEAST_COSINE


def separation(vectors: np.ndarray) -> float:
    """Return the cosine between the means of two groups of unit vectors [N, D]."""
    cosines = vectors @ vectors.T
    first, second = np.unravel_index(cosines.argmin(), cosines.shape)
    nearer = cosines[first] >= cosines[second]
    if nearer.sum() < 2 or (~nearer).sum() < 2:
        return 1.0
    means = np.stack([vectors[nearer].mean(0), vectors[~nearer].mean(0)])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    return float(means[0] @ means[1])
