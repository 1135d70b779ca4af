"""The gradients written by hand are those that the backend finds for the same loop."""

import numpy as np
import pytest
from keras import ops

from moksori.backend.loops import scan
from moksori.tacotron.attention import Memory
from moksori.tacotron.cell import cell
from moksori.tacotron.fused import lstm, recurrence
from tests.tacotron.made import assert_same, gradients, normal

pytestmark = pytest.mark.backend

T, B, S, E, H, A, K = 7, 3, 6, 5, 4, 8, 5
HOLDS = ["masks", "expectation"]


def holds(kind: str) -> list[np.ndarray]:
    """Zoneout of cell and output: drawn, or its mean as outside training."""
    if kind == "expectation":
        return [np.full((T, 1, 1), rate, np.float32) for rate in (0.1, 0.2)]
    random = np.random.default_rng(7)
    return [(random.random((T, B, H)) < 0.3).astype(np.float32) for _ in range(2)]


def weighed(outputs) -> object:
    """A scalar that gives every output its own upstream gradient."""
    upstream = [normal(50 + place, *o.shape) for place, o in enumerate(outputs)]
    return sum(ops.sum(o * u) for o, u in zip(outputs, upstream, strict=True))


@pytest.mark.parametrize("kind", HOLDS)
def test_lstm(kind):
    hold_c, hold_h = holds(kind)
    arguments = [normal(1, T, B, 4 * H), normal(2, H, 4 * H)]

    def plain(z, kernel):
        def step(state, x):
            c, h = state
            c, h, _ = cell(x[0] + ops.matmul(h, kernel), c, h, *x[1:])
            return (c, h), (h,)

        zeros = ops.zeros((B, H))
        sequences = map(ops.convert_to_tensor, (z, hold_c, hold_h))
        return scan(step, (zeros, zeros), sequences)[1][0]

    def ours(z, kernel):
        return lstm.recurrence(
            z, kernel, ops.convert_to_tensor(hold_c), ops.convert_to_tensor(hold_h)
        )

    assert_same(ops.convert_to_numpy(ours(*arguments)), plain(*arguments))
    expected = gradients(lambda *a: weighed([plain(*a)]), arguments)
    found = gradients(lambda *a: weighed([ours(*a)]), arguments)
    for one, other in zip(found, expected, strict=True):
        assert np.abs(other).max() > 0.01
        assert_same(one, other)


@pytest.mark.parametrize("kind", HOLDS)
def test_attention_recurrence(kind):
    hold_c, hold_h = holds(kind)
    bias = np.zeros((B, S), np.float32)
    bias[1, 4:] = -1e9
    names = ("z", "kernel", "query", "location", "score", "values", "keys")
    shapes = [
        (T, B, 4 * H),
        (E + H, 4 * H),
        (H, A),
        (K, A),
        (A,),
        (B, S, E),
        (B, S, A),
    ]
    arguments = [normal(seed, *shape) for seed, shape in enumerate(shapes)]

    def plain(z, kernel, query, location, score, values, keys):
        memory = Memory(values, keys, ops.convert_to_tensor(bias))
        weights = (kernel, query, location, score)

        def step(state, x):
            state, attention, _ = recurrence.step(x[0], state, *x[1:], memory, weights)
            return state, (state[1], state[2], attention)

        shapes = (B, H), (B, H), (B, E), (B, S)
        start = tuple(ops.zeros(shape) for shape in shapes)
        sequences = map(ops.convert_to_tensor, (z, hold_c, hold_h))
        return scan(step, start, sequences)[1]

    def ours(*arguments):
        fixed = map(ops.convert_to_tensor, (bias, hold_c, hold_h))
        return recurrence.recurrence(*arguments, *fixed)

    tensors = [ops.convert_to_tensor(argument) for argument in arguments]
    for one, other in zip(ours(*tensors), plain(*tensors), strict=True):
        assert_same(ops.convert_to_numpy(one), ops.convert_to_numpy(other))
    expected = gradients(lambda *a: weighed(plain(*a)), arguments)
    found = gradients(lambda *a: weighed(ours(*a)), arguments)
    for name, one, other in zip(names, found, expected, strict=True):
        assert np.abs(other).max() > 0.01, name
        assert_same(one, other)
    # No gradient leaks into the padded symbols of the second utterance.
    assert not found[names.index("keys")][1, 4:].any()
    assert not found[names.index("values")][1, 4:].any()
