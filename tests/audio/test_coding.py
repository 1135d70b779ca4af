"""What a vocoder models, and that a wave comes back from it."""

import numpy as np
import pytest

import hparams
from moksori.audio.coding import Coding
from moksori.audio.companding import compress, preemphasize

CODINGS = [
    Coding(preemphasis, companded)
    for preemphasis in (0.0, 0.85)
    for companded in (False, True)
]


def tone(samples: int = 4000) -> np.ndarray:
    """Three tones and a little noise, whose pre-emphasis stays within full scale."""
    time = np.arange(samples) / 8000
    wave = sum(np.sin(2 * np.pi * pitch * time) for pitch in (80, 150, 410))
    noise = np.random.default_rng(0).normal(0, 0.01, samples)
    return (0.25 * wave + noise).astype(np.float32)


@pytest.mark.parametrize("coding", CODINGS)
def test_there_and_back(coding):
    wave = tone()
    signal = coding.encode(wave)
    assert signal.dtype == np.float32
    assert signal.shape == wave.shape
    assert np.abs(signal).max() <= 1.0
    back = coding.decode(signal)
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, wave, atol=2e-6)


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_in_pieces_it_is_the_same_wave(coding, size):
    signal, decode = coding.encode(tone()), coding.decoder()
    pieces = [decode(signal[i : i + size]) for i in range(0, signal.size, size)]
    np.testing.assert_array_equal(np.concatenate(pieces), coding.decode(signal))


@pytest.mark.parametrize("coding", CODINGS)
def test_each_decoder_begins_in_silence(coding):
    signal = coding.encode(tone())
    first = coding.decode(signal)
    np.testing.assert_array_equal(coding.decode(signal), first)


@pytest.mark.parametrize("coding", CODINGS)
def test_silence_is_the_signal_zero(coding):
    silence = np.zeros(50, np.float32)
    np.testing.assert_array_equal(coding.encode(silence), silence)
    np.testing.assert_array_equal(coding.decode(silence), silence)


@pytest.mark.parametrize("coding", CODINGS)
def test_the_callers_array_stays_as_it_is(coding):
    wave = tone()
    kept = wave.copy()
    signal = coding.encode(wave)
    held = signal.copy()
    coding.decode(signal)
    np.testing.assert_array_equal(wave, kept)
    np.testing.assert_array_equal(signal, held)


def test_emphasis_comes_before_companding():
    wave = tone()
    sharp = preemphasize(wave, 0.85)
    np.testing.assert_array_equal(Coding(0.85, False).encode(wave), sharp)
    np.testing.assert_array_equal(Coding(0.85, True).encode(wave), compress(sharp))


def test_both_ways_end_at_full_scale():
    jump = np.array([-1, 1, 1, -1], np.float32)
    for companded in (False, True):
        coding = Coding(0.85, companded)
        assert coding.encode(jump).tolist()[:2] == [-1.0, 1.0]
        loud = coding.decode(np.ones(100, np.float32))
        np.testing.assert_array_equal(loud, 1.0)


@pytest.mark.parametrize("distribution", ["categorical", "logistic", "gaussian"])
def test_few_levels_are_companded(distribution):
    settings = hparams.preset("tiny").override(
        [f"wavenet.distribution={distribution}", "wavenet.preemphasis=0.5"]
    )
    expected = Coding(0.5, companded=distribution == "categorical")
    assert Coding.of(settings.wavenet) == expected
