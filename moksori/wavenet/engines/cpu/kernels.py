"""The compiled program of the CPU engine, which generates a chunk of samples.

Arrays are those of `packing`, legend as there. Whatever lies beside a stream, and
however its samples are grouped, its numbers are summed in the same order: a signal
depends on neither, to the bit.
"""

import numpy as np
from numba import njit

from moksori.wavenet.engines.cpu.vectors import (
    DIGEST,
    PANEL,
    VECTOR,
    fetch,
    narrow,
    power_of_two,
    tile,
)

CATEGORICAL, LOGISTIC, GAUSSIAN = range(3)

_f = np.float32
# Division by zero gives infinity: a loop that could raise is not vectorised.
_compiled = njit(error_model="numpy")


@_compiled
def _exp(x):
    """e ** x to 1e-7 of it: a power of two times the exponential series."""
    x = min(max(x, _f(-87)), _f(88))
    shifted = x * _f(1 / np.log(2)) + _f(3 << 22)
    whole = shifted - _f(3 << 22)
    # ln 2 in two parts: the first has few bits, and its product with `whole` is exact.
    x = x - whole * _f(0.693359375) - whole * _f(np.log(2) - 0.693359375)
    series = _f(1 / 5040)
    for factorial in (720, 120, 24, 6, 2, 1, 1):
        series = series * x + _f(1 / factorial)
    return series * power_of_two(shifted)


@_compiled
def _gated(a, b):
    """tanh(a) * sigmoid(b), with one division; both are constant beyond 15 and 30."""
    first = _exp(min(max(a + a, _f(-30)), _f(30)))
    other = _exp(min(max(-b, _f(-30)), _f(30)))
    return (first - _f(1)) / ((first + _f(1)) * (other + _f(1)))


@_compiled
def _multiply(out, row, a, first, count, panels):
    """out[row : row + count] += a[first : first + count] @ the matrix of the panels."""
    if count == 1:
        # Sums that wait for each other: two panels' fill the time.
        p, number = 0, len(panels)
        while number - p >= 2:
            tile(1, 2, out, row, a, first, panels, p)
            p += 2
        if p < number:
            tile(1, 1, out, row, a, first, panels, p)
        return
    for p in range(len(panels)):
        done = 0
        while count - done >= 6:
            tile(6, 1, out, row + done, a, first + done, panels, p)
            done += 6
        if count - done >= 4:
            tile(4, 1, out, row + done, a, first + done, panels, p)
            done += 4
        if count - done >= 2:
            tile(2, 1, out, row + done, a, first + done, panels, p)
            done += 2
        if count > done:
            tile(1, 1, out, row + done, a, first + done, panels, p)


@_compiled
def _enter(net, last, y):
    """Rows of y [B, N]: biases of the sum of skips, then the first layer's input."""
    skip, half = len(net.total), len(net.entry) // 2
    for b in range(len(last)):
        y[b, :skip] = net.total
        h = y[b, skip:]
        if net.kind == CATEGORICAL:
            row = net.entry[int(np.rint(last[b, 0] * _f(half - 1))) + half]
            for i in range(len(row)):
                h[i] = row[i]
        else:
            for i in range(net.entry.shape[1]):
                h[i] = net.entry[net.bands, i]
            for m in range(net.bands):
                value, row = last[b, m], net.entry[m]
                for i in range(len(row)):
                    h[i] += value * row[i]


@_compiled
def _look_back(net, layer, ahead, past, slots, now, streams):
    """Add what old taps see to the gates of as many samples as they see already.

    A tap that looks `lag` samples back can be taken for `lag` samples at once; blocks
    are powers of two that divide the lag, so that they lie together in `past`.
    """
    window = len(ahead) // streams
    at, taps = now % window, net.filter_gate.shape[1]
    if at == 0:
        for row in range(len(ahead)):
            ahead[row] = net.filter_gate_bias[layer]
    for j in range(taps - 1):
        lag = (taps - 1 - j) * net.dilations[layer]
        block = min(window, lag & -lag)
        if now % block == 0:
            first, count = (now - lag) % slots * streams, block * streams
            tap = net.filter_gate[layer, j]
            _multiply(ahead, at * streams, past, first, count, tap)


@_compiled
def _remember(y, shift, past, row):
    """A layer's input, complete with the biases below it, into its row of the past."""
    for i in range(len(shift)):
        past[row, i] = narrow(y[i] + shift[i], past)


