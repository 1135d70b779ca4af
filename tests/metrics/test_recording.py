"""The features of recordings of which they are known."""

import json
from pathlib import Path

import numpy as np
import pytest

from moksori.audio.files import decode, load
from moksori.metrics.recording import describe
from tests.metrics.made_voice import RATE, silence, speak

ZEROTH = Path(__file__).parents[3] / "shared/data/zeroth_sample"
NAMES = [
    "duration_seconds",
    "sample_rate",
    "pitch_hertz_median",
    "pitch_hertz_range",
    "voiced_share",
    "spectral_centroid_hertz",
    "spectral_rolloff_hertz",
    "mfcc_means",
    "level_decibel",
    "loudness_lufs",
    "peak_decibel",
    "clipped_share",
    "signal_to_noise_decibel",
]


def sine(hertz: float, height: float, seconds: float = 2.0) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return height * np.sin(2 * np.pi * hertz * time)


def noise(decibel: float, samples: int) -> np.ndarray:
    drawn = np.random.default_rng(2).standard_normal(samples)
    return drawn * 10 ** (decibel / 20)


def test_a_sine():
    found = describe(sine(200.0, 0.1), RATE)
    assert list(found) == NAMES
    assert found["duration_seconds"] == 2.0
    assert found["sample_rate"] == RATE
    assert found["pitch_hertz_median"] == pytest.approx(200, abs=0.2)
    assert found["pitch_hertz_range"] == pytest.approx([200, 200], abs=1)
    assert found["voiced_share"] > 0.99
    assert found["spectral_centroid_hertz"] == pytest.approx(200, abs=10)
    assert found["spectral_rolloff_hertz"] == pytest.approx(200, abs=50)
    assert found["level_decibel"] == pytest.approx(-23.0, abs=0.05)
    assert found["peak_decibel"] == -20.0
    assert found["clipped_share"] == 0


def test_the_loudness_is_that_of_the_standard():
    # ITU-R BS.1770-4: a sine of 997 Hz at full scale, in one channel, has -3.01 LUFS.
    found = describe(sine(997.0, 0.1), RATE)["loudness_lufs"]
    assert found == pytest.approx(-23.01, abs=0.15)  # it was rounded


def test_noise():
    found = describe(noise(-20, 2 * RATE), RATE)
    assert found["pitch_hertz_median"] is None
    assert found["pitch_hertz_range"] == [None, None]
    assert found["voiced_share"] == 0
    assert found["spectral_centroid_hertz"] == pytest.approx(RATE / 4, rel=0.02)
    assert found["spectral_rolloff_hertz"] == pytest.approx(0.425 * RATE, rel=0.02)
    assert found["level_decibel"] == pytest.approx(-20.0, abs=0.1)


@pytest.mark.parametrize("ratio", [10, 20, 40])
def test_the_noise_in_the_pauses_tells_the_ratio(ratio):
    speech = np.concatenate([sine(200.0, 0.1), silence(0.5), sine(300.0, 0.1)])
    found = describe(speech + noise(-23.01 - ratio, speech.size), RATE)
    assert found["signal_to_noise_decibel"] == pytest.approx(ratio, abs=1.5)


def test_a_voice_and_its_range():
    # An octave downwards, evenly in octaves: the percentiles are those of the glide.
    found = describe(speak("aoeia", 0.5, hertz=200.0, fall=1.0), RATE)
    middle, (low, high) = found["pitch_hertz_median"], found["pitch_hertz_range"]
    assert middle == pytest.approx(200 / 2**0.5, rel=0.02)
    assert low == pytest.approx(200 / 2**0.95, rel=0.02)
    assert high == pytest.approx(200 / 2**0.05, rel=0.02)
    assert 0.9 < found["voiced_share"] <= 1
    assert 200 < found["spectral_centroid_hertz"] < 1500


def test_the_voiced_share_is_that_of_the_recording():
    wave = np.concatenate([sine(150.0, 0.1, 1.5), silence(4.5)])
    assert describe(wave, RATE)["voiced_share"] == pytest.approx(0.25, abs=0.01)


def test_pauses_leave_the_spectrum_as_it_is():
    voice = speak("aoe")
    pauses = np.concatenate([silence(1), voice, silence(1)])
    plain, paused = describe(voice, RATE), describe(pauses, RATE)
    for name in ("spectral_centroid_hertz", "spectral_rolloff_hertz", "mfcc_means"):
        assert paused[name] == pytest.approx(plain[name], rel=0.1, abs=1), name


def test_what_stands_at_the_ceiling_is_clipped():
    wave = np.clip(sine(200.0, 2.0), -1, 1)
    found = describe(wave, RATE)
    # Above half of its height a sine is from 30 to 150 degrees: 41 of 60 samples.
    assert found["clipped_share"] == pytest.approx(41 / 60, abs=1e-6)
    assert found["peak_decibel"] == 0.0
    assert str(found["peak_decibel"]) == "0.0"


def test_the_rate_is_that_of_the_file():
    found = describe(sine(200.0, 0.1), RATE, original_rate=44100)
    assert found["sample_rate"] == 44100
    assert found["duration_seconds"] == 2.0


@pytest.mark.parametrize("wave", [np.zeros(0), np.zeros(RATE), speak("ao", seconds=1)])
def test_the_answer_is_plain(wave):
    found = describe(wave, RATE)
    assert list(found) == NAMES
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert len(found["mfcc_means"]) == 13


def test_silence_has_no_features_but_its_level():
    found = describe(np.zeros(RATE), RATE)
    assert found["level_decibel"] == found["peak_decibel"] == -120
    assert found["loudness_lufs"] is None
    assert found["spectral_centroid_hertz"] is None
    assert found["mfcc_means"] == [None] * 13
    assert found["voiced_share"] == found["signal_to_noise_decibel"] == 0


@pytest.mark.parametrize(
    ("wave", "words"),
    [(np.zeros((9, 2)), r"\[samples\]"), (np.array([0.1, np.inf]), "not finite")],
)
def test_what_is_no_wave_is_refused(wave, words):
    with pytest.raises(ValueError, match=words):
        describe(wave, RATE)


@pytest.mark.skipif(not ZEROTH.is_dir(), reason="the sample is not on this machine")
def test_read_speech():
    path = min(ZEROTH.rglob("*.flac"))
    wave, rate = decode(path)
    found = describe(wave, rate)
    assert found["sample_rate"] == 16000
    assert 90 < found["pitch_hertz_range"][0] < found["pitch_hertz_median"] < 160
    assert 0.4 < found["voiced_share"] < 0.8
    assert 400 < found["spectral_centroid_hertz"] < 1200
    assert found["spectral_centroid_hertz"] < found["spectral_rolloff_hertz"] < 2000
    assert -30 < found["loudness_lufs"] < -15
    assert found["signal_to_noise_decibel"] > 40
    again = describe(load(path, RATE), RATE, rate)
    for name in ("pitch_hertz_median", "spectral_centroid_hertz", "level_decibel"):
        assert again[name] == pytest.approx(found[name], rel=0.01), name
