"""Mel-cepstral distortion: against values worked out by hand, and its alignment."""

from functools import cache

import numpy as np
import pytest

import hparams
from moksori.audio.spectrum import mel_spectrogram
from moksori.metrics.cepstral import cepstra, distortion, warp

AUDIO = hparams.preset("tiny").audio
DECIBELS = (AUDIO.ceiling_decibel - AUDIO.floor_decibel) / (2 * AUDIO.mel_range)


def random_mel(frames: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-3, 3, (frames, AUDIO.mels))


def ripple(decibels: float, waves: int) -> np.ndarray:
    """What to add to a mel to make `waves` half periods of a cosine over its bands."""
    band = (np.arange(AUDIO.mels) + 0.5) / AUDIO.mels
    return decibels / DECIBELS * np.cos(np.pi * waves * band)


def sweep(seconds: float) -> np.ndarray:
    """Bands of noise that rise while a wave goes on; faster in a shorter one."""
    rate = AUDIO.sample_rate
    time = np.arange(round(seconds * rate)) / rate / seconds
    phase = 2 * np.pi * np.cumsum(300 * 8**time) / rate
    noise = np.random.default_rng(1).standard_normal(time.size)
    return (0.3 * np.sin(phase) + 0.01 * noise).astype(np.float32)


def wave_distortion(ours: np.ndarray, theirs: np.ndarray, align: bool = False) -> float:
    mels = [mel_spectrogram(wave, AUDIO) for wave in (ours, theirs)]
    return distortion(*mels, AUDIO, align=align)


@pytest.mark.parametrize("align", [False, True])
def test_a_sound_does_not_differ_from_itself(align):
    mel = random_mel(12)
    assert distortion(mel, mel, AUDIO, align=align) == 0
    assert wave_distortion(sweep(0.5), sweep(0.5), align=align) == 0


@pytest.mark.parametrize("waves", [1, 2, 13])
def test_a_ripple_counts_by_its_root_mean_square(waves):
    mel = random_mel(5)
    found = distortion(mel, mel + ripple(6.0, waves), AUDIO)
    assert found == pytest.approx(6.0 / np.sqrt(2))


def test_coefficients_are_those_of_the_cosine_series():
    mel = 0.3 + ripple(4.0, 2) + ripple(-3.0, 5)
    found = cepstra(mel[None], AUDIO, 6)
    nepers = np.log(10) / 20
    wanted = np.array([0, 4, 0, 0, -3, 0]) * nepers
    assert found == pytest.approx(wanted[None], abs=1e-12)


def test_what_is_finer_than_the_coefficients_does_not_count():
    mel = random_mel(5)
    assert distortion(mel, mel + ripple(6.0, 14), AUDIO) == pytest.approx(0, abs=1e-9)
    assert distortion(mel, mel + ripple(6.0, 14), AUDIO, 14) > 4


def test_the_level_does_not_count():
    mel = random_mel(7)
    assert distortion(mel, mel + 0.4, AUDIO) == pytest.approx(0, abs=1e-9)
    wave = sweep(0.5)
    assert wave_distortion(wave, 0.25 * wave) < 1e-3


def test_it_is_the_mean_over_frames():
    mel = random_mel(8)
    other = mel.copy()
    other[:2] += ripple(8.0, 3)
    assert distortion(mel, other, AUDIO) == pytest.approx(8.0 / np.sqrt(2) / 4)


def test_lingering_costs_nothing_once_aligned():
    mel = random_mel(9)
    slow = np.repeat(mel, [1, 3, 1, 2, 2, 1, 5, 1, 1], axis=0)
    assert distortion(mel, slow, AUDIO, align=True) == pytest.approx(0, abs=1e-6)
    assert distortion(slow, mel, AUDIO, align=True) == pytest.approx(0, abs=1e-6)


def test_a_slower_sound_is_near_once_aligned():
    quick, slow = sweep(0.8), sweep(1.0)
    apart = wave_distortion(quick, slow[: quick.size])
    aligned = wave_distortion(quick, slow, align=True)
    other = wave_distortion(quick, slow[::-1], align=True)
    assert aligned < apart / 4
    assert aligned < other / 4


def test_the_warp_of_a_table_worked_out_by_hand():
    distance = np.array([[0, 5, 9, 9], [1, 1, 9, 9], [9, 2, 7, 0]])
    assert warp(distance).tolist() == [[0, 0], [1, 1], [2, 2], [2, 3]]


def test_of_equal_ways_the_one_that_keeps_step_is_taken():
    assert warp(np.zeros((4, 4))).tolist() == [[i, i] for i in range(4)]
    # Then, seen from the end, the one that goes back in ours.
    tall = [[0, 0], [1, 0], [2, 0], [3, 1], [4, 2]]
    assert warp(np.zeros((5, 3))).tolist() == tall
    assert warp(np.zeros((3, 5))).tolist() == [pair[::-1] for pair in tall]
    either = np.array([[0, 1, 1], [1, 9, 1], [1, 1, 0]])
    assert warp(either).tolist() == [[0, 0], [0, 1], [1, 2], [2, 2]]


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (6, 1), (5, 7), (7, 5)])
def test_no_way_is_cheaper(shape):
    distance = np.random.default_rng(3).random(shape)

    @cache
    def least(i: int, j: int) -> float:
        ways = [(i - 1, j - 1), (i - 1, j), (i, j - 1)]
        before = [least(*way) for way in ways if min(way) >= 0]
        return distance[i, j] + min(before, default=0.0)

    pairs = warp(distance)
    cost = distance[pairs[:, 0], pairs[:, 1]].sum()
    assert cost == pytest.approx(least(shape[0] - 1, shape[1] - 1))
    assert pairs[0].tolist() == [0, 0]
    assert pairs[-1].tolist() == [shape[0] - 1, shape[1] - 1]
    steps = np.diff(pairs, axis=0)
    assert set(map(tuple, steps.tolist())) <= {(0, 1), (1, 0), (1, 1)}


@pytest.mark.parametrize(
    ("ours", "theirs", "align", "words"),
    [
        ((4, 20), (5, 20), False, "not to be aligned"),
        ((4, 20), (4, 19), False, "mels=20"),
        ((4,), (4, 20), False, "mels=20"),
        ((0, 20), (4, 20), True, "no frames"),
    ],
)
def test_what_cannot_be_compared_is_refused(ours, theirs, align, words):
    with pytest.raises(ValueError, match=words):
        distortion(np.zeros(ours), np.zeros(theirs), AUDIO, align=align)


def test_more_coefficients_than_bands_allow_are_refused():
    with pytest.raises(ValueError, match="20 mels do not give 20"):
        cepstra(random_mel(2), AUDIO, 20)
