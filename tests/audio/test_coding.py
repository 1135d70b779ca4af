"""What a vocoder models, and that a wave comes back from it."""

import numpy as np
import pytest

import hparams
from moksori.audio.coding import Coding
from moksori.audio.companding import compress, preemphasize
from moksori.audio.lpc import LinearPrediction
from moksori.audio.spectrum import mel_spectrogram

AUDIO = hparams.preset("tiny").audio
PREDICTION = LinearPrediction(AUDIO, 12)
FULL_BAND = [
    *(Coding(emphasis, few) for emphasis in (0.0, 0.85) for few in (False, True)),
    *(Coding(0.0, few, prediction=PREDICTION) for few in (False, True)),
]
CODINGS = [
    *FULL_BAND,
    Coding(0.85, bands=4),
    Coding(0.0, bands=4, prediction=PREDICTION),
]


def tone(samples: int = 4096) -> np.ndarray:
    """Three tones and a little noise, whose pre-emphasis stays within full scale."""
    time = np.arange(samples) / 8000
    wave = sum(np.sin(2 * np.pi * pitch * time) for pitch in (80, 150, 410))
    noise = np.random.default_rng(0).normal(0, 0.01, samples)
    return (0.25 * wave + noise).astype(np.float32)


MEL = mel_spectrogram(tone(), AUDIO)


@pytest.mark.parametrize("coding", FULL_BAND)
def test_there_and_back(coding):
    wave = tone()
    signal = coding.encode(wave, MEL)
    assert signal.dtype == np.float32
    assert signal.shape == (wave.size, 1)
    assert np.abs(signal).max() <= 1.0
    back = coding.decode(signal, MEL)
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, wave, atol=3e-6)


@pytest.mark.parametrize("coding", CODINGS[len(FULL_BAND) :])
def test_bands_come_back_but_for_the_ends(coding):
    wave, inside = tone(), slice(200, -200)
    signal = coding.encode(wave, MEL)
    assert signal.dtype == np.float32
    assert signal.shape == (wave.size // 4, 4)
    assert np.abs(signal).max() < 1.0
    back = coding.decode(signal, MEL)
    assert back.shape == wave.shape
    error = np.mean(np.square((back - wave)[inside])) / np.mean(np.square(wave))
    assert 10 * np.log10(error) < -50


def test_the_deviation_is_that_of_noise_through_the_prediction():
    noise = np.random.default_rng(1).normal(0, 0.1, 100 * 128).astype(np.float32)
    mel = mel_spectrogram(noise, AUDIO)
    for bands in (1, 4):
        coding = Coding(0.0, bands=bands, prediction=PREDICTION)
        found = np.std(coding.encode(noise, mel), axis=0)
        np.testing.assert_allclose(found, coding.deviation, rtol=0.25)
    assert Coding(0.85).deviation == 1.0


@pytest.mark.parametrize("coding", CODINGS)
def test_a_step_depends_on_the_samples_around_it_alone(coding):
    wave, step = tone(), 2000 // coding.bands
    usual = coding.encode(wave, MEL)[step]
    first, last = 2000 - coding.before, 2000 + coding.bands + coding.after
    wave[: first - 1] = 0.0
    wave[last:] = 0.0
    found = coding.encode(wave, MEL)[step]
    np.testing.assert_allclose(found, usual, atol=1e-6)


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_in_pieces_it_is_the_same_wave(coding, size):
    signal = coding.encode(tone(), MEL)
    pieces = (signal[i : i + size] for i in range(0, len(signal), size))
    found = np.concatenate(list(coding.decode_pieces(pieces, MEL)))
    np.testing.assert_allclose(found, coding.decode(signal, MEL), atol=1e-6)


@pytest.mark.parametrize("coding", CODINGS)
def test_each_decoder_begins_in_silence(coding):
    signal = coding.encode(tone(), MEL)
    first = coding.decode(signal, MEL)
    np.testing.assert_array_equal(coding.decode(signal, MEL), first)


@pytest.mark.parametrize("coding", CODINGS)
def test_silence_is_the_signal_zero(coding):
    silence = np.zeros(52, np.float32)
    signal = coding.encode(silence, MEL[:1])
    assert not signal.any()
    np.testing.assert_array_equal(coding.decode(signal, MEL[:1]), silence)


@pytest.mark.parametrize("coding", CODINGS)
def test_the_callers_array_stays_as_it_is(coding):
    wave = tone()
    kept = wave.copy()
    signal = coding.encode(wave, MEL)
    held = signal.copy()
    coding.decode(signal, MEL)
    np.testing.assert_array_equal(wave, kept)
    np.testing.assert_array_equal(signal, held)


def test_emphasis_comes_before_companding():
    wave = tone()
    sharp = preemphasize(wave, 0.85)
    for companded, expected in ((False, sharp), (True, compress(sharp))):
        found = Coding(0.85, companded).encode(wave)
        np.testing.assert_array_equal(found[:, 0], expected)


def test_both_ways_end_at_full_scale():
    jump = np.array([-1, 1, 1, -1], np.float32)
    for companded in (False, True):
        coding = Coding(0.85, companded)
        assert coding.encode(jump).tolist()[:2] == [[-1.0], [1.0]]
        loud = coding.decode(np.ones((100, 1), np.float32))
        np.testing.assert_array_equal(loud, 1.0)


@pytest.mark.parametrize("distribution", ["categorical", "logistic", "gaussian"])
def test_few_levels_are_companded(distribution):
    settings = hparams.preset("tiny").override(
        [f"wavenet.distribution={distribution}", "wavenet.preemphasis=0.5"]
    )
    expected = Coding(0.5, companded=distribution == "categorical")
    assert Coding.of(settings) == expected


def test_bands_and_prediction_are_settings():
    settings = hparams.preset("tiny").override(
        [
            "wavenet.bands=4",
            "wavenet.lpc_order=12",
            "wavenet.upsample=[4,8]",
            "wavenet.distribution=logistic",
        ]
    )
    assert Coding.of(settings) == Coding(0.85, bands=4, prediction=PREDICTION)
