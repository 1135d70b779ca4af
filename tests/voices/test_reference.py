import numpy as np
import pytest

from moksori.audio.files import AudioError, save
from moksori.audio.levels import loudness
from moksori.voices.speech import VoiceError
from moksori.voices.xtts.reference import LEAST_SECONDS, RATE, prepare
from tests.tiny_xtts import recording, voice


def test_speech_is_trimmed_and_levelled(tmp_path):
    wave = np.concatenate([np.zeros(RATE), 0.05 * voice(5), np.zeros(2 * RATE)])
    save(tmp_path / "quiet.wav", wave, RATE)
    reference = prepare([tmp_path / "quiet.wav"])
    (heard,) = reference.waves
    assert heard.dtype == np.float32
    assert len(heard) / RATE == pytest.approx(reference.seconds)
    assert 4.0 < reference.seconds < 5.3
    assert loudness(heard, RATE) == pytest.approx(-23, abs=0.5)
    assert reference.files == ("quiet.wav",)
    assert reference.warnings == ()


@pytest.mark.parametrize("rate", [8000, 16000, 48000])
def test_sample_rates_give_the_same_speech(tmp_path, rate):
    at_ours = prepare([recording(tmp_path / "ours.wav")])
    other = prepare([recording(tmp_path / "other.wav", rate=rate)])
    assert other.seconds == pytest.approx(at_ours.seconds, abs=0.05)


def test_stereo_flac_is_read(tmp_path):
    import soundfile

    wave = voice(4)
    soundfile.write(tmp_path / "me.flac", np.stack([wave, wave], axis=1), RATE)
    assert prepare([tmp_path / "me.flac"]).seconds == pytest.approx(
        prepare([recording(tmp_path / "me.wav")]).seconds, abs=0.02
    )


def test_short_speech_is_repeated_with_a_warning(tmp_path):
    path = recording(tmp_path / "short.wav", 1.0)
    reference = prepare([path])
    (heard,) = reference.waves
    once = round(reference.seconds * RATE)
    assert len(heard) >= LEAST_SECONDS * RATE
    np.testing.assert_array_equal(heard[:once], heard[once : 2 * once])
    (warning,) = reference.warnings
    assert f"only {reference.seconds:.1f} s of speech, repeated" in warning


def test_short_recordings_are_concatenated_before_they_are_repeated(tmp_path):
    paths = [recording(tmp_path / f"{i}.wav", 1.1, seed=i) for i in range(7)]
    reference = prepare(paths)
    assert reference.warnings == ()
    assert all(len(wave) >= LEAST_SECONDS * RATE for wave in reference.waves)
    assert len(reference.waves) == 2
    assert sum(map(len, reference.waves)) / RATE == pytest.approx(reference.seconds)
    assert reference.files == tuple(f"{i}.wav" for i in range(7))
    long = prepare([recording(tmp_path / "a.wav"), recording(tmp_path / "b.wav", 5)])
    assert [round(len(wave) / RATE) for wave in long.waves] == [4, 5]


def test_long_references_are_cut_with_a_warning(tmp_path):
    reference = prepare([recording(tmp_path / "me.wav", 8)])
    within = reference.limit(5)
    assert [len(wave) for wave in within.waves] == [5 * RATE]
    (warning,) = within.warnings
    assert (
        warning
        == f"only the first 5.0 of {reference.seconds:.1f} s of speech are heard"
    )
    assert reference.limit(30) is reference


@pytest.mark.parametrize(
    ("wave", "reason"),
    [
        (np.zeros(5 * RATE), "silence"),
        (np.random.default_rng(0).normal(0, 0.1, 5 * RATE), "no speech stands out"),
        (0.3 * np.sin(np.arange(5 * RATE) / 20), "no speech stands out"),
        (np.pad(0.5 * np.ones(20), (RATE, 4 * RATE)), "of sound, no voice"),
    ],
    ids=["silence", "noise", "tone", "click"],
)
def test_recordings_without_speech_are_refused(tmp_path, wave, reason):
    save(tmp_path / "odd.wav", wave, RATE)
    with pytest.raises(VoiceError, match=reason) as refused:
        prepare([recording(tmp_path / "me.wav"), tmp_path / "odd.wav"])
    assert "odd.wav" in str(refused.value)


def test_noise_and_clipping_give_warnings(tmp_path):
    noisy = recording(tmp_path / "noisy.wav", noise=0.02)
    (warning,) = prepare([noisy]).warnings
    assert warning.startswith("noisy.wav: noisy (speech stands ")
    save(tmp_path / "loud.wav", np.clip(4 * voice(4), -1, 1), RATE)
    (warning,) = prepare([tmp_path / "loud.wav"]).warnings
    assert warning.startswith("loud.wav: overdriven (")


def test_missing_and_damaged_files_are_one_line(tmp_path):
    with pytest.raises(AudioError, match="no such file"):
        prepare([tmp_path / "none.wav"])
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(AudioError, match=r"text\.wav"):
        prepare([tmp_path / "text.wav"])


def test_features_describe_the_original_recording(tmp_path):
    asked = []

    def describe(wave, rate, original_rate):
        asked.append((len(wave), rate, original_rate))
        return {"voiced_share": 0.01}

    path = recording(tmp_path / "me.wav", 4, rate=16000)
    reference = prepare([path], describe)
    assert asked == [(len(voice(4, 16000)), 16000, 16000)]
    assert reference.features == {"voiced_share": 0.01}
    assert reference.warnings == ("hardly any voice in it: is this speech?",)
    prepare([path, recording(tmp_path / "b.wav", 4)], describe)
    assert asked[1][1:] == (16000, 16000)
    assert asked[1][0] == pytest.approx(2 * asked[0][0], abs=2)
    assert reference.record == {
        "files": ["me.wav"],
        "seconds": round(reference.seconds, 2),
        "features": {"voiced_share": 0.01},
        "warnings": list(reference.warnings),
    }