@_compiled
def _gate(a, shares, frames, z):
    """z [Z] from gates a [N] and conditioning: `shares` of `frames` [2n + 1, G]."""
    half, other = frames.shape[1] // 2, len(z)
    tanh, sigmoid = a[:other], a[other:]
    for j in range(len(shares)):
        share, first, second = shares[j], frames[j, :half], frames[j, half:]
        if share != 0:
            for i in range(0, 2 * half, VECTOR):
                fetch(first, 2 * half + i)
            for i in range(half):
                tanh[i] += share * first[i]
                sigmoid[i] += share * second[i]
    for i in range(other):
        z[i] = narrow(_gated(tanh[i], sigmoid[i]), z)


@_compiled
def _rectify(source, out):
    for b in range(len(out)):
        row, target = source[b], out[b]
        for i in range(len(target)):
            target[i] = narrow(max(row[i], _f(0)), target)


@_compiled
def _chosen(logits, count, u, cooling):
    """The first index whose cumulative softmax exceeds u; overwrites the logits."""
    most = logits[0]
    for i in range(1, count):
        most = max(most, logits[i])
    for i in range(count):
        logits[i] = _exp((logits[i] - most) * cooling)
    sought, reached, last = u * logits[:count].sum(), _f(0), 0
    for i in range(count):
        reached += logits[i]
        if reached > sought:
            return i
        if logits[i] > 0:
            last = i
    return last


@_compiled
def _draw(net, parameters, u, v, temperature):
    """What `wavenet.distributions` draws, given the parameters of one sample."""
    if net.kind == CATEGORICAL:
        half = net.channels // 2
        cooling = _f(1) / max(temperature, _f(1e-6))
        index = _chosen(parameters, net.channels, u, cooling)
        return max(_f(index - half) / _f(half - 1), _f(-1))
    if net.kind == LOGISTIC:
        count = net.channels // 3
        index = _chosen(parameters, count, u, _f(1))
        mean, scale = parameters[count + index], parameters[2 * count + index]
        v = min(max(v, _f(1e-5)), _f(1 - 1e-5))
        place = np.log(v) - np.log(_f(1) - v)
    else:
        mean, scale = parameters[0], parameters[1]
        place = np.sqrt(_f(-2) * np.log(max(u, _f(1e-7))))
        place *= np.cos(_f(2 * np.pi) * v)
    value = mean + temperature * np.exp(min(max(scale, _f(-9)), _f(60))) * place
    return min(max(value, _f(-1)), _f(1))


def _generate(net, state, gates, positions, uniforms, temperature, signal):
    """Fill signal [B, T, M]; arguments as those of `wavenet.sampler.Engine.run`."""
    (streams, steps, bands), (hop, width) = signal.shape, net.phases.shape
    layers, kernel = net.filter_gate.shape[:2]
    skip, residual = len(net.total), net.shift.shape[1]
    depth = net.res_skip.shape[2] * net.res_skip.shape[3] // PANEL
    y = np.empty((streams, net.res_skip.shape[1] * PANEL), np.float32)
    z = np.zeros((streams, depth), net.filter_gate.dtype)
    s = np.empty((streams, skip), net.filter_gate.dtype)
    o = np.empty((streams, len(net.post1_bias)), np.float32)
    p = np.empty((streams, len(net.post2_bias)), np.float32)
    for t in range(steps):
        now = state.clock[0]
        _enter(net, state.last, y)
        for layer in range(layers):
            start, end = state.starts[layer], state.starts[layer + 1]
            past = state.past[start:end].reshape(-1, residual)
            ahead = state.ahead[layer].reshape(-1, state.ahead.shape[3])
            _look_back(net, layer, ahead, past, end - start, now, streams)
            new = now % (end - start) * streams
            a = now % state.ahead.shape[1] * streams
            for b in range(streams):
                _remember(y[b, skip:], net.shift[layer], past, new + b)
            _multiply(ahead, a, past, new, streams, net.filter_gate[layer, kernel - 1])
            for b in range(streams):
                frame, place = divmod(positions[b] + t, hop)
                frames = gates[b, frame : frame + width, layer]
                _gate(ahead[a + b], net.phases[place], frames, z[b])
            _multiply(y, 0, z, 0, streams, net.res_skip[layer])
        _rectify(y, s)
        for b in range(streams):
            o[b], p[b] = net.post1_bias, net.post2_bias
        _multiply(o, 0, s, 0, streams, net.post1)
        _rectify(o, s)
        _multiply(p, 0, s, 0, streams, net.post2)
        for b in range(streams):
            for m in range(bands):
                u, v = uniforms[b, t, m]
                own = p[b, m * net.channels :]
                signal[b, t, m] = _draw(net, own, u, v, temperature)
                state.last[b, m] = signal[b, t, m]
        state.clock[0] = now + 1


# The name under which numba keeps the program on disk. By itself numba compiles anew
# when this file changes, and not when the other does.
_generate.__qualname__ = f"generate-{DIGEST}"
generate = njit(nogil=True, cache=True, error_model="numpy")(_generate)
