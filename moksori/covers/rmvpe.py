"""Track a melody by an RMVPE that a person brings, as RVC does.

RMVPE (Wei et al. 2023, "RMVPE: a robust model for vocal pitch estimation in polyphonic
music") in an ONNX file: logarithms of a mel spectrogram in, [1, 128, frames], and for
each frame of 10 ms the salience of 360 pitches, 20 cents apart.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np

from moksori.audio.files import resample
from moksori.covers import weights
from moksori.covers.pitch import FRAME_SECONDS
from moksori.speakers.engine import open_session

FILE = "rmvpe/rmvpe.onnx"
_RATE, _HOP, _N_FFT, _MELS = 16000, 160, 1024, 128
_LOWEST, _HIGHEST, _SOFTEST = 30.0, 8000.0, 1e-5
# Above 10 Hz; those of the pitches.
_CENTS = 1997.3794084376191 + 20 * np.arange(360)
_NEIGHBOURS, _SALIENT = 4, 0.03
# Frames, in steps that the network halves five times.
_WINDOW, _MARGIN = 1024, 64


def path() -> Path | None:
    """Return the file that was brought, if it was."""
    found = weights.BROUGHT / FILE
    return found if found.is_file() else None


class Tracker:
    """Track pitch with the file `path`."""

    def __init__(self, path: Path):
        self._session = open_session(path)
        self._name = self._session.get_inputs()[0].name

    def track(self, wave: np.ndarray, sample_rate: int) -> np.ndarray:
        """Track the pitch of a wave [samples]; as `pitch.track`."""
        heard = resample(wave, sample_rate, _RATE)
        count, kept = len(heard) // _HOP + 1, _WINDOW - 2 * _MARGIN
        windows = -(-count // kept)
        before = _MARGIN * _HOP + _N_FFT // 2
        after = (windows * kept + _MARGIN) * _HOP + _N_FFT - before
        heard = np.pad(heard, (before, max(after + before - len(heard), 0)), "reflect")
        parts = []
        for number in range(windows):
            begin = number * kept * _HOP
            mel = _log_mel(heard[begin : begin + (_WINDOW - 1) * _HOP + _N_FFT])
            salience = self._session.run(None, {self._name: mel[None]})[0]
            parts.append(hertz(salience[0, _MARGIN : _MARGIN + kept]))
        found = np.concatenate(parts)[:count]
        frames = int(len(wave) / sample_rate / FRAME_SECONDS) + 1
        # Between two pitches the nearer one: the way between would be no pitch.
        places = np.arange(frames) * FRAME_SECONDS * _RATE / _HOP
        return found[np.minimum(np.round(places).astype(int), count - 1)]


def hertz(salience: np.ndarray) -> np.ndarray:
    """Return the pitch of each frame for a salience [frames, 360], float64; 0 where
    nothing is salient."""
    around = np.arange(-_NEIGHBOURS, _NEIGHBOURS + 1)
    places = salience.argmax(axis=1)[:, None] + around
    inside = (places >= 0) & (places < len(_CENTS))
    places = np.clip(places, 0, len(_CENTS) - 1)
    shares = np.take_along_axis(salience, places, axis=1).astype(np.float64) * inside
    cents = (shares * _CENTS[places]).sum(axis=1) / np.maximum(shares.sum(axis=1), 1e-9)
    return np.where(salience.max(axis=1) > _SALIENT, 10 * 2 ** (cents / 1200), 0.0)


def _log_mel(wave: np.ndarray) -> np.ndarray:
    """Compute the logarithm of mel magnitudes [128, frames], float32."""
    frames = np.lib.stride_tricks.sliding_window_view(wave, _N_FFT)[::_HOP]
    window = np.hanning(_N_FFT + 1)[:-1]
    magnitudes = np.abs(np.fft.rfft(frames * window))
    mel = mel_filters() @ magnitudes.T
    return np.log(np.maximum(mel, _SOFTEST)).astype(np.float32)


@lru_cache(maxsize=1)
def mel_filters() -> np.ndarray:
    """Return triangles [128, 513] on the mel scale of HTK, each of the same area."""
    low, high = (2595 * np.log10(1 + each / 700) for each in (_LOWEST, _HIGHEST))
    edges = 700 * (10 ** (np.linspace(low, high, _MELS + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(_N_FFT, 1 / _RATE)
    widths = np.diff(edges)[:, None]
    rising = (bins - edges[:-2, None]) / widths[:-1]
    falling = (edges[2:, None] - bins) / widths[1:]
    areas = 2 / (edges[2:] - edges[:-2])
    return np.maximum(np.minimum(rising, falling), 0) * areas[:, None]
