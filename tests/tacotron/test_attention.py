import numpy as np
import pytest
from keras import ops

from moksori.tacotron.attention import (
    PADDING_ENERGY,
    LocationSensitiveAttention,
    Memory,
    confine,
)
from moksori.tacotron.fused import recurrence
from moksori.tacotron.fused.attention import (
    attend,
    attend_backward,
    hidden,
    patches,
    unpatch,
)
from tests.tacotron.made import assert_same, gradients, normal

pytestmark = pytest.mark.backend

B, S, E, A, H, K, F = 3, 6, 5, 8, 4, 5, 3


def problem():
    """query, memory, cumulative, location, score."""
    bias = np.zeros((B, S), np.float32)
    bias[1, 4:] = -1e9
    memory = Memory(values=normal(2, B, S, E), keys=normal(1, B, S, A), mask_bias=bias)
    return normal(0, B, A), memory, normal(4, B, S), normal(5, K, A), normal(6, A)


def test_the_reference_is_the_formula_of_the_paper():
    """Step by step in numpy; the fused one gives the same."""
    layer = LocationSensitiveAttention(A, F, K)
    layer.build(H, E)
    layer.bias.assign(normal(7, A))
    query, values, cumulative = normal(0, B, H), normal(2, B, S, E), normal(4, B, S)
    mask = np.ones((B, S), np.float32)
    mask[1, 4:] = 0.0
    memory = layer.read(values, mask)
    weights, context = layer.attend(query, memory, cumulative)
    w = {v.name: ops.convert_to_numpy(v).astype(np.float64) for v in layer.weights}
    features = np.zeros((B, S, F))
    for symbol in range(S):
        for tap in range(K):
            there = symbol + tap - K // 2
            if 0 <= there < S:
                features[:, symbol] += cumulative[:, there, None] * w["filter"][tap]
    inner = (query @ w["query"])[:, None] + values @ w["memory"] + w["bias"]
    energies = np.tanh(inner + features @ w["location"]) @ w["score"]
    expected = np.where(mask, np.exp(energies - energies.max(axis=1, keepdims=True)), 0)
    expected /= expected.sum(axis=1, keepdims=True)
    assert_same(ops.convert_to_numpy(weights), expected)
    assert_same(
        ops.convert_to_numpy(context), np.einsum("bs,bse->be", expected, values)
    )
    fused, _ = attend(
        ops.matmul(query, layer.query_kernel),
        memory,
        cumulative,
        ops.matmul(layer.filter, layer.location_kernel),
        ops.convert_to_tensor(layer.score),
    )
    assert_same(ops.convert_to_numpy(fused), expected)


@pytest.mark.parametrize("taps", [1, 3, 7, 15])
def test_patches_are_neighbourhoods(taps):
    x = normal(1, B, S)
    found = ops.convert_to_numpy(patches(x, taps))
    assert found.shape == (B, S, taps)
    for symbol in range(S):
        for tap in range(taps):
            there = symbol + tap - taps // 2
            expected = x[:, there] if 0 <= there < S else np.zeros(B)
            np.testing.assert_array_equal(found[:, symbol, tap], expected)


@pytest.mark.parametrize("taps", [1, 3, 7, 15])
def test_unpatch_is_the_adjoint_of_patches(taps):
    x, y = normal(1, B, S), normal(2, B, S, taps)
    forward = np.sum(ops.convert_to_numpy(patches(x, taps)) * y)
    backward = np.sum(x * ops.convert_to_numpy(unpatch(y)))
    assert forward == pytest.approx(backward, abs=1e-5)


def test_weights_sum_to_one_and_leave_padding_out():
    weights, _ = attend(*problem())
    weights = ops.convert_to_numpy(weights)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-6)
    assert not weights[1, 4:].any()
    assert (weights[0] > 0).all()


@pytest.mark.parametrize(("behind", "ahead"), [(0, 1), (1, 2), (2, 0)])
def test_a_window_moves_with_the_furthest_symbol_attended(behind, ahead):
    """In numpy, symbol by symbol; half a step's attention counts, a glance does not."""
    _, memory, *_ = problem()
    cumulative = np.zeros((B, S), np.float32)
    cumulative[1, :3] = 3.0, 2.0, 0.4
    cumulative[2] = 4.0, 0.0, 1.0, 0.3, 0.2, 0.0
    places = (0, 1, 3)
    found = confine(memory, ops.convert_to_tensor(cumulative), (behind, ahead))
    np.testing.assert_array_equal(found.keys, memory.keys)
    bias = ops.convert_to_numpy(found.mask_bias)
    for line, place in enumerate(places):
        for symbol in range(S):
            within = place - behind <= symbol <= place + ahead
            open_ = within and memory.mask_bias[line, symbol] == 0
            assert (bias[line, symbol] == 0) == open_
            assert open_ or bias[line, symbol] <= PADDING_ENERGY


def test_the_step_backward_is_the_gradient_of_attend():
    query, memory, cumulative, location, score = problem()
    upstream = normal(20, B, S), normal(21, B, E)

    def scalar(keys, cumulative, location, score):
        text = memory._replace(keys=keys)
        outputs = attend(query, text, cumulative, location, score)
        return sum(ops.sum(o * u) for o, u in zip(outputs, upstream, strict=True))

    expected = gradients(scalar, [memory.keys, cumulative, location, score])
    weights, _ = attend(query, memory, cumulative, location, score)
    found = attend_backward(
        *upstream, weights, query, memory, cumulative, location, score
    )
    found = [ops.convert_to_numpy(one) for one in found]
    # The weights' gradients are those of each utterance: nothing adds them up here.
    assert found[2].shape == (B, K, A)
    assert found[3].shape == (B, A)
    found[2:] = found[2].sum(axis=0), found[3].sum(axis=0)
    for one, other in zip(found, expected, strict=True):
        assert_same(one, other)


def test_hidden_stays_between_minus_one_and_one():
    query, memory, cumulative, location, _ = problem()
    inner = hidden(100 * query, memory.keys, cumulative, location)
    assert inner.shape == (B, S, A)
    assert np.abs(ops.convert_to_numpy(inner)).max() <= 1.0


def test_the_state_accumulates_all_weights():
    _, memory, _, location, score = problem()
    weights = (normal(30, E + H, 4 * H), normal(31, H, A), location, score)
    state = tuple(ops.zeros(shape) for shape in ((B, H), (B, H), (B, E), (B, S)))
    total = 0.0
    for seed in range(4):
        z = normal(40 + seed, B, 4 * H)
        state, attention, _ = recurrence.step(z, state, 0.0, 0.0, memory, weights)
        total = total + ops.convert_to_numpy(attention)
    np.testing.assert_allclose(ops.convert_to_numpy(state[3]), total, atol=1e-6)
