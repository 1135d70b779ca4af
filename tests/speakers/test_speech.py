"""Speech is found where it is, and nothing else is taken for it."""

import numpy as np
import pytest

from moksori.demo.corpus import SAMPLE_RATE as RATE
from moksori.demo.corpus import SPEAKERS, synthesize
from moksori.speakers.bandwidth import Band
from moksori.speakers.speech import (
    HIGHEST_SNR,
    SAMPLE_RATE,
    NoSpeech,
    SpeechDetector,
    cut_speech,
    find_speech,
)

NOISE = np.random.default_rng(2)


@pytest.fixture(scope="module")
def detector(speakers_installed):
    return SpeechDetector()


@pytest.fixture(scope="module")
def sentence():
    text = "오늘은 바람이 많이 불어서 나뭇잎이 자꾸 떨어집니다."
    return synthesize(text, SPEAKERS[0])


def after_silence(wave: np.ndarray, seconds: float = 2.0) -> np.ndarray:
    """Return a wave with silence on both sides."""
    return np.pad(wave, int(seconds * RATE))


def test_speech_is_found_where_it_is(detector, sentence):
    padded = after_silence(sentence)
    speech = find_speech(padded, RATE, detector)
    assert speech.wave.dtype == np.float32
    quality = speech.quality
    assert quality.seconds == pytest.approx(len(padded) / RATE)
    assert quality.speech_seconds == pytest.approx(len(sentence) / RATE, abs=0.5)
    assert quality.speech_seconds == len(speech.wave) / SAMPLE_RATE
    power = 10 * np.log10(np.mean(speech.wave**2))
    assert quality.level_db == pytest.approx(power, abs=0.01)
    assert quality.band is Band.WIDE


def test_spans_are_in_order_apart_and_inside(detector, sentence):
    resampled = np.interp(
        np.arange(0, len(sentence), RATE / SAMPLE_RATE),
        np.arange(len(sentence)),
        sentence,
    )
    pause = np.zeros(SAMPLE_RATE)
    wave = np.concatenate([resampled, pause, resampled])
    spans = detector.spans(wave)
    edges = np.ravel(spans)
    assert len(spans) >= 2
    assert edges[0] >= 0
    assert edges[-1] <= len(wave)
    assert (np.diff(edges) > 0).all()
    middle = len(resampled) + len(pause) // 2
    assert not any(start <= middle < end for start, end in spans)


def test_a_long_wave_is_heard_as_one(detector, sentence):
    # Longer than what is given to the network at a time.
    wave = np.tile(after_silence(sentence, 0.5), 8)
    whole = detector.probabilities(wave)
    assert len(whole) == -(-len(wave) // 512) > 1024
    begun = detector.probabilities(wave[: 1030 * 512])
    np.testing.assert_allclose(whole[:1030], begun, atol=1e-5)


def test_noise_lowers_the_ratio_by_as_much(detector, sentence):
    power = np.mean(sentence**2)
    ratios = []
    for decibel in (10, 20, 30):
        level = np.sqrt(power / 10 ** (decibel / 10))
        padded = after_silence(sentence)
        noisy = padded + NOISE.normal(0, level, len(padded))
        ratios.append(find_speech(noisy, RATE, detector).quality.snr_db)
    np.testing.assert_allclose(ratios, [10, 20, 30], atol=3)
    silent = find_speech(after_silence(sentence), RATE, detector)
    assert 15 < silent.quality.snr_db <= HIGHEST_SNR


def test_the_ratio_is_that_of_a_soft_recording_too(detector, sentence):
    padded = after_silence(sentence)
    noisy = padded + NOISE.normal(0, 0.003, len(padded))
    loud, soft = (find_speech(noisy * gain, RATE, detector) for gain in (1, 0.02))
    assert soft.quality.snr_db == pytest.approx(loud.quality.snr_db, abs=1)
    assert soft.quality.level_db == pytest.approx(loud.quality.level_db - 34, abs=1)


def test_clipping_is_seen_at_every_level(detector, sentence):
    peak = np.abs(sentence).max()
    clipped = np.clip(sentence, -peak / 8, peak / 8)
    clean, bad, soft = (
        find_speech(wave, RATE, detector).quality.clipped
        for wave in (sentence, clipped, 0.2 * clipped)
    )
    assert clean < 0.001
    assert bad > 0.05
    assert soft == pytest.approx(bad, abs=0.02)


def test_eight_kilohertz_are_a_telephone(detector, sentence):
    narrow = np.interp(
        np.arange(0, len(sentence), RATE / 8000), np.arange(len(sentence)), sentence
    )
    assert find_speech(narrow, 8000, detector).quality.band is Band.TELEPHONE


def melody(t: np.ndarray) -> np.ndarray:
    """Return notes of seven harmonics that die away, as of a piano."""
    hertz = np.array([262, 294, 330, 349, 392, 440, 494, 523])[(2 * t).astype(int) % 8]
    phase = 2 * np.pi * np.cumsum(hertz) / SAMPLE_RATE
    return sum(np.sin(k * phase) / k for k in range(1, 8)) * np.exp(-3 * (t % 0.5))


TIME = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
NOT_SPEECH = {
    "nothing": TIME[:0],
    "one sample": TIME[:1],
    "silence": 0 * TIME,
    "offset": 0 * TIME + 0.5,
    "white noise": NOISE.normal(0, 0.1, len(TIME)),
    "soft noise": NOISE.normal(0, 1e-4, len(TIME)),
    "tone": 0.5 * np.sin(2 * np.pi * 440 * TIME),
    "sweep": 0.5 * np.sin(2 * np.pi * (100 + 200 * TIME) * TIME),
    "hum": 0.3 * np.sign(np.sin(2 * np.pi * 120 * TIME)),
    "click": np.eye(1, len(TIME), 3000)[0],
    "melody": 0.2 * melody(TIME),
}


@pytest.mark.parametrize("name", NOT_SPEECH)
def test_other_sounds_are_not_speech(detector, name):
    with pytest.raises(NoSpeech):
        find_speech(NOT_SPEECH[name], SAMPLE_RATE, detector)


@pytest.mark.parametrize("wave", [np.full(16000, np.nan), np.zeros((2, 16000))])
def test_what_is_no_wave_is_refused(detector, wave):
    with pytest.raises(ValueError, match="finite numbers") as refused:
        find_speech(wave, SAMPLE_RATE, detector)
    assert not isinstance(refused.value, NoSpeech)


@pytest.mark.parametrize("samples", [0, 4096, 6000, 6656, 6700])
def test_words_shorter_than_the_pause_beside_them_are_measured(samples):
    wave = np.sin(np.arange(samples) / 5).astype(np.float32)
    if not samples:
        with pytest.raises(NoSpeech):
            cut_speech(wave, SAMPLE_RATE, wave, [])
        return
    speech = cut_speech(wave, SAMPLE_RATE, wave, [(0, samples)])
    assert speech.quality.snr_db <= HIGHEST_SNR
    assert speech.quality.speech_seconds == samples / SAMPLE_RATE
