from typing import NamedTuple

import numpy as np
import pytest
from keras import ops

from moksori.backend.loops import scan

pytestmark = pytest.mark.backend


class State(NamedTuple):
    total: object
    count: object


def step(state, slices):
    x, y = slices
    total = 0.5 * state.total + x * y
    return State(total, state.count + 1.0), (total, ops.sum(x))


@pytest.mark.parametrize("fuse", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
def test_it_is_a_loop_over_the_first_axis(fuse, reverse):
    x = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    y = np.arange(5, dtype=np.float32)
    sequences = ops.convert_to_tensor(x), ops.convert_to_tensor(y)
    start = State(ops.zeros(3), ops.zeros(()))
    state, (totals, sums) = scan(step, start, sequences, reverse, fuse)
    total, expected = np.zeros(3), np.zeros((5, 3))
    for t in reversed(range(5)) if reverse else range(5):
        expected[t] = total = 0.5 * total + x[t] * y[t]
    np.testing.assert_allclose(totals, expected, rtol=1e-5)
    np.testing.assert_allclose(sums, x.sum(axis=1), rtol=1e-5)
    np.testing.assert_allclose(state.total, total, rtol=1e-5)
    assert float(state.count) == 5.0
