"""Split a wave into bands of equal width, each at a fraction of the rate, and back.

A pseudo quadrature mirror filter bank: one low-pass prototype, moved by cosines to the
middle of every band. What the bands alias into each other cancels in neighbours, and
the rest is all but a delay, which is taken out here: step i of the bands is centred on
sample i * bands of the wave. Sources: Nguyen 1994, "Near-perfect-reconstruction
pseudo-QMF banks"; prototype: Lin and Vaidyanathan 1998, "A Kaiser window approach for
the design of prototype filters of cosine modulated filterbanks"; its size: Yang et al.
2020, "Multi-band MelGAN".
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np

# Attenuates what is beyond the neighbouring band by some 90 dB.
_KAISER_BETA = 9.0
# Steps of the bands that a filter spans.
_SPAN = 16


def reach(bands: int) -> int:
    """Return the samples of the wave on either side that a step depends on."""
    return bands * _SPAN // 2 - 1


def analyse(wave: np.ndarray, bands: int) -> np.ndarray:
    """Split a wave [T] into bands, float32 [ceil(T / bands), bands], lowest first.

    A tone keeps its amplitude. Beyond its ends the wave is silent.
    """
    margin, steps = reach(bands), -(-len(wave) // bands)
    filters = _filters(bands)[0]
    padded = np.zeros(steps * bands + filters.shape[1])
    padded[margin : margin + len(wave)] = wave
    windows = np.lib.stride_tricks.sliding_window_view(padded, filters.shape[1])
    return (windows[::bands][:steps] @ filters[:, ::-1].T).astype(np.float32)


def synthesise(signal: np.ndarray, bands: int) -> np.ndarray:
    """Add bands [N, bands] up to a wave, float32 [N * bands].

    The wave that was analysed comes back with an error some 60 dB below it; only its
    first and last `reach` samples miss what steps beyond the ends would add.
    """
    return np.concatenate(list(synthesise_pieces([signal], bands)))


def synthesise_pieces(
    signals: Iterable[np.ndarray], bands: int
) -> Iterator[np.ndarray]:
    """Synthesise a signal that comes in pieces [n, bands], one after another.

    Each yields as many samples as it completes, the last `reach` of which come at the
    end.
    """
    filters = _filters(bands)[1]
    # [steps ago, band, sample of a step]: what each step adds to the newest samples.
    kernel = np.pad(filters, ((0, 0), (0, 1))).reshape(bands, _SPAN, bands)
    kernel = kernel.swapaxes(0, 1)[::-1].reshape(_SPAN * bands, bands)
    past, skipped = np.zeros((_SPAN - 1, bands)), reach(bands)
    late = np.zeros((_SPAN // 2, bands))

    def completed(signal):
        nonlocal past
        if not len(signal):
            return np.zeros(0, np.float32)
        line = np.concatenate([past, np.asarray(signal, np.float64)])
        past = line[len(line) - _SPAN + 1 :]
        windows = np.lib.stride_tricks.sliding_window_view(line, _SPAN, axis=0)
        windows = windows.swapaxes(1, 2).reshape(len(windows), -1)
        return (windows @ kernel).astype(np.float32).reshape(-1)

    for signal in signals:
        samples = completed(signal)
        yield samples[skipped:]
        skipped = max(0, skipped - len(samples))
    yield completed(late)[skipped : reach(bands)]


@lru_cache(maxsize=4)
def _filters(bands: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the filters of analysis and synthesis, [bands, taps] each."""
    prototype = _prototype(bands)
    place = np.arange(len(prototype)) - (len(prototype) - 1) / 2
    band = np.arange(bands)[:, None]
    phase = (2 * band + 1) * np.pi / (2 * bands) * place
    shift = (-1.0) ** band * np.pi / 4
    analysis = 2 * prototype * np.cos(phase + shift)
    synthesis = 2 * prototype * np.cos(phase - shift)
    whole = np.sum(analysis * synthesis[:, ::-1])
    return analysis, synthesis * (bands / whole)


def _prototype(bands: int) -> np.ndarray:
    """The low-pass whose own correlation vanishes best at multiples of 2 * bands."""
    from scipy.optimize import minimize_scalar
    from scipy.signal import firwin

    taps = _SPAN * bands - 1

    def designed(cutoff):
        return firwin(taps, cutoff, window=("kaiser", _KAISER_BETA))

    def error(cutoff):
        low = designed(cutoff)
        correlation = np.convolve(low, low[::-1])[taps - 1 :: 2 * bands]
        return np.abs(correlation[1:]).max() / correlation[0]

    bounds = (0.4 / bands, 1.0 / bands)
    options = {"xatol": 1e-9}
    best = minimize_scalar(error, bounds=bounds, method="bounded", options=options)
    return designed(best.x)
