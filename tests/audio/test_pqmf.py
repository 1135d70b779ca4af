"""The filter bank: what is split comes back, each band holds its own part."""

import numpy as np
import pytest

from moksori.audio import pqmf

BANDS = (2, 3, 4, 8)


def noise(samples: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.2, samples).astype(np.float32)


def decibels(wave, error) -> float:
    return 10 * np.log10(np.mean(np.square(wave)) / np.mean(np.square(error)))


@pytest.mark.parametrize("bands", BANDS)
def test_the_wave_comes_back(bands):
    wave, reach = noise(400 * bands), 2 * pqmf.reach(bands)
    signal = pqmf.analyse(wave, bands)
    assert signal.shape == (400, bands)
    assert signal.dtype == np.float32
    back = pqmf.synthesise(signal, bands)
    assert back.shape == wave.shape
    inside = slice(reach, -reach)
    assert decibels(wave[inside], (back - wave)[inside]) > 58


@pytest.mark.parametrize("size", [1, 3, 50])
def test_in_pieces_it_is_the_same_wave(size):
    signal = pqmf.analyse(noise(800), 4)
    pieces = [signal[i : i + size] for i in range(0, len(signal), size)]
    found = np.concatenate(list(pqmf.synthesise_pieces(pieces, 4)))
    np.testing.assert_allclose(found, pqmf.synthesise(signal, 4), atol=1e-7)


def test_a_tone_is_in_its_band_and_keeps_its_amplitude():
    time = np.arange(4000)
    for band in range(4):
        tone = 0.5 * np.sin(np.pi * (band + 0.5) / 4 * time).astype(np.float32)
        spread = np.std(pqmf.analyse(tone, 4)[50:-50], axis=0)
        assert spread[band] == pytest.approx(0.5 * np.sqrt(0.5), rel=0.01)
        assert np.delete(spread, band).max() < 1e-3


def test_a_step_depends_on_no_more_than_the_reach():
    wave, reach = noise(800), pqmf.reach(4)
    step = 100
    usual, changed = pqmf.analyse(wave, 4), wave.copy()
    changed[: 4 * step - reach] = 0
    changed[4 * step + reach + 1 :] = 0
    found = pqmf.analyse(changed, 4)
    np.testing.assert_allclose(found[step], usual[step], atol=1e-7)
    changed[4 * step - reach] += 1.0
    assert np.abs(pqmf.analyse(changed, 4)[step] - usual[step]).max() > 1e-6


@pytest.mark.parametrize("samples", [0, 1, 6])
def test_short_waves(samples):
    signal = pqmf.analyse(noise(samples), 4)
    assert signal.shape == (-(-samples // 4), 4)
    assert pqmf.synthesise(signal, 4).shape == (4 * len(signal),)
