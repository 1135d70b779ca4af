"""Vector instructions for compiled programs, written as LLVM has them.

A product takes rows of inputs times a matrix in panels of 64 columns, each of which is
read as one stream. A tile, up to six rows of the result, stays in registers while a
panel passes by, or one row of it while two do. What is multiplied is float32, or pairs
of bfloat16 (held as uint16); sums are float32. Every number is summed in the same
order, however many rows there are.
"""

import hashlib
from pathlib import Path

from llvmlite import ir
from numba import types
from numba.core.cgutils import alloca_once_value, for_range, get_or_insert_function
from numba.extending import intrinsic

VECTOR, PANEL = 16, 64
# What this file is: a program that is kept with what it calls is kept for this alone.
DIGEST = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]

_WORD, _I32, _F32 = ir.IntType(64), ir.IntType(32), ir.FloatType()
_FLOATS, _INTS = ir.VectorType(_F32, VECTOR), ir.VectorType(_I32, VECTOR)
# A vector of anything, and which of its numbers make a vector of the first alone.
_ANY, _FIRST = ir.Constant(_FLOATS, ir.Undefined), ir.Constant(_INTS, [0] * VECTOR)


class _BFloat(ir.Type):
    """LLVM's bfloat, for which llvmlite has no word."""

    def _to_string(self):
        return "bfloat"

    def __eq__(self, other):
        return isinstance(other, _BFloat)

    def __hash__(self):
        return hash(_BFloat)


_PAIRS = ir.VectorType(_BFloat(), 2 * VECTOR)


def _call(builder, name, result, *arguments):
    """Call one of LLVM's own functions."""
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    function = get_or_insert_function(builder.module, kind, name)
    return builder.call(function, arguments)


def _add_product(builder, total, a, b, paired, features):
    """total + a * b: 16 floats, or the sums of 16 pairs of bfloat16 each."""
    if not paired:
        return _call(builder, "llvm.fma.v16f32", _FLOATS, a, b, total)
    if "+avx512bf16" in features:
        a, b = (builder.bitcast(x, _PAIRS) for x in (a, b))
        name = "llvm.x86.avx512bf16.dpbf16ps.512"
        return _call(builder, name, _FLOATS, total, a, b)
    a, b = (builder.bitcast(x, _INTS) for x in (a, b))
    sixteen = ir.Constant(_INTS, [16] * VECTOR)
    upper = ir.Constant(_INTS, [-(1 << 16)] * VECTOR)
    # A bfloat16 is the upper half of a float32.
    for half in (lambda x: builder.shl(x, sixteen), lambda x: builder.and_(x, upper)):
        x, y = (builder.bitcast(half(x), _FLOATS) for x in (a, b))
        total = _call(builder, "llvm.fma.v16f32", _FLOATS, x, y, total)
    return total


def _fetch_line(builder, pointer):
    """Have a line of memory brought near, into the second-level cache."""
    constants = _I32(0), _I32(2), _I32(1)
    _call(builder, "llvm.prefetch.p0", ir.VoidType(), pointer, *constants)


@intrinsic
def fetch(typing, array, offset):
    """Have the line brought near that is `offset` numbers from the array's first."""

    def generate(context, builder, signature, arguments):
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        _fetch_line(builder, builder.gep(array.data, [arguments[1]]))
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


@intrinsic(prefer_literal=True)
def tile(typing, count, wide, out, row, a, first, panels, p):
    """out[row : row + count] += a[first : first + count] @ panels[p : p + wide]

    in the columns of these panels. `count` and `wide` are literals; out [., N] float32,
    a [., K] and panels [., K, 64] contiguous.
    """
    rows, side = range(count.literal_value), PANEL // VECTOR
    columns = range(wide.literal_value * side)
    paired = a.dtype == types.uint16
    signature = types.void(
        count, wide, out, types.intp, a, types.intp, panels, types.intp
    )

    def generate(context, builder, signature, arguments):
        features = context.codegen().magic_tuple()[2]
        row, first, p = (arguments[i] for i in (3, 5, 7))
        out, a, panels = (
            context.make_array(signature.args[i])(context, builder, arguments[i])
            for i in (2, 4, 6)
        )
        width = builder.extract_value(out.shape, 1)
        depth = builder.extract_value(panels.shape, 1)
        size = builder.mul(depth, _WORD(PANEL))
        column, begin = builder.mul(p, _WORD(PANEL)), builder.mul(p, size)

        def place(pointer, *steps, kind=_F32):
            """So many floats, or pairs of bfloat16, further."""
            pointer = builder.bitcast(pointer, _F32.as_pointer())
            for step in steps:
                pointer = builder.gep(pointer, [step])
            return builder.bitcast(pointer, kind.as_pointer())

        lefts, cells, sums = {}, {}, {}
        for i in rows:
            above = builder.mul(builder.add(first, _WORD(i)), depth)
            lefts[i] = place(a.data, above)
            above = builder.mul(builder.add(row, _WORD(i)), width)
            for j in columns:
                offset = _WORD(j * VECTOR)
                cells[i, j] = place(out.data, above, column, offset, kind=_FLOATS)
                begun = builder.load(cells[i, j], align=4)
                sums[i, j] = alloca_once_value(builder, begun)
        with for_range(builder, depth) as loop:
            here, weights = builder.mul(loop.index, _WORD(PANEL)), []
            here = builder.add(begin, here)
            for j in columns:
                step = builder.mul(size, _WORD(j // side)), _WORD(j % side * VECTOR)
                cell = place(panels.data, here, *step, kind=_FLOATS)
                weights.append(builder.load(cell, align=4 * VECTOR))
                if len(rows) > 1:
                    # There is time for the next panel; one row just reads along.
                    _fetch_line(builder, place(panels.data, here, *step, size))
            for i in rows:
                value = builder.load(place(lefts[i], loop.index))
                value = builder.insert_element(_ANY, value, _I32(0))
                value = builder.shuffle_vector(value, _ANY, _FIRST)
                for j in columns:
                    total = builder.load(sums[i, j])
                    total = _add_product(
                        builder, total, value, weights[j], paired, features
                    )
                    builder.store(total, sums[i, j])
        for key, cell in cells.items():
            builder.store(builder.load(sums[key]), cell, align=4)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def power_of_two(typing, exponent):
    """2 ** exponent of a whole number to which 1.5 * 2 ** 23 was added."""

    def generate(context, builder, signature, arguments):
        # The number is in the lowest bits of the sum; a float's exponent begins at 23.
        whole = builder.shl(builder.bitcast(arguments[0], _I32), _I32(23))
        return builder.bitcast(builder.add(whole, _I32(127 << 23)), _F32)

    return types.float32(types.float32), generate


@intrinsic
def narrow(typing, number, like):
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
