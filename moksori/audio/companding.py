"""Making sound easier to code with few levels, and back: mu-law and pre-emphasis.

Both take and give waves [samples] as float32 and leave the array they are given alone.
Full scale is 1.
"""

import numpy as np


def compress(wave: np.ndarray, mu: float = 255) -> np.ndarray:
    """Compress a wave by mu-law: finer near zero, continuous, 0 and +-1 unchanged.

    Any shape. What exceeds full scale goes on exceeding it. `mu` must be positive, else
    `ValueError`. Source: ITU-T G.711; without its segments, van den Oord et al. 2016,
    "WaveNet", section 2.2.
    """
    wave = _double(wave, mu)
    signal = np.log1p(mu * np.abs(wave)) / np.log1p(mu)
    return np.copysign(signal, wave).astype(np.float32)


def expand(signal: np.ndarray, mu: float = 255) -> np.ndarray:
    """Expand a mu-law signal to the wave that it came from; any shape."""
    signal = _double(signal, mu)
    wave = np.expm1(np.abs(signal) * np.log1p(mu)) / mu
    return np.copysign(wave, signal).astype(np.float32)


def preemphasize(wave: np.ndarray, coefficient: float) -> np.ndarray:
    """Lift treble: wave[t] - coefficient * wave[t - 1]; silence stands before.

    Another shape than [samples] is a `ValueError`.
    """
    wave = _wave(wave)
    sharp = wave.copy()
    sharp[1:] -= np.float32(coefficient) * wave[:-1]
    return sharp


def deemphasize(wave: np.ndarray, coefficient: float) -> np.ndarray:
    """Undo `preemphasize` of a wave [samples]."""
    return Deemphasis(coefficient)(wave)


class Deemphasis:
    """Undo `preemphasize` of a wave that comes in pieces, one call for each.

    Between calls it remembers one sample in double precision, so that the pieces put
    together are exactly the whole.
    """

    def __init__(self, coefficient: float):
        self.coefficient = coefficient
        self._carried = np.zeros(1)

    def __call__(self, piece: np.ndarray) -> np.ndarray:
        """The next samples, as many as in `piece` [samples]."""
        from scipy.signal import lfilter

        piece = _wave(piece)
        if piece.size == 0:
            return piece.copy()
        whole, self._carried = lfilter(
            [1.0], [1.0, -self.coefficient], piece, zi=self._carried
        )
        return whole.astype(np.float32)


def _double(array: np.ndarray, mu: float) -> np.ndarray:
    """In double precision full scale comes out as exactly 1 after rounding."""
    if not mu > 0:
        raise ValueError(f"mu must be positive, not {mu}")
    return np.asarray(array, np.float64)


def _wave(array: np.ndarray) -> np.ndarray:
    array = np.asarray(array, np.float32)
    if array.ndim != 1:
        raise ValueError(f"a wave is [samples], not {list(array.shape)}")
    return array
