"""Spectral figures of sounds whose spectrum is known."""

import librosa
import numpy as np
import pytest

from moksori.audio.descriptors import mfcc_means, spectral_centroid, spectral_rolloff

RATE = 24000
FIGURES = (spectral_centroid, spectral_rolloff, mfcc_means)


def tone(hertz: float, height: float = 0.5, seconds: float = 1.0, rate: int = RATE):
    time = np.arange(round(seconds * rate)) / rate
    return height * np.sin(2 * np.pi * hertz * time)


def noise(height: float = 0.1, seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    drawn = np.random.default_rng(3).standard_normal(round(seconds * rate))
    return height * drawn


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 24000, 48000])
@pytest.mark.parametrize("hertz", [200.0, 1000.0, 3210.0])
def test_all_of_a_tone_is_where_it_is(hertz, rate):
    wave = tone(hertz, rate=rate)
    # A window of 25 ms spreads a tone over bins 40 Hz to each side.
    assert spectral_centroid(wave, rate) == pytest.approx(hertz, abs=10)
    assert spectral_rolloff(wave, rate) == pytest.approx(hertz, abs=50)


def test_the_centroid_weighs_by_power():
    # Powers 1 and 1/4: (1000 + 3000 / 4) / (1 + 1 / 4).
    wave = tone(1000) + tone(3000, 0.25)
    assert spectral_centroid(wave, RATE) == pytest.approx(1400, abs=10)
    # One after the other weighs as one with the other does.
    after = np.concatenate([tone(1000), tone(3000, 0.25)])
    assert spectral_centroid(after, RATE) == pytest.approx(1400, abs=20)


def test_the_rolloff_is_where_the_share_of_the_power_is_reached():
    wave = tone(1000) + tone(3000, 0.25)  # four fifths and one fifth
    assert spectral_rolloff(wave, RATE, 0.79) == pytest.approx(1000, abs=80)
    assert spectral_rolloff(wave, RATE) == pytest.approx(3000, abs=80)


@pytest.mark.parametrize("rate", [8000, 22050, 48000])
def test_noise_is_spread_evenly(rate):
    wave = noise(rate=rate)
    assert spectral_centroid(wave, rate) == pytest.approx(rate / 4, rel=0.02)
    assert spectral_rolloff(wave, rate) == pytest.approx(0.85 * rate / 2, rel=0.02)
    assert spectral_rolloff(wave, rate, 0.5) == pytest.approx(rate / 4, rel=0.02)


@pytest.mark.parametrize("figure", FIGURES)
def test_only_frames_with_speech_count(figure):
    speech = tone(500) + noise(0.02)
    hiss = np.random.default_rng(4).standard_normal(3 * RATE) * 1e-3
    found = figure(np.concatenate([hiss, speech, hiss]), RATE)
    assert found == pytest.approx(figure(speech, RATE), rel=0.05, abs=1)


@pytest.mark.parametrize("figure", [spectral_centroid, spectral_rolloff])
def test_the_level_does_not_count(figure):
    wave = tone(500) + noise()
    assert figure(0.01 * wave, RATE) == pytest.approx(figure(wave, RATE), rel=1e-3)


def test_only_the_first_coefficient_follows_the_level():
    wave = tone(500) + noise()
    loud, quiet = mfcc_means(wave, RATE), mfcc_means(wave / 10, RATE)
    # 20 dB in each of 40 bands, by an orthonormal transform.
    assert (loud - quiet)[0] == pytest.approx(20 * np.sqrt(40), abs=0.01)
    assert quiet[1:] == pytest.approx(loud[1:], abs=1e-3)


def test_more_treble_raises_every_figure():
    bright = np.diff(noise(), prepend=0)
    assert spectral_centroid(bright, RATE) > 1.3 * spectral_centroid(noise(), RATE)
    assert spectral_rolloff(bright, RATE) > 1.05 * spectral_rolloff(noise(), RATE)
    assert mfcc_means(bright, RATE)[1] < mfcc_means(noise(), RATE)[1] - 30


def test_what_librosa_says_itself():
    wave = (tone(700) + tone(2500, 0.2) + noise(0.05)).astype(np.float32)
    how = {"n_fft": 1024, "win_length": 600, "hop_length": 240}
    power = np.abs(librosa.stft(wave, **how)) ** 2
    centroids = librosa.feature.spectral_centroid(S=power, sr=RATE)[0]
    rolloffs = librosa.feature.spectral_rolloff(S=power, sr=RATE)[0]
    inner = slice(5, -5)
    found = spectral_centroid(wave, RATE)
    assert found == pytest.approx(centroids[inner].mean(), rel=0.02)
    found = spectral_rolloff(wave, RATE)
    assert found == pytest.approx(np.median(rolloffs[inner]), rel=0.05)
    mfcc = librosa.feature.mfcc(y=wave, sr=RATE, n_mfcc=13, n_mels=40, **how)
    assert mfcc_means(wave, RATE) == pytest.approx(mfcc.mean(axis=1), abs=0.5)


def test_a_long_recording_is_looked_at_evenly(monkeypatch):
    frames, transform = [], librosa.stft

    def counted(*args, **kwargs):
        spectra = transform(*args, **kwargs)
        frames.append(spectra.shape[1])
        return spectra

    monkeypatch.setattr(librosa, "stft", counted)
    rate = 8000
    halves = tone(500, seconds=90, rate=rate), tone(1500, seconds=90, rate=rate)
    found = spectral_centroid(np.concatenate(halves), rate)
    assert found == pytest.approx(1000, abs=10)
    assert frames == [pytest.approx(6000, abs=100)]


def test_thirteen_of_any_wave():
    for wave in (tone(500), noise(seconds=0.01), np.full(1, 0.5), noise(rate=8000)):
        found = mfcc_means(wave, RATE)
        assert found.shape == (13,)
        assert np.isfinite(found).all()


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("wave", [np.zeros(0), np.zeros(RATE), np.full(RATE, 1e-5)])
def test_silence_has_no_spectrum(figure, wave):
    assert np.isnan(figure(wave, RATE)).all()


@pytest.mark.parametrize("figure", FIGURES)
def test_what_is_no_wave_is_refused(figure):
    with pytest.raises(ValueError, match="samples"):
        figure(np.zeros((2, 9)), RATE)


@pytest.mark.parametrize("share", [0.0, 1.0, 85])
def test_what_is_no_share_is_refused(share):
    with pytest.raises(ValueError, match="between 0 and 1"):
        spectral_rolloff(tone(500), RATE, share)
