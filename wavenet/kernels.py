"""The compiled heart of the CPU engine: one program that runs a chunk of samples.

All of it is one file, since numba renews a program that it has kept only when the file
of that program changes. Arrays are those of `wavenet.packing`, legend as there.

A product takes rows of inputs times a matrix in panels of 64 columns; rows of a panel
lie behind each other, so that weights are read as one stream. A tile, up to six rows of
the result, stays in registers while a panel passes by. What is multiplied is float32,
or pairs of bfloat16 (held as uint16); sums are float32. Every number is summed in the
same order whatever lies beside it, so that a stream depends, to the bit, neither on
its neighbours nor on how its samples are grouped.
"""

import numpy as np
from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

VECTOR, PANEL = 16, 64
CATEGORICAL, LOGISTIC, GAUSSIAN = range(3)

_f = np.float32
_WORD, _I32, _F32 = ir.IntType(64), ir.IntType(32), ir.FloatType()
_FLOATS, _INTS = ir.VectorType(_F32, VECTOR), ir.VectorType(_I32, VECTOR)
_HAS_BFLOAT16 = bool(get_host_cpu_features().get("avx512bf16"))
# Division by zero gives infinity: a loop that could raise is not vectorised.
_compiled = njit(error_model="numpy")


class _BFloat(ir.Type):
    """LLVM's bfloat, for which llvmlite has no word."""

    def _to_string(self):
        return "bfloat"

    def __eq__(self, other):
        return isinstance(other, _BFloat)

    def __hash__(self):
        return hash(_BFloat)


_PAIRS = ir.VectorType(_BFloat(), 2 * VECTOR)
# A vector of anything, and which of its numbers make a vector of the first alone.
_ANY = ir.Constant(_FLOATS, ir.Undefined)
_FIRST = ir.Constant(_INTS, [0] * VECTOR)


def _add_product(builder, paired, a, b, total):
    """total + a * b: 16 floats, or the sums of 16 pairs of bfloat16 each."""
    name, kind = "llvm.fma.v16f32", ir.FunctionType(_FLOATS, [_FLOATS] * 3)
    if not paired:
        fma = cgutils.get_or_insert_function(builder.module, kind, name)
        return builder.call(fma, [a, b, total])
    if _HAS_BFLOAT16:
        name = "llvm.x86.avx512bf16.dpbf16ps.512"
        kind = ir.FunctionType(_FLOATS, [_FLOATS, _PAIRS, _PAIRS])
        dot = cgutils.get_or_insert_function(builder.module, kind, name)
        return builder.call(dot, [total, *(builder.bitcast(x, _PAIRS) for x in (a, b))])
    a, b = (builder.bitcast(x, _INTS) for x in (a, b))
    sixteen = ir.Constant(_INTS, [16] * VECTOR)
    upper = ir.Constant(_INTS, [-(1 << 16)] * VECTOR)
    # A bfloat16 is the upper half of a float32.
    for half in (lambda x: builder.shl(x, sixteen), lambda x: builder.and_(x, upper)):
        x, y = (builder.bitcast(half(x), _FLOATS) for x in (a, b))
        total = _add_product(builder, False, x, y, total)
    return total


def _fetch_line(builder, pointer):
    """Ask for a line of memory to be brought into the second-level cache."""
    kind = ir.FunctionType(ir.VoidType(), [pointer.type, _I32, _I32, _I32])
    fetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    builder.call(fetch, [pointer, _I32(0), _I32(2), _I32(1)])


@intrinsic
def _fetch(typing, array, offset):
    """Ask for the line that is `offset` numbers from the array's first."""

    def generate(context, builder, signature, arguments):
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        pointer = builder.gep(array.data, [arguments[1]])
        _fetch_line(builder, builder.bitcast(pointer, _I32.as_pointer()))
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


