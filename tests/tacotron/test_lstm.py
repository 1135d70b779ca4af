import keras
import numpy as np
import pytest
from keras import ops

from moksori.tacotron.lstm import ZoneoutLSTM
from tests.tacotron.made import assert_same, normal

pytestmark = pytest.mark.backend

T, B, D, H = 6, 3, 4, 5


def layer(zoneout: float = 0.0) -> ZoneoutLSTM:
    made = ZoneoutLSTM(H, zoneout, keras.random.SeedGenerator(3))
    made.build((None, None, D))
    made.bias.assign(normal(9, 4 * H))
    return made


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def by_hand(made: ZoneoutLSTM, x: np.ndarray) -> np.ndarray:
    """The equations of an LSTM whose state keeps a share `zoneout` of what it was."""
    kernel, recurrent, bias = (
        ops.convert_to_numpy(weight).astype(np.float64)
        for weight in (made.kernel, made.recurrent, made.bias)
    )
    c = h = np.zeros((x.shape[1], H))
    states, keep = [], made.zoneout
    for frame in x:
        i, f, g, o = np.split(frame @ kernel + h @ recurrent + bias, 4, axis=-1)
        fresh = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        c = keep * c + (1 - keep) * fresh
        h = keep * h + (1 - keep) * sigmoid(o) * np.tanh(fresh)
        states.append(h)
    return np.stack(states)


def test_without_zoneout_it_is_the_lstm_of_keras():
    ours, x = layer(), normal(1, T, B, D)
    theirs = keras.layers.LSTM(H, return_sequences=True)
    theirs.build((None, None, D))
    for mine, other in zip(theirs.weights, ours.weights, strict=True):
        mine.assign(other)
    expected = ops.convert_to_numpy(theirs(x.transpose(1, 0, 2)))
    assert_same(ops.convert_to_numpy(ours(x)), expected.transpose(1, 0, 2))


def test_outside_training_zoneout_is_its_expectation():
    ours, x = layer(zoneout=0.3), normal(1, T, B, D)
    found = ops.convert_to_numpy(ours(x, training=False))
    np.testing.assert_allclose(found, by_hand(ours, x), atol=1e-5)


def test_in_training_whole_units_are_held():
    ours = layer(zoneout=0.25)
    hold_c, hold_h = (ops.convert_to_numpy(a) for a in ours.zoneout_masks(200, B, True))
    for hold in (hold_c, hold_h):
        assert hold.shape == (200, B, H)
        assert set(np.unique(hold)) == {0.0, 1.0}
        assert hold.mean() == pytest.approx(0.25, abs=0.03)
    assert (hold_c != hold_h).any()
    h = ops.convert_to_numpy(ours(normal(1, 200, B, D), training=True))
    held = np.isclose(h[1:], h[:-1], rtol=0, atol=1e-6)
    assert held.mean() == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("zoneout", [0.0, 0.2])
def test_padding_equals_no_padding(reverse, zoneout):
    ours, x = layer(zoneout), normal(1, T, B, D)
    lengths = (T, 4, 1)
    real = np.zeros((T, B), np.float32)
    for place, length in enumerate(lengths):
        real[:length, place] = 1.0
        x[length:, place] = 7.0
    padded = ops.convert_to_numpy(ours(x, real=real, reverse=reverse))
    for place, length in enumerate(lengths):
        alone = ours(x[:length, place : place + 1], reverse=reverse)
        np.testing.assert_allclose(
            padded[:length, place], ops.convert_to_numpy(alone)[:, 0], atol=1e-6
        )


def test_reversed_it_reads_from_the_end():
    ours, x = layer(), normal(1, T, B, D)
    backwards = ops.convert_to_numpy(ours(x, reverse=True))
    forwards = ops.convert_to_numpy(ours(x[::-1].copy()))
    np.testing.assert_allclose(backwards, forwards[::-1], atol=1e-6)


def test_free_running_steps_are_the_sequence():
    ours, x = layer(zoneout=0.1), normal(1, T, B, D)
    c, h, states = ops.zeros((B, H)), ops.zeros((B, H)), []
    for frame in x:
        c, h = ours.step(frame, c, h)
        states.append(ops.convert_to_numpy(h))
    expected = ops.convert_to_numpy(ours(x, training=False))
    np.testing.assert_allclose(np.stack(states), expected, atol=1e-6)
