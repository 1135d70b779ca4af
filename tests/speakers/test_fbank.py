"""The filterbank is Kaldi's: equal to its definition, frame by frame."""

import numpy as np
import pytest

from moksori.speakers.fbank import filterbank


def mel(hertz: float) -> float:
    """Return a frequency on Kaldi's mel scale."""
    return 1127 * np.log(1 + hertz / 700)


def defined(wave: np.ndarray, frame: int) -> np.ndarray:
    """One frame [80] as Kaldi's documentation defines it, one sum at a time."""
    samples = wave[frame * 160 : frame * 160 + 400].astype(np.float64)
    samples = samples - samples.mean()
    emphasised = samples - 0.97 * np.array([samples[0], *samples[:-1]])
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 399)
    turns = np.outer(np.arange(256), np.arange(400)) / 512
    power = abs(np.exp(-2j * np.pi * turns) @ (emphasised * hann**0.85)) ** 2
    step = (mel(8000) - mel(20)) / 81
    bands = np.zeros(80)
    for band in range(80):
        for k in range(256):
            distance = (mel(k * 16000 / 512) - mel(20)) / step - (band + 1)
            bands[band] += max(0, 1 - abs(distance)) * power[k]
    return np.log(bands)


def test_it_is_kaldis_definition():
    # Falls in level, so that soft frames are compared too.
    wave = np.random.default_rng(3).normal(0, 0.1, 8000) * np.geomspace(1, 0.05, 8000)
    found = filterbank(wave)
    assert found.dtype == np.float32
    assert found.shape == (1 + (8000 - 400) // 160, 80)
    for frame in (0, 17, 47):
        np.testing.assert_allclose(found[frame], defined(wave, frame), atol=2e-3)


def test_minutes_are_the_same_as_their_pieces():
    wave = np.random.default_rng(4).normal(0, 0.1, 160 * 1300).astype(np.float32)
    whole, piece = filterbank(wave), filterbank(wave[160 * 500 : 160 * 600])
    np.testing.assert_allclose(whole[500 : 500 + len(piece)], piece, atol=1e-5)


def test_silence_is_the_floor_and_a_level_moves_all_bands_alike():
    floor = np.log(np.finfo(np.float32).eps)
    np.testing.assert_allclose(filterbank(np.full(800, 0.2)), floor, rtol=1e-6)
    wave = np.random.default_rng(5).normal(0, 0.1, 1600)
    louder = filterbank(4 * wave) - filterbank(wave)
    np.testing.assert_allclose(louder, np.log(16), atol=1e-3)


def test_less_than_a_frame_is_refused():
    assert filterbank(np.zeros(400)).shape == (1, 80)
    with pytest.raises(ValueError, match="399 samples"):
        filterbank(np.zeros(399))
