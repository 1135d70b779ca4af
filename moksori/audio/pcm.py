"""Convert between waves, float32 with full scale 1.0, and 16-bit PCM."""

import numpy as np

_FULL_SCALE = 32767.0


def to_int16(wave: np.ndarray) -> np.ndarray:
    """Convert a float wave to int16, rounded and clipped; int16 passes unchanged."""
    if wave.dtype == np.int16:
        return wave
    scaled = np.rint(np.multiply(wave, _FULL_SCALE, dtype=np.float64))
    return np.clip(scaled, -_FULL_SCALE - 1, _FULL_SCALE).astype(np.int16)


def from_int16(samples: np.ndarray) -> np.ndarray:
    """Convert int16 samples to a float32 wave [samples]."""
    return samples.astype(np.float32) * np.float32(1 / _FULL_SCALE)
