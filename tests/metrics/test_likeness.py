"""Likeness of made voices, of which it is known in what they differ."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

import hparams
from moksori.audio.files import load
from moksori.audio.levels import trim
from moksori.audio.pitch import STEP_SECONDS, Track
from moksori.audio.spectrum import mel_spectrogram
from moksori.metrics import cepstral
from moksori.metrics.likeness import Likeness, likeness
from tests.metrics.made_voice import RATE, silence, speak

AUDIO = hparams.preset("korean").audio
SOUNDS = "asoi usea iuoso"
ZEROTH = Path(__file__).parents[3] / "shared/data/zeroth_sample"
SAME = {
    "cepstral_decibel": 0.0,
    "pitch_cents": 0.0,
    "gross_pitch_error": 0.0,
    "voicing_error": 0.0,
    "duration_ratio": 1.0,
}


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    assert AUDIO.sample_rate == RATE
    return speak(SOUNDS, fall=0.4)


def noise(wave: np.ndarray, decibel: float) -> np.ndarray:
    """White noise of a level relative to that of the wave."""
    drawn = np.random.default_rng(7).standard_normal(wave.size)
    return drawn * np.sqrt(np.mean(wave**2) * 10 ** (decibel / 10))


def test_a_voice_is_like_itself(voice):
    assert likeness(voice, voice, AUDIO).to_dict() == SAME


@pytest.mark.parametrize("gain", [3.0, 0.01])
def test_the_level_does_not_count(voice, gain):
    found = likeness(voice, gain * voice, AUDIO).to_dict()
    assert found == pytest.approx(SAME, abs=1e-3)


@pytest.mark.parametrize(("before", "after"), [(0.1, 0.0), (0.0, 0.7), (1.0, 0.005)])
def test_silence_around_it_does_not_count(voice, before, after):
    longer = np.concatenate([silence(before), voice, silence(after)])
    assert likeness(voice, longer, AUDIO).to_dict() == pytest.approx(SAME, abs=1e-3)
    assert likeness(longer, voice, AUDIO).to_dict() == pytest.approx(SAME, abs=1e-3)


def test_frames_that_begin_elsewhere_hardly_count(voice):
    found = likeness(voice, np.concatenate([silence(0.333), voice]), AUDIO)
    assert found.cepstral_decibel < 1
    assert found.pitch_cents < 5
    assert found.voicing_error < 0.03
    assert found.duration_ratio == pytest.approx(1, abs=0.005)


@pytest.mark.parametrize("cents", [100.0, -300.0])
def test_a_shifted_pitch(voice, cents):
    shifted = speak(SOUNDS, fall=0.4, hertz=120 * 2 ** (cents / 1200))
    found = likeness(voice, shifted, AUDIO)
    assert found.pitch_cents == pytest.approx(abs(cents), abs=2)
    assert found.voicing_error < 0.03
    assert found.cepstral_decibel < 1
    assert found.duration_ratio == 1


def test_slower_speech_differs_in_its_duration_alone(voice):
    slow = speak(SOUNDS, 0.26, fall=0.4)
    found = likeness(voice, slow, AUDIO)
    mels = (mel_spectrogram(wave, AUDIO) for wave in (voice, slow[: voice.size]))
    apart = cepstral.distortion(*mels, AUDIO)
    assert found.cepstral_decibel < 1 < apart / 10
    assert found.duration_ratio == pytest.approx(1.3, abs=0.01)
    assert found.pitch_cents < 5
    assert found.voicing_error < 0.03
    back = likeness(slow, voice, AUDIO)
    assert back.duration_ratio == pytest.approx(1 / found.duration_ratio)
    assert back.cepstral_decibel == pytest.approx(found.cepstral_decibel, abs=0.05)


def test_pitch_is_compared_where_the_sounds_are(voice):
    # Unevenly spoken; by its share of the duration the pitch would be far off.
    lengths = np.linspace(0.08, 0.4, len(SOUNDS))
    uneven = speak(SOUNDS, list(lengths), fall=0.4)
    found = likeness(voice, uneven, AUDIO)
    assert found.pitch_cents < 10
    assert found.voicing_error < 0.03
    assert found.duration_ratio == pytest.approx(lengths.mean() / 0.2, abs=0.02)
    # The same contour over time instead: what is said at a time has another pitch.
    flat = speak(SOUNDS, list(lengths))
    other = likeness(voice, flat, AUDIO)
    assert other.pitch_cents > 10 * found.pitch_cents
    assert other.gross_pitch_error > 0.2 > found.gross_pitch_error


def test_other_words_are_far_off(voice):
    slow = likeness(voice, speak(SOUNDS, 0.26, fall=0.4), AUDIO)
    other = likeness(voice, speak("eiuao sieao oeu", 0.26, fall=0.4), AUDIO)
    assert other.cepstral_decibel > 5 * slow.cepstral_decibel
    assert other.voicing_error > 5 * slow.voicing_error


def test_noise_is_no_voice(voice):
    found = likeness(voice, noise(voice, 0), AUDIO)
    assert found.voicing_error > 0.5
    assert np.isnan(found.pitch_cents)
    assert found.to_dict()["pitch_cents"] is None
    assert found.cepstral_decibel > 10


def test_figures_of_pitch_by_hand(voice, monkeypatch):
    """Tracks that are given, on a wave against itself: frames keep step."""
    silent = np.nan
    frames = round(voice.size / RATE / STEP_SECONDS)
    ours, theirs = np.full((2, frames), 100.0)
    theirs[: frames // 4] = silent
    theirs[frames // 2 :] = 200.0
    given = iter([Track(hertz, np.ones(frames)) for hertz in (ours, theirs)])
    target = "moksori.metrics.likeness.track"
    monkeypatch.setattr(target, lambda wave, rate: next(given))
    found = likeness(voice, voice, AUDIO)
    assert found.voicing_error == pytest.approx(1 / 4, abs=0.01)
    # An octave in two of the three quarters where both are voiced, else nothing.
    assert found.gross_pitch_error == pytest.approx(2 / 3, abs=0.01)
    assert found.pitch_cents == 0


def test_more_noise_is_less_like(voice):
    levels = (-60, -40, -20, 0)
    found = [likeness(voice, voice + noise(voice, db), AUDIO) for db in levels]
    distortions = [each.cepstral_decibel for each in found]
    assert distortions == sorted(distortions)
    assert distortions[-1] > 5 * distortions[0]


def test_the_distortion_is_the_aligned_one_of_the_speech():
    audio = dataclasses.replace(AUDIO, tail_seconds=0.0)
    around = silence(0.1)
    waves = [speak("aoi", fall=0.2), speak("asoi", 0.3, hertz=140.0)]
    waves = [np.concatenate((around, wave, around)) for wave in waves]
    speech = [trim(wave, audio) for wave in waves]
    found = likeness(*waves, AUDIO)
    level = 10 ** (-23 / 20)
    levelled = [wave * level / np.sqrt(np.mean(wave**2)) for wave in speech]
    mels = (mel_spectrogram(wave, AUDIO) for wave in levelled)
    wanted = cepstral.distortion(*mels, AUDIO, align=True)
    assert found.cepstral_decibel == pytest.approx(wanted, abs=1e-3)
    assert found.duration_ratio == speech[1].size / speech[0].size


@pytest.mark.parametrize("nothing", [np.zeros(RATE), np.zeros(0), np.full(RATE, 1e-6)])
def test_silence_is_refused(voice, nothing):
    with pytest.raises(ValueError, match="the reference wave is silent"):
        likeness(nothing, voice, AUDIO)
    with pytest.raises(ValueError, match="the other wave is silent"):
        likeness(voice, nothing, AUDIO)


@pytest.mark.parametrize(
    ("wave", "words"),
    [(np.zeros((2, 9)), r"\[samples\]"), (np.array([0.1, np.nan]), "not finite")],
)
def test_what_is_no_wave_is_refused(voice, wave, words):
    with pytest.raises(ValueError, match=words):
        likeness(voice, wave, AUDIO)


def test_the_shortest_sound_can_be_compared(voice):
    found = likeness(voice, np.full(3, 0.5), AUDIO)
    assert found.duration_ratio < 0.02
    assert np.isfinite(found.cepstral_decibel)


def test_other_settings(voice):
    audio = hparams.preset("tiny").audio
    slow = speak(SOUNDS, 0.26, fall=0.4)
    ours, theirs = (w[:: RATE // audio.sample_rate] for w in (voice, slow))
    found = likeness(ours, theirs, audio)
    assert found.duration_ratio == pytest.approx(1.3, abs=0.01)
    assert found.pitch_cents < 15


def test_the_figures_are_rounded_for_json():
    found = Likeness(1.23456789, float("nan"), 0.25, np.float64(1 / 3), 1)
    assert json.loads(json.dumps(found.to_dict())) == {
        "cepstral_decibel": 1.2346,
        "pitch_cents": None,
        "gross_pitch_error": 0.25,
        "voicing_error": 0.3333,
        "duration_ratio": 1,
    }


@pytest.mark.skipif(not ZEROTH.is_dir(), reason="the sample is not on this machine")
def test_read_speech():
    waves = [load(path, RATE) for path in sorted(ZEROTH.rglob("*.flac"))[:3]]
    for wave, other in zip(waves, waves[1:] + waves[:1], strict=True):
        moved = likeness(wave, np.concatenate([silence(0.203), wave]), AUDIO)
        noisy = likeness(wave, wave + noise(wave, -30), AUDIO)
        another = likeness(wave, other, AUDIO)
        assert moved.cepstral_decibel < 1
        assert 4 < noisy.cepstral_decibel < 7
        assert 9 < another.cepstral_decibel < 12
        assert moved.voicing_error < noisy.voicing_error + 0.03 < another.voicing_error
