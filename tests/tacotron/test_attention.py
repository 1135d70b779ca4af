import numpy as np
import pytest
from keras import ops

from moksori.tacotron import recurrence
from moksori.tacotron.attention import attend, attend_backward, hidden, patches, unpatch
from tests.tacotron.made import assert_same, gradients, normal

B, S, E, A, H, K = 3, 6, 5, 8, 4, 5


def problem():
    """query, keys, memory, penalty, cumulative, location, score."""
    penalty = np.zeros((B, S), np.float32)
    penalty[1, 4:] = -1e9
    shapes = [(B, A), (B, S, A), (B, S, E), None, (B, S), (K, A), (A,)]
    return [
        penalty if shape is None else normal(seed, *shape)
        for seed, shape in enumerate(shapes)
    ]


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
    query, keys, memory, penalty, *rest = problem()
    weights, context = attend(query, keys, memory, penalty, *rest)
    weights = ops.convert_to_numpy(weights)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-6)
    assert not weights[1, 4:].any()
    assert (weights[0] > 0).all()
    expected = np.einsum("bs,bse->be", weights, memory)
    assert_same(ops.convert_to_numpy(context), expected)


def test_scores_are_those_of_the_paper():
    query, keys, memory, penalty, cumulative, location, score = problem()
    near = np.zeros((B, S, A))
    for symbol in range(S):
        for tap in range(K):
            there = symbol + tap - K // 2
            if 0 <= there < S:
                near[:, symbol] += cumulative[:, there, None] * location[tap]
    energies = np.tanh(query[:, None] + keys + near) @ score + penalty
    expected = np.exp(energies - energies.max(axis=1, keepdims=True))
    expected /= expected.sum(axis=1, keepdims=True)
    weights, _ = attend(query, keys, memory, penalty, cumulative, location, score)
    assert_same(ops.convert_to_numpy(weights), expected)


def test_the_step_backward_is_the_gradient_of_attend():
    query, keys, memory, penalty, cumulative, location, score = problem()
    upstream = normal(20, B, S), normal(21, B, E)

    def scalar(keys, cumulative, location, score):
        outputs = attend(query, keys, memory, penalty, cumulative, location, score)
        return sum(ops.sum(o * u) for o, u in zip(outputs, upstream, strict=True))

    expected = gradients(scalar, [keys, cumulative, location, score])
    weights, _ = attend(query, keys, memory, penalty, cumulative, location, score)
    found = attend_backward(
        *upstream, weights, query, keys, memory, cumulative, location, score
    )
    found = [ops.convert_to_numpy(one) for one in found]
    # The weights' gradients are those of each utterance: nothing adds them up here.
    assert found[2].shape == (B, K, A)
    assert found[3].shape == (B, A)
    found[2:] = found[2].sum(axis=0), found[3].sum(axis=0)
    for one, other in zip(found, expected, strict=True):
        assert_same(one, other)


def test_hidden_stays_between_minus_one_and_one():
    query, keys, _, _, cumulative, location, _ = problem()
    inner = ops.convert_to_numpy(hidden(100 * query, keys, cumulative, location))
    assert inner.shape == (B, S, A)
    assert np.abs(inner).max() <= 1.0


def test_the_state_accumulates_all_weights():
    _, keys, memory, penalty, _, location, score = problem()
    weights = (normal(30, E + H, 4 * H), normal(31, H, A), location, score)
    utterance = (keys, memory, penalty)
    state, total = recurrence.initial_state(H, ops.convert_to_tensor(memory)), 0.0
    for seed in range(4):
        z = normal(40 + seed, B, 4 * H)
        state, attention, _ = recurrence.step(z, state, 0.0, 0.0, weights, utterance)
        total = total + ops.convert_to_numpy(attention)
    np.testing.assert_allclose(ops.convert_to_numpy(state[3]), total, atol=1e-6)
