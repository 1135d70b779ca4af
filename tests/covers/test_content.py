"""Content: a sound is found again after another melody and another vocal tract."""

import numpy as np
import pytest

from moksori.covers import content, pitch, world
from tests.covers.made import RATE, spoken


@pytest.fixture(scope="module")
def encoder(covers_installed):
    return content.ContentEncoder()


def disguised(wave: np.ndarray, factor: float, melody: bool) -> np.ndarray:
    """The same sentence with other formants and, as sung, on steps of a scale."""
    hertz = pitch.track(wave, RATE)
    timbre = world.warp(world.analyse(wave, RATE, hertz), factor, RATE)
    if melody:
        steps = np.floor(np.arange(len(hertz)) / 80) % 8
        hertz = np.where(hertz > 0, 196 * 2 ** (steps / 12), 0)
    made = world.synthesise(hertz, timbre, RATE)
    return np.pad(made, (0, max(len(wave) - len(made), 0)))[: len(wave)]


def directions(states: np.ndarray) -> np.ndarray:
    centred = states - states.mean(axis=0)
    return centred / (np.linalg.norm(centred, axis=1, keepdims=True) + 1e-8)


@pytest.mark.parametrize(
    ("factor", "melody", "least"), [(1.0, False, 0.97), (1.15, True, 0.9)]
)
def test_frames_find_themselves(encoder, factor, melody, least):
    wave = np.concatenate([spoken(1, line) for line in range(3)])
    other = disguised(wave, factor, melody)
    # Windows of the encoder begin elsewhere, too.
    ahead = np.zeros(74 * 320, "f4")
    states = encoder.encode(wave, RATE)
    others = encoder.encode(np.concatenate([ahead, other]), RATE)[74:]
    count = min(len(states), len(others), len(wave) // 320)
    nearest = (directions(others[:count]) @ directions(states[:count]).T).argmax(axis=1)
    power = wave[: count * 320].reshape(count, 320).std(axis=1)
    heard = power > 0.1 * power.max()
    found = np.abs(nearest - np.arange(count)) <= 2
    assert found[heard].mean() >= least


def test_there_is_a_state_for_every_20_ms_at_any_rate(encoder):
    for rate, samples in ((16000, 16001), (44100, 44100), (48000, 9 * 48000)):
        states = encoder.encode(np.zeros(samples, "f4"), rate)
        assert states.shape == (-(-samples * 50 // rate), content.SIZE)


def test_states_are_interpolated_to_frames():
    states = np.arange(3, dtype="f4")[:, None] * np.ones((3, content.SIZE), "f4")
    frames = content.to_frames(states, 12)
    # The first stands for 0 to 20 ms, and is what is heard at 10 ms.
    np.testing.assert_allclose(frames[:, 0][[0, 2, 4, 6]], [0, 0, 0.5, 1], atol=1e-6)
    assert content.to_frames(states[:1], 5).shape == (5, content.SIZE)


def test_means_of_positions_are_what_they_are_measured_to_be(encoder):
    waves = [(np.concatenate([spoken(2, 0), spoken(2, 1)] * 2), RATE)]
    means = content.position_means(encoder, waves)
    assert means.shape == (300, content.SIZE)
    states = encoder.states(*waves[0])
    count = len(states) // 300
    wanted = states[: count * 300].reshape(count, 300, -1).mean(axis=0)
    np.testing.assert_allclose(means, wanted, atol=2e-2)
