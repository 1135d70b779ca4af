"""Alignments made by hand, of which it is known what is wrong with them."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moksori.metrics import attention


def following(path, symbols: int, spread: float = 0.6) -> np.ndarray:
    """An alignment [steps, symbols] that looks along `path`, a bell around each."""
    away = np.arange(symbols)[None, :] - np.asarray(path, float)[:, None]
    weights = np.exp(-(away**2) / (2 * spread**2))
    return weights / weights.sum(axis=1, keepdims=True)


def steady(symbols: int = 30, steps_a_symbol: float = 2.0) -> np.ndarray:
    return np.linspace(0, symbols - 1, round(symbols * steps_a_symbol))


@pytest.mark.parametrize("steps_a_symbol", [0.6, 1.0, 2.0, 5.0])
def test_steady_walk_is_complete(steps_a_symbol):
    walk = attention.walk(following(steady(30, steps_a_symbol), 30))
    assert walk.complete
    assert walk.skips == walk.repeats == ()


@pytest.mark.parametrize("steps_a_symbol", [0.6, 1.0, 2.0, 5.0])
def test_skipped_syllable_is_found(steps_a_symbol):
    path = steady(30, steps_a_symbol)
    path = path[(path < 11) | (path > 16)]
    walk = attention.walk(following(path, 30, spread=0.4))
    assert not walk.complete
    ((begin, end),) = walk.skips
    assert 11 <= begin <= 13
    assert 15 <= end <= 17


def test_passing_over_two_sounds_is_no_skip():
    path = steady(30, 2.0)
    path = path[(path < 11.6) | (path > 13.4)]
    assert attention.walk(following(path, 30, spread=0.2)).complete


def test_silent_symbols_neither_count_nor_end_a_skip():
    path = steady(30, 2.0)
    path = path[(path < 10.6) | (path > 15.4)]  # leaves out 11 to 15
    alignment = following(path, 30, spread=0.2)
    sounds = np.ones(30, bool)
    assert len(attention.walk(alignment, sounds).skips) == 1
    sounds[[12, 14]] = False
    assert attention.walk(alignment, sounds).skips == ((11, 16),)
    sounds[13] = False
    assert attention.walk(alignment, sounds).complete


def test_going_back_is_a_repeat():
    path = np.concatenate([np.arange(0, 20), np.arange(14, 30)])
    walk = attention.walk(following(path, 30))
    assert walk.repeats == ((20, 23),)
    assert not walk.complete
    assert walk.reached_end


def test_shortest_repeat_is_found():
    path = np.concatenate([np.arange(0, 20), np.arange(15, 30)])
    assert attention.walk(following(path, 30)).repeats == ((20, 22),)


def test_two_symbols_back_are_no_repeat():
    path = np.concatenate([np.arange(0, 20), np.arange(17, 30)])
    assert attention.walk(following(path, 30)).complete


@pytest.mark.parametrize("glance", [0, 29])
@pytest.mark.parametrize("step", [0, 1, 30])
def test_glance_of_one_step_is_forgiven(glance, step):
    path = steady(30, 2.0)
    path[step] = glance
    assert attention.walk(following(path, 30)).complete


def test_glance_of_two_steps_ahead_is_a_repeat():
    path = steady(30, 2.0)
    path[20:22] = 25
    assert attention.walk(following(path, 30)).repeats


def test_stopping_early_is_seen():
    walk = attention.walk(following(steady()[:50], 30))
    assert not walk.reached_end
    assert not walk.complete
    assert attention.walk(following(steady()[:57], 30)).reached_end


def test_end_is_met_at_the_last_sound():
    sounds = np.ones(30, bool)
    sounds[24:] = False
    assert attention.walk(following(steady()[:46], 30), sounds).reached_end


def test_starting_late_is_seen():
    walk = attention.walk(following(steady()[8:], 30))
    assert not walk.started
    assert not walk.complete


@pytest.mark.parametrize("symbols", [5, 30, 80])
def test_flat_attention_is_no_walk(symbols):
    flat = np.full((60, symbols), 1 / symbols)
    assert not attention.walk(flat).complete
    assert attention.focus(flat) == pytest.approx(1 / symbols)


def test_noise_is_no_walk():
    noise = np.random.default_rng(0).dirichlet(np.ones(30), size=90)
    walk = attention.walk(noise)
    assert walk.repeats
    assert not walk.complete


def test_focus_is_the_mean_of_the_largest_weights():
    alignment = np.array([[0.9, 0.1, 0.0], [0.3, 0.5, 0.2]])
    assert attention.focus(alignment) == pytest.approx(0.7)


def test_diagonality_tells_the_diagonal_from_the_rest():
    straight = attention.diagonality(np.eye(40))
    flat = attention.diagonality(np.full((40, 40), 1 / 40))
    across = attention.diagonality(np.eye(40)[::-1])
    assert straight == pytest.approx(1.0)
    assert 0.3 < flat < 0.6
    assert across < flat


def test_diagonality_is_one_minus_the_guided_loss():
    random = np.random.default_rng(1)
    alignment = random.dirichlet(np.ones(7), size=11)
    expected = 0.0
    for n in range(11):
        for s in range(7):
            distance = (s + 0.5) / 7 - (n + 0.5) / 11
            far = 1 - np.exp(-(distance**2) / (2 * 0.2**2))
            expected += alignment[n, s] * far / 11
    assert attention.diagonality(alignment) == pytest.approx(1 - expected)


def test_sounding_symbols():
    symbols = ["ᄋ", "ᅡ", "ᆫ", " ", "ᄂ", ".", "<end>"]
    expected = [False, True, True, False, True, False, False]
    assert attention.sounding(symbols).tolist() == expected


def test_health_is_plain_and_judged_in_words():
    symbols = ["ᄂ", "ᅡ"] * 14 + [".", "<end>"]
    spoken = SimpleNamespace(alignment=following(steady(), 30), symbols=symbols)
    figures, complaints = attention.assess(spoken)
    assert complaints == []
    assert figures["complete"] is True
    assert {type(value) for value in figures.values()} == {float, int, bool}
    path = np.concatenate([np.arange(4, 20), np.arange(10, 24)])
    spoken.alignment = following(path, 30)
    figures, complaints = attention.assess(spoken)
    assert figures["complete"] is False
    assert len(complaints) == 4


@pytest.mark.parametrize("shape", [(3,), (0, 4), (4, 0), (2, 3, 4)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="steps, symbols"):
        attention.walk(np.ones(shape))
    with pytest.raises(ValueError, match="sounds"):
        attention.walk(np.ones((2, 3)), np.ones(4, bool))


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_any_alignment_has_figures_within_bounds(steps, symbols, seed):
    random = np.random.default_rng(seed)
    alignment = random.dirichlet(np.full(symbols, 0.2), size=steps)
    assert 0 < attention.focus(alignment) <= 1 + 1e-9
    assert 0 <= attention.diagonality(alignment) <= 1 + 1e-9
    walk = attention.walk(alignment)
    assert all(0 <= b < e <= symbols for b, e in walk.skips)
    assert all(0 <= b < e <= steps for b, e in walk.repeats)
