"""Time-varying linear prediction filters, compiled.

Reflection coefficients k [F, order] and logarithms of gains [F] belong to the middles
of frames of `hop` samples. Between them they are interpolated: gains at every sample,
coefficients once for every `block` samples, a divisor of `hop`. Filters of interpolated
reflection coefficients stay stable. Source: Markel and Gray 1976, "Linear Prediction of
Speech".
"""

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def reflections(correlation):
    """Solve the normal equations of autocorrelations [F, order + 1] by Levinson's
    recursion: (k [F, order], error power [F])."""
    frames, order = correlation.shape[0], correlation.shape[1] - 1
    found, power = np.zeros((frames, order)), np.zeros(frames)
    for f in range(frames):
        a, error = np.zeros(order + 1), correlation[f, 0]
        a[0] = 1.0
        for i in range(order):
            total = 0.0
            for j in range(i + 1):
                total += a[j] * correlation[f, i + 1 - j]
            found[f, i] = -total / error
            _lengthen(a, i, found[f, i])
            error *= 1.0 - found[f, i] ** 2
        power[f] = error
    return found, power


@njit(cache=True, error_model="numpy")
def whiten(wave, k, log_gain, hop, block):
    """Predict each sample of a wave [T] and return the errors over the gain, [T]."""
    order, residual = k.shape[1], np.empty(wave.size)
    a = np.zeros(order + 1)
    for t in range(wave.size):
        if t % block == 0:
            _predictor(a, k, t + block / 2, hop)
        total = wave[t]
        for j in range(1, min(order, t) + 1):
            total += a[j] * wave[t - j]
        residual[t] = total * np.exp(-_between(log_gain, t + 0.5, hop))
    return residual


@njit(cache=True, error_model="numpy")
def shape(residual, k, log_gain, hop, block, start, past):
    """Undo `whiten` for the samples from `start` on: residual [n] -> wave [n].

    `past` [order] holds the samples before, newest first, and afterwards the new ones.
    """
    order, wave = k.shape[1], np.empty(residual.size)
    a = np.zeros(order + 1)
    for i in range(residual.size):
        t = start + i
        if i == 0 or t % block == 0:
            _predictor(a, k, t - t % block + block / 2, hop)
        total = residual[i] * np.exp(_between(log_gain, t + 0.5, hop))
        for j in range(order):
            total -= a[j + 1] * (wave[i - 1 - j] if j < i else past[j - i])
        wave[i] = total
    kept = min(order, residual.size)
    past[kept:] = past[: order - kept].copy()
    past[:kept] = wave[residual.size - kept :][::-1]
    return wave


@njit(cache=True, error_model="numpy")
def _between(frames, place, hop):
    """Interpolate values [F] at a place in samples."""
    index, share = _neighbours(len(frames), place, hop)
    after = frames[min(index + 1, len(frames) - 1)]
    return (1.0 - share) * frames[index] + share * after


@njit(cache=True, error_model="numpy")
def _predictor(a, k, place, hop):
    """Put the filter at a place in samples into `a` [order + 1]."""
    index, share = _neighbours(k.shape[0], place, hop)
    after = min(index + 1, k.shape[0] - 1)
    a[0] = 1.0
    for i in range(k.shape[1]):
        _lengthen(a, i, (1.0 - share) * k[index, i] + share * k[after, i])


@njit(cache=True, error_model="numpy")
def _neighbours(count, place, hop):
    position = min(max(place / hop - 0.5, 0.0), count - 1.0)
    index = int(position)
    return index, position - index


@njit(cache=True, error_model="numpy")
def _lengthen(a, length, reflection):
    """Make a filter one tap longer, in place."""
    a[length + 1] = 0.0
    for j in range((length + 1) // 2 + 1):
        low, high = a[j], a[length + 1 - j]
        a[j] = low + reflection * high
        a[length + 1 - j] = high + reflection * low
