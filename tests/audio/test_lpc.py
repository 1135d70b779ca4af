"""Linear prediction from mels: white residuals, and the way back."""

import numpy as np
import pytest
from scipy import linalg, signal

import hparams
from moksori.audio import lattice
from moksori.audio.lpc import LinearPrediction
from moksori.audio.spectrum import mel_spectrogram

AUDIO = hparams.preset("tiny").audio
HOP = AUDIO.hop_length
PREDICTION = LinearPrediction(AUDIO, 16)


@pytest.fixture(scope="module")
def wave():
    """Noise through two resonances, the second of which comes in half-way."""
    random = np.random.default_rng(0)
    noise = random.normal(0, 0.01, 40 * HOP)
    poles = [
        0.95 * np.exp(1j * np.pi * 0.2 * np.array([1, -1])),
        0.9 * np.exp(1j * np.pi * 0.6 * np.array([1, -1])),
    ]
    first = signal.lfilter([1], np.poly(poles[0]).real, noise)
    first[20 * HOP :] += signal.lfilter([1], np.poly(poles[1]).real, noise)[20 * HOP :]
    return first.astype(np.float32)


@pytest.fixture(scope="module")
def mel(wave):
    return mel_spectrogram(wave, AUDIO)


def flatness(wave) -> float:
    """Geometric over arithmetic mean of a power spectrum, 1 for white noise."""
    _, power = signal.welch(wave, nperseg=128)
    return float(np.exp(np.mean(np.log(power[2:-2]))) / np.mean(power[2:-2]))


def test_reflections_are_those_of_the_normal_equations():
    random = np.random.default_rng(1)
    power = random.uniform(0.1, 2, (3, 65))
    correlation = np.fft.irfft(power)[:, :13]
    for row, found in zip(correlation, lattice.reflections(correlation), strict=True):
        # The last reflection coefficient is the last tap of that order's predictor.
        for order in (1, 5, 12):
            taps = linalg.solve_toeplitz(row[:order], -row[1 : order + 1])
            assert found[order - 1] == pytest.approx(taps[-1], abs=1e-9)


def test_power_is_that_of_the_wave():
    """White noise without pre-emphasis: its variance at every frequency."""
    flat = hparams.preset("tiny").override(["audio.preemphasis=0"]).audio
    noise = np.random.default_rng(2).normal(0, 0.1, 100 * HOP).astype(np.float32)
    power = LinearPrediction(flat, 16).power(mel_spectrogram(noise, flat))
    assert power[5:-5].mean() == pytest.approx(0.01, rel=0.3)


def test_the_residual_is_white_and_of_unit_variance(wave, mel):
    residual = PREDICTION.whiten(wave, mel)
    assert residual.dtype == np.float32
    for half in (slice(3 * HOP, 18 * HOP), slice(22 * HOP, 38 * HOP)):
        assert np.std(residual[half]) == pytest.approx(1, rel=0.3)
        assert flatness(residual[half]) > 0.75
        assert flatness(wave[half]) < 0.4


def test_there_and_back(wave, mel):
    back = PREDICTION.shape(PREDICTION.whiten(wave, mel), mel)
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, wave, atol=2e-6)


@pytest.mark.parametrize("size", [1, 7, 16, 1000])
def test_in_pieces_it_is_the_same_wave(wave, mel, size):
    residual = PREDICTION.whiten(wave, mel)[: 5 * HOP]
    shape = PREDICTION.shaper(mel)
    pieces = [shape(residual[i : i + size]) for i in range(0, residual.size, size)]
    whole = PREDICTION.shape(residual, mel)
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


def test_noise_takes_the_spectrum_of_the_mel(wave, mel):
    noise = np.random.default_rng(3).standard_normal(wave.size).astype(np.float32)
    shaped = mel_spectrogram(PREDICTION.shape(noise, mel), AUDIO)
    # In units of the mels, 12.5 dB each.
    assert np.abs((shaped - mel)[2:-2].mean(axis=0)).max() < 0.35


def test_a_stretch_is_a_part_of_the_whole(wave, mel):
    whole = PREDICTION.whiten(wave, mel)
    part = PREDICTION.whiten(wave[10 * HOP : 16 * HOP], mel[10:16])
    start, end = HOP, 5 * HOP
    found, expected = part[start:end], whole[10 * HOP + start : 10 * HOP + end]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_a_frame_of_samples_no_block_divides():
    """Its predictors change at a divisor of the hop, so that stretches agree."""
    audio = hparams.preset("korean").audio
    wave = np.random.default_rng(4).normal(0, 0.1, 12 * 300).astype(np.float32)
    mel, prediction = mel_spectrogram(wave, audio), LinearPrediction(audio, 20)
    whole = prediction.whiten(wave, mel)
    part = prediction.whiten(wave[900:], mel[3:])
    np.testing.assert_allclose(part[300:], whole[1200:], rtol=1e-4, atol=1e-5)


def test_silence_stays_finite():
    mel = np.full((4, AUDIO.mels), -AUDIO.mel_range, np.float32)
    silence = np.zeros(4 * HOP, np.float32)
    assert not PREDICTION.whiten(silence, mel).any()
    loud = PREDICTION.shape(np.ones(4 * HOP, np.float32), mel)
    assert np.abs(loud).max() < 0.1


def test_no_mel_makes_it_burst():
    """Bands that jump between floor and ceiling are no louder than the ceiling."""
    audio = hparams.preset("demo").audio
    random = np.random.default_rng(5)
    noise = random.standard_normal(60 * audio.hop_length).astype(np.float32)
    prediction, size = LinearPrediction(audio, 64), (60, audio.mels)
    ceiling = np.full(size, audio.mel_range, np.float32)
    jumps = np.where(random.random(size) < 0.5, -ceiling, ceiling)
    loudest = np.abs(prediction.shape(noise, ceiling)).max()
    wave = prediction.shape(noise, jumps)
    assert np.abs(wave).max() < loudest
    np.testing.assert_allclose(prediction.whiten(wave, jumps), noise, atol=5e-3)
