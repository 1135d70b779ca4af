"""Measure what the page tells of an uploaded recording."""

import numpy as np

from moksori.metrics.recording import describe


def features(wave: np.ndarray, sample_rate: int, original_rate: int) -> dict:
    """Describe a recording [samples] by the names of the web app, in plain values.

    Hertz, seconds and 13 coefficients; what has no value, such as the pitch of a
    whisper, is None. `original_rate` is the rate of its file.
    """
    found = describe(wave, sample_rate, original_rate)
    return {
        "fundamental_frequency": found["pitch_hertz_median"],
        "spectral_centroid": found["spectral_centroid_hertz"],
        "spectral_rolloff": found["spectral_rolloff_hertz"],
        "mfcc_mean": found["mfcc_means"],
        "duration": found["duration_seconds"],
        "sample_rate": found["sample_rate"],
    }
