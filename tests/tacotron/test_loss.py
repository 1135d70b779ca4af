"""Every term against plain numpy, utterance by utterance, without padding."""

import numpy as np
import pytest
from keras import ops

from moksori.tacotron import loss
from tests.tacotron.made import normal

pytestmark = pytest.mark.backend

SYMBOLS, STEPS, FRAMES = np.array([5, 3]), np.array([6, 4]), np.array([11, 8])
B, S, N, T, C = 2, 7, 8, 16, 3


def value(x) -> float:
    return float(ops.convert_to_numpy(x))


def walks() -> np.ndarray:
    """Random attention weights that sum to one over each utterance's symbols."""
    random = np.random.default_rng(4)
    weights = np.zeros((B, N, S), np.float32)
    for place, symbols in enumerate(SYMBOLS):
        drawn = random.uniform(size=(N, symbols)) ** 3
        weights[place, :, :symbols] = drawn / drawn.sum(axis=1, keepdims=True)
    return weights


def test_lengths_mask():
    mask = ops.convert_to_numpy(loss.lengths_mask(np.array([0, 2, 3]), 3))
    np.testing.assert_array_equal(mask, [[0, 0, 0], [1, 1, 0], [1, 1, 1]])


def test_spectrogram_loss():
    predicted, target = normal(1, B, T, C), normal(2, B, T, C)
    errors = [
        (predicted - target)[place, :frames].ravel()
        for place, frames in enumerate(FRAMES)
    ]
    errors = np.concatenate(errors)
    mask = loss.lengths_mask(FRAMES, T)
    found = loss.spectrogram_loss(predicted, target, mask, FRAMES.sum(), 2.0, 3.0)
    expected = 2 * np.mean(np.abs(errors)) + 3 * np.mean(errors**2)
    assert value(found) == pytest.approx(expected, rel=1e-5)


def test_stop_loss():
    logits = 4 * normal(3, B, N)
    terms = []
    for place, steps in enumerate(STEPS):
        for step in range(steps):
            chance = 1 / (1 + np.exp(-float(logits[place, step])))
            last = step == steps - 1
            terms.append(-5 * np.log(chance) if last else -np.log(1 - chance))
    found = loss.stop_loss(logits, STEPS, STEPS.sum(), 5.0)
    assert value(found) == pytest.approx(np.mean(terms), rel=1e-5)


def test_stop_loss_of_certain_logits_is_finite():
    logits = np.full((B, N), -1e4, np.float32)
    found = loss.stop_loss(logits, STEPS, STEPS.sum(), 5.0)
    assert value(found) == pytest.approx(5 * 1e4 * 2 / STEPS.sum(), rel=1e-4)


def test_guided_attention_loss():
    weights, total = walks(), 0.0
    for place, (symbols, steps) in enumerate(zip(SYMBOLS, STEPS, strict=True)):
        for n in range(steps):
            for s in range(symbols):
                stray = s / symbols - n / steps
                far = 1 - np.exp(-(stray**2) / (2 * 0.2**2))
                total += weights[place, n, s] * far
    found = loss.guided_attention_loss(weights, STEPS, SYMBOLS, STEPS.sum(), 0.2)
    assert value(found) == pytest.approx(total / STEPS.sum(), rel=1e-5)


def test_guided_attention_wants_the_diagonal():
    steps = symbols = np.array([6])
    straight = np.eye(6, dtype=np.float32)[None]
    along = value(loss.guided_attention_loss(straight, steps, symbols, 6, 0.2))
    against = value(
        loss.guided_attention_loss(straight[:, ::-1], steps, symbols, 6, 0.2)
    )
    assert along == pytest.approx(0.0, abs=1e-6)
    assert against > 0.5


def test_attention_figures():
    weights, largest, distance = walks(), [], []
    for place, (symbols, steps) in enumerate(zip(SYMBOLS, STEPS, strict=True)):
        for n in range(steps):
            row = weights[place, n, :symbols]
            largest.append(row.max())
            stray = np.abs(np.arange(symbols) / symbols - n / steps)
            distance.append((row * stray).sum())
    figures = loss.attention_figures(weights, STEPS, SYMBOLS, STEPS.sum())
    assert value(figures["focus"]) == pytest.approx(np.mean(largest), rel=1e-5)
    expected = 1 - np.mean(distance)
    assert value(figures["diagonality"]) == pytest.approx(expected, rel=1e-5)


def test_figures_of_a_flat_and_of_a_sure_attention():
    count = np.array([50])
    flat = loss.attention_figures(
        np.full((1, 50, 50), 0.02, np.float32), count, count, 50
    )
    sure = loss.attention_figures(np.eye(50, dtype=np.float32)[None], count, count, 50)
    assert value(flat["focus"]) == pytest.approx(0.02, rel=1e-4)
    assert value(flat["diagonality"]) == pytest.approx(2 / 3, abs=0.01)
    assert value(sure["focus"]) == pytest.approx(1.0)
    assert value(sure["diagonality"]) == pytest.approx(1.0)


def test_the_shares_of_parts_add_up_to_the_whole():
    """As on several replicas, each of which divides by the count of all."""
    weights, logits = walks(), normal(3, B, N)
    predicted, target = normal(1, B, T, C), normal(2, B, T, C)
    mask, steps = loss.lengths_mask(FRAMES, T), STEPS.sum()

    def terms(rows):
        lengths = STEPS[rows], SYMBOLS[rows]
        pair = predicted[rows], target[rows], mask[rows]
        figures = loss.attention_figures(weights[rows], *lengths, steps)
        return [
            value(loss.spectrogram_loss(*pair, FRAMES.sum(), 2.0, 3.0)),
            value(loss.stop_loss(logits[rows], STEPS[rows], steps, 5.0)),
            value(loss.guided_attention_loss(weights[rows], *lengths, steps, 0.2)),
            *map(value, figures.values()),
        ]

    parts = terms(slice(0, 1)), terms(slice(1, 2))
    np.testing.assert_allclose(np.sum(parts, axis=0), terms(slice(0, 2)), rtol=1e-5)