@intrinsic(prefer_literal=True)
def _tile(typing, count, out, row, column, a, first, panel):
    """out[row : row + count, column : column + 64] += a[first : first + count] @ panel

    `count` is a literal; out [., N] float32, a [., K] and panel [K, 64] contiguous.
    """
    rows, paired = range(count.literal_value), a.dtype == types.uint16
    columns, floats = range(PANEL // VECTOR), _F32.as_pointer()
    signature = types.void(count, out, types.intp, types.intp, a, types.intp, panel)

    def generate(context, builder, signature, arguments):
        out, a, panel = (
            context.make_array(signature.args[i])(context, builder, arguments[i])
            for i in (1, 4, 6)
        )
        row, column, first = (arguments[i] for i in (2, 3, 5))
        width = builder.extract_value(out.shape, 1)
        depth = builder.extract_value(panel.shape, 0)

        def place(pointer, *steps, kind=_F32):
            """So many numbers, or pairs of bfloat16, further."""
            pointer = builder.bitcast(pointer, floats)
            for step in steps:
                pointer = builder.gep(pointer, [step])
            return builder.bitcast(pointer, kind.as_pointer())

        lefts, cells, sums = {}, {}, {}
        for i in rows:
            skipped = builder.mul(builder.add(first, _WORD(i)), depth)
            lefts[i] = place(a.data, skipped)
            skipped = builder.mul(builder.add(row, _WORD(i)), width)
            for j in columns:
                offset = _WORD(j * VECTOR)
                cell = place(out.data, skipped, column, offset, kind=_FLOATS)
                begun = builder.load(cell, align=4)
                sums[i, j] = cgutils.alloca_once_value(builder, begun)
                cells[i, j] = cell
        size = builder.mul(depth, _WORD(PANEL))
        with cgutils.for_range(builder, depth) as loop:
            line, weights = builder.mul(loop.index, _WORD(PANEL)), []
            for j in columns:
                offset = _WORD(j * VECTOR)
                cell = place(panel.data, line, offset, kind=_FLOATS)
                weights.append(builder.load(cell, align=4 * VECTOR))
                if len(rows) > 1:
                    # There is time for the next panel; one row just reads along.
                    _fetch_line(builder, place(panel.data, line, size, offset, kind=_I32))
            for i in rows:
                value = builder.load(place(lefts[i], loop.index))
                value = builder.insert_element(_ANY, value, _I32(0))
                value = builder.shuffle_vector(value, _ANY, _FIRST)
                for j in columns:
                    total = builder.load(sums[i, j])
                    total = _add_product(builder, paired, value, weights[j], total)
                    builder.store(total, sums[i, j])
        for key, cell in cells.items():
            builder.store(builder.load(sums[key]), cell, align=4)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def _power_of_two(typing, exponent):
    """2 ** exponent of a whole number to which 1.5 * 2 ** 23 was added."""

    def generate(context, builder, signature, arguments):
        # The number is in the lowest bits of the sum; a float's exponent begins at 23.
        whole = builder.shl(builder.bitcast(arguments[0], _I32), _I32(23))
        return builder.bitcast(builder.add(whole, _I32(127 << 23)), _F32)

    return types.float32(types.float32), generate


@intrinsic
def _narrow(typing, number, like):
    """A float32 as the numbers of an array are: itself, or the nearest bfloat16."""
    result = like.dtype

    def generate(context, builder, signature, arguments):
        if result == types.float32:
            return arguments[0]
        bits = builder.bitcast(arguments[0], _I32)
        odd = builder.and_(builder.lshr(bits, _I32(16)), _I32(1))
        rounded = builder.add(builder.add(bits, odd), _I32(0x7FFF))
        return builder.trunc(builder.lshr(rounded, _I32(16)), ir.IntType(16))

    return result(types.float32, like), generate


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
    return series * _power_of_two(shifted)


@_compiled
def _gated(a, b):
    """tanh(a) * sigmoid(b), with one division; both are constant beyond 15 and 30."""
    first = _exp(min(max(a + a, _f(-30)), _f(30)))
    other = _exp(min(max(-b, _f(-30)), _f(30)))
    return (first - _f(1)) / ((first + _f(1)) * (other + _f(1)))


@_compiled
def _multiply(out, row, a, first, count, panels):
    """out[row : row + count] += a[first : first + count] @ the matrix of the panels."""
    for p in range(len(panels)):
        panel, column, done = panels[p], p * PANEL, 0
        while count - done >= 6:
            _tile(6, out, row + done, column, a, first + done, panel)
            done += 6
        if count - done >= 4:
            _tile(4, out, row + done, column, a, first + done, panel)
            done += 4
        if count - done >= 2:
            _tile(2, out, row + done, column, a, first + done, panel)
            done += 2
        if count > done:
            _tile(1, out, row + done, column, a, first + done, panel)


@_compiled
def _enter(net, last, y):
    """Rows of y [B, N]: biases of the sum of skips, then the first layer's input."""
    skip, half = len(net.total), len(net.entry) // 2
    for b in range(len(last)):
        y[b, :skip] = net.total
        h = y[b, skip:]
        if net.kind == CATEGORICAL:
            row = net.entry[int(np.rint(last[b] * _f(half - 1))) + half]
            for i in range(len(row)):
                h[i] = row[i]
        else:
            for i in range(net.entry.shape[1]):
                h[i] = last[b] * net.entry[0, i] + net.entry[1, i]


@_compiled
def _look_back(net, layer, ahead, past, slots, now, streams):
    """Add what old taps see to the gates of as many samples as they see already.

    A tap that looks `lag` samples back can be taken for `lag` samples at once; blocks
    are powers of two that divide the lag, so that they lie together in `past`.
    """
    window = len(ahead) // streams
    at, taps = now % window, net.gate.shape[1]
    if at == 0:
        for row in range(len(ahead)):
            ahead[row] = net.gate_bias[layer]
    for j in range(taps - 1):
        lag = (taps - 1 - j) * net.dilations[layer]
        block = min(window, lag & -lag)
        if now % block == 0:
            first, count = (now - lag) % slots * streams, block * streams
            _multiply(ahead, at * streams, past, first, count, net.gate[layer, j])


@_compiled
def _remember(y, shift, past, row):
    """A layer's input, complete with the biases below it, into its row of the past."""
    for i in range(len(shift)):
        past[row, i] = _narrow(y[i] + shift[i], past)


@_compiled
def _gate(a, shares, frames, z):
    """z [Z] from gates a [N] and conditioning: `shares` of `frames` [2n + 1, G]."""
    half, other = frames.shape[1] // 2, len(z)
    tanh, sigmoid = a[:other], a[other:]
    for j in range(len(shares)):
        share, first, second = shares[j], frames[j, :half], frames[j, half:]
        if share != 0:
            for i in range(0, 2 * half, VECTOR):
                _fetch(first, 2 * half + i)
            for i in range(half):
                tanh[i] += share * first[i]
                sigmoid[i] += share * second[i]
    for i in range(other):
        z[i] = _narrow(_gated(tanh[i], sigmoid[i]), z)


@_compiled
def _rectify(source, out):
    for b in range(len(out)):
        row, target = source[b], out[b]
        for i in range(len(target)):
            target[i] = _narrow(max(row[i], _f(0)), target)


@_compiled
def _chosen(logits, count, u, cooling):
    """The first index whose cumulative softmax exceeds u; overwrites the logits."""
    most = logits[0]
    for i in range(1, count):
        most = max(most, logits[i])
    for i in range(count):
        logits[i] = _exp((logits[i] - most) * cooling)
    whole = _f(0)
    for i in range(count):
        whole += logits[i]
    sought, reached, last = u * whole, _f(0), 0
    for i in range(count):
        reached += logits[i]
        if reached > sought:
            return i
        if logits[i] > 0:
            last = i
    return last


@_compiled
def _draw(net, parameters, u, v, temperature):
    """What `wavenet.distributions` draws, of one sample's parameters."""
    if net.kind == CATEGORICAL:
        half = net.outputs // 2
        cooling = _f(1) / max(temperature, _f(1e-6))
        index = _chosen(parameters, net.outputs, u, cooling)
        value = _f(index - half) / _f(half - 1)
    elif net.kind == LOGISTIC:
        count = net.outputs // 3
        index = _chosen(parameters, count, u, _f(1))
        scale = min(max(parameters[2 * count + index], _f(-9)), _f(60))
        v = min(max(v, _f(1e-5)), _f(1 - 1e-5))
        place = np.log(v) - np.log(_f(1) - v)
        value = parameters[count + index] + temperature * np.exp(scale) * place
    else:
        scale = min(max(parameters[1], _f(-9)), _f(60))
        place = np.sqrt(_f(-2) * np.log(max(u, _f(1e-7))))
        place *= np.cos(_f(2 * np.pi) * v)
        value = parameters[0] + temperature * np.exp(scale) * place
    return min(max(value, _f(-1)), _f(1))


@njit(nogil=True, cache=True, error_model="numpy")
def generate(net, state, gates, positions, uniforms, temperature, signal):
    """Fill signal [B, T]; arguments as those of `wavenet.sampler.Engine.run`."""
    (streams, samples), (hop, width) = signal.shape, net.phases.shape
    layers, kernel = net.gate.shape[:2]
    skip, residual = len(net.total), net.shift.shape[1]
    depth = net.mix.shape[2] * net.mix.shape[3] // PANEL
    y = np.empty((streams, net.mix.shape[1] * PANEL), np.float32)
    z = np.zeros((streams, depth), net.gate.dtype)
    s = np.empty((streams, skip), net.gate.dtype)
    o = np.empty((streams, len(net.head1_bias)), np.float32)
    p = np.empty((streams, len(net.head2_bias)), np.float32)
    for t in range(samples):
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
            _multiply(ahead, a, past, new, streams, net.gate[layer, kernel - 1])
            for b in range(streams):
                frame, place = divmod(positions[b] + t, hop)
                frames = gates[b, frame : frame + width, layer]
                _gate(ahead[a + b], net.phases[place], frames, z[b])
            _multiply(y, 0, z, 0, streams, net.mix[layer])
        _rectify(y, s)
        for b in range(streams):
            o[b], p[b] = net.head1_bias, net.head2_bias
        _multiply(o, 0, s, 0, streams, net.head1)
        _rectify(o, s)
        _multiply(p, 0, s, 0, streams, net.head2)
        for b in range(streams):
            u, v = uniforms[b, t]
            state.last[b] = _draw(net, p[b], u, v, temperature)
            signal[b, t] = state.last[b]
        state.clock[0] = now + 1
