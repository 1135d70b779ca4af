"""Time-varying linear prediction filters, compiled.

Reflection coefficients k [F, order] and logarithms of deviations [F] belong to the
middles of frames of `hop` samples. Between them they are interpolated: deviations at
every sample, coefficients once for every `block` samples, a divisor of `hop`.

The filters are normalised lattices: each stage turns the value on its way and the one
remembered by an angle, so that no energy is added, however fast the coefficients
change. (With direct taps, mels that jump make a stable filter burst between frames.)
Source: Gray and Markel 1975, "A normalized digital filter structure".
"""

import numpy as np
from numba import njit


@njit(cache=True, error_model="numpy")
def reflections(correlation):
    """Solve the normal equations of autocorrelations [F, order + 1] by Levinson's
    recursion: k [F, order]."""
    frames, order = correlation.shape[0], correlation.shape[1] - 1
    found = np.zeros((frames, order))
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
    return found


@njit(cache=True, error_model="numpy")
def whiten(wave, k, log_deviation, hop, block):
    """Return the residual [T] of a wave [T]."""
    order, residual = k.shape[1], np.empty(wave.size)
    sines, cosines, past = np.zeros(order), np.ones(order), np.zeros(order + 1)
    for t in range(wave.size):
        if t % block == 0:
            _turn(sines, cosines, k, t + block / 2, hop)
        ahead = wave[t] * np.exp(-_between(log_deviation, t + 0.5, hop))
        behind = ahead
        for stage in range(order):
            before, past[stage] = past[stage], behind
            sine, scale = sines[stage], 1.0 / cosines[stage]
            behind = (before + sine * ahead) * scale
            ahead = (ahead + sine * before) * scale
        residual[t] = ahead
    return residual


@njit(cache=True, error_model="numpy")
def shape(residual, k, log_deviation, hop, block, start, past):
    """Undo `whiten` for the samples from `start` on: residual [n] -> wave [n].

    `past` [order + 1] holds what the stages remember, and afterwards remember.
    """
    order, wave = k.shape[1], np.empty(residual.size)
    sines, cosines = np.zeros(order), np.ones(order)
    for i in range(residual.size):
        t = start + i
        if i == 0 or t % block == 0:
            _turn(sines, cosines, k, t - t % block + block / 2, hop)
        ahead = residual[i]
        for stage in range(order - 1, -1, -1):
            before, sine, cosine = past[stage], sines[stage], cosines[stage]
            past[stage + 1] = cosine * before + sine * ahead
            ahead = cosine * ahead - sine * before
        past[0] = ahead
        wave[i] = ahead * np.exp(_between(log_deviation, t + 0.5, hop))
    return wave


@njit(cache=True, error_model="numpy")
def _between(frames, place, hop):
    """Interpolate values [F] at a place in samples."""
    index, share = _neighbours(len(frames), place, hop)
    after = frames[min(index + 1, len(frames) - 1)]
    return (1.0 - share) * frames[index] + share * after


@njit(cache=True, error_model="numpy")
def _turn(sines, cosines, k, place, hop):
    """Put the angles of the stages at a place in samples into arrays [order]."""
    index, share = _neighbours(k.shape[0], place, hop)
    after = min(index + 1, k.shape[0] - 1)
    for stage in range(k.shape[1]):
        sine = (1.0 - share) * k[index, stage] + share * k[after, stage]
        sines[stage], cosines[stage] = sine, np.sqrt(1.0 - sine * sine)


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
