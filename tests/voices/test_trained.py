import os
import subprocess
import sys
import unicodedata
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import hangul
import hparams
from moksori.audio.files import decode
from moksori.audio.spectrum import mel_spectrogram
from moksori.training.recipes.tacotron import TacotronRecipe
from moksori.training.runs import Run, RunError
from moksori.voices.reading import TextError
from moksori.voices.trained import TrainedVoice, VoiceError
from tests.voices.runs import SPEAKERS, copy_run, make_run

TEXT = "안녕하세요, 만나서 정말 반갑습니다. 오늘은 날씨가 아주 맑고 따뜻해서 좋습니다!"


@pytest.fixture(scope="module")
def speech(voice):
    return voice.speak([TEXT], seed=1)[0]


def test_speech_describes_itself(voice, speech):
    audio = voice.settings.audio
    assert speech.wave.dtype == np.float32
    assert 0 < np.abs(speech.wave).max() <= 1.0
    assert speech.sample_rate == audio.sample_rate
    assert len(speech.wave) == len(speech.mel) * audio.hop_length
    assert speech.text == TEXT
    assert speech.spoken == hangul.normalize(TEXT)
    assert speech.alignment.shape[1] == len(speech.symbols)
    assert speech.symbols[:3] == ("ᄋ", "ᅡ", "ᆫ")
    assert speech.symbols.count("<end>") == 2
    assert speech.speaker == SPEAKERS[0]
    assert speech.seconds > 0.3
    assert speech.real_time_factor == speech.spent_seconds / speech.seconds > 0


def test_no_stop_token_is_a_warning(speech):
    assert speech.stopped != "stop token"
    assert any("no stop token" in warning for warning in speech.warnings)


def test_pieces_lie_on_the_diagonal_with_a_pause_between(voice, speech):
    reading = voice.read(TEXT)
    assert len(reading.pieces) == 2
    first, _ = map(len, reading.pieces)
    steps = np.flatnonzero(speech.alignment[:, :first].any(axis=1))[-1] + 1
    assert not speech.alignment[:steps, first:].any()
    assert not speech.alignment[steps:, :first].any()
    silent = (speech.mel == -voice.settings.audio.mel_range).all(axis=1).sum()
    pause = reading.pauses[0] / voice.settings.audio.frame_seconds
    assert silent >= round(pause)
    assert len(speech.mel) == len(speech.alignment) * voice.factor + round(pause)


def test_decomposed_lines_give_the_same_wave_to_the_bit(voice):
    letters = "ㅇㅏㄴㄴㅕㅇㅎㅏㅅㅔㅇㅛ."
    text = "안녕하세요."
    nfd = unicodedata.normalize("NFD", text)
    mixed = nfd[:6] + text[2:4] + "ㅇㅛ."
    lines = [text, letters, nfd, hangul.decompose(text), mixed]
    assert len(set(lines)) == 4  # what NFD gives are conjoining jamo
    together = voice.speak(lines)
    apart = [voice.speak([line])[0] for line in lines]
    for other in together[1:]:
        assert other.wave.tobytes() == together[0].wave.tobytes()
    for other in apart[1:]:
        assert other.wave.tobytes() == apart[0].wave.tobytes()


def test_a_line_sounds_the_same_alone_and_among_others(voice, speech):
    others = ["네.", TEXT, "여러 줄 가운데 하나는 아주 길 수도 있습니다."]
    among = voice.speak(others, seed=1)[1]
    assert among.wave.shape == speech.wave.shape
    np.testing.assert_allclose(among.mel, speech.mel, atol=1e-4)
    np.testing.assert_allclose(among.wave, speech.wave, atol=1e-3)


def test_a_line_that_is_heard_while_it_is_made_is_the_same_line(voice, speech):
    for _ in voice.warm_up():
        pass
    chunks = list(voice.sound(voice.read(TEXT), seed=1))
    assert len(chunks) > 1
    streamed = np.concatenate(chunks)
    assert streamed.shape == speech.wave.shape
    mels = [mel_spectrogram(w, voice.settings.audio) for w in (streamed, speech.wave)]
    assert np.abs(mels[0] - mels[1]).mean() < 0.5


def test_a_voice_warms_up_without_being_heard(voice):
    before = voice.speak([TEXT], seed=1)[0].wave
    assert len(list(voice.warm_up())) >= 3
    np.testing.assert_array_equal(voice.speak([TEXT], seed=1)[0].wave, before)


def test_seed_and_speaker_are_heard(voice, speech):
    again = voice.speak([TEXT], seed=1)[0]
    assert again.wave.tobytes() == speech.wave.tobytes()
    for other in (
        voice.speak([TEXT], seed=2)[0],
        voice.speak([TEXT], seed=1, speaker=SPEAKERS[1])[0],
    ):
        size = min(len(other.mel), len(speech.mel))
        assert np.abs(other.mel[:size] - speech.mel[:size]).max() > 1e-4


def test_speakers_by_name_and_number(voice):
    assert [voice.speaker_number(s) for s in (None, "너", 1, "1", 0)] == [0, 1, 1, 1, 0]
    # As a terminal of macOS sends it.
    assert voice.speaker_number(unicodedata.normalize("NFD", "너")) == 1
    for unknown in ("그", 2, "-1"):
        with pytest.raises(VoiceError, match=r"나, 너|너, 나"):
            voice.speaker_number(unknown)


def test_speed_changes_the_length(voice, speech):
    fast = voice.speak([TEXT], seed=1, speed=2.0)[0]
    slow = voice.speak([TEXT], seed=1, speed=0.5)[0]
    assert fast.seconds == pytest.approx(speech.seconds / 2, rel=0.05)
    assert slow.seconds == pytest.approx(speech.seconds * 2, rel=0.05)
    np.testing.assert_array_equal(fast.alignment, speech.alignment)
    for speed in (0.0, -1.0, 9.0, float("nan")):
        with pytest.raises(VoiceError, match="speed"):
            voice.speak([TEXT], speed=speed)


def test_progress_counts_every_text(voice):
    calls = []
    texts = ["네.", "", "아니요."]
    with pytest.raises(TextError):
        voice.speak(texts, progress=lambda *call: calls.append(call))
    assert calls == []
    voice.speak([texts[0], texts[2]], progress=lambda *call: calls.append(call))
    assert calls == [(1, 2), (2, 2)]


def test_another_vocoder_is_given_the_mels(run_folder, speech):
    given = []

    class Tone:
        def generate(self, mels, speaker, seed):
            assert (speaker, seed) == (speech.speaker, 1)
            given.extend(mels)
            return [np.full(len(mel) * 128, 0.25, np.float32) for mel in mels]

    voice = TrainedVoice.load(run_folder, vocoder=Tone(), attempts=1)
    toned = voice.speak([TEXT], seed=1)[0]
    np.testing.assert_allclose(toned.mel, speech.mel, atol=1e-5)
    assert sum(map(len, given)) <= len(toned.mel)
    assert set(np.unique(toned.wave)) > {0.0, 0.25}


def test_griffin_lim_uses_the_linear_head(tmp_path):
    linear = ["audio.linear=true", "tacotron.linear=true"]
    voice = TrainedVoice.load(make_run(tmp_path / "linear", *linear))
    said = voice.generator.generate([[2, 30, 3, 31, 1]], [0], voice.factor)[0]
    assert said.linear.shape == (len(said.mel), voice.settings.audio.bins)
    speech = voice.speak(["가나"])[0]
    assert len(speech.wave) == len(speech.mel) * voice.settings.audio.hop_length


def test_factor_is_that_of_the_last_step(voice, run_folder, tmp_path):
    assert voice.factor == 2
    # After three steps, which are 0, 1 and 2.
    for first, factor in ((3, 2), (2, 1)):
        schedule = f"tacotron_training.reduction_schedule=[[0,2],[{first},1]]"
        described = voice.settings.override([schedule]).to_dict()
        folder = copy_run(run_folder, tmp_path / str(first), hparams=described)
        assert TrainedVoice.load(folder).factor == factor


def test_runs_that_cannot_speak_are_refused_in_a_line(tmp_path, run_folder):
    cases = {
        "wavenet": (
            copy_run(run_folder, tmp_path / "a", kind="wavenet"),
            "is a vocoder",
        ),
        "alphabet": (
            copy_run(run_folder, tmp_path / "b", alphabet=["a"], alphabet_version=0),
            "another alphabet",
        ),
        "missing": (run_folder.parent / "tine", "nearest: tiny"),
    }
    empty = TacotronRecipe.describe(
        hparams.preset("tiny"), SimpleNamespace(speakers=SPEAKERS, fingerprint="")
    )
    Run.create(tmp_path / "c", empty)
    cases["empty"] = (tmp_path / "c", "no checkpoint")
    for folder, reason in cases.values():
        with pytest.raises(RunError, match=reason) as raised:
            TrainedVoice.load(folder)
        assert "\n" not in str(raised.value)


def test_only_settings_of_synthesis_may_differ(run_folder):
    voice = TrainedVoice.load(run_folder)
    voice.adopt(voice.settings.override(["audio.griffin_lim_iterations=2"]))
    assert voice.settings.audio.griffin_lim_iterations == 2
    with pytest.raises(VoiceError, match=r"audio\.fmin: 9\.0 != 0\.0"):
        voice.adopt(voice.settings.override(["audio.fmin=9"]))


_SPEAK = """
import sys
import numpy as np
from moksori.voices.trained import TrainedVoice
voice = TrainedVoice.load(sys.argv[1], attempts=1)
speech = voice.speak([sys.argv[2]], seed=1)[0]
np.savez(sys.argv[3], mel=speech.mel, alignment=speech.alignment)
"""


def test_three_lines_of_python(run_folder, tmp_path):
    from moksori.voices import TrainedVoice

    voice = TrainedVoice.load(run_folder)
    speech = voice.speak(["안녕하세요."])[0]
    speech.save(tmp_path / "x.wav")
    wave, rate = decode(tmp_path / "x.wav")
    assert rate == speech.sample_rate
    np.testing.assert_allclose(wave, speech.wave, atol=1e-4)


@pytest.mark.program
def test_the_other_backend_gives_the_same_speech(run_folder, speech, tmp_path):
    other = "tensorflow" if keras.backend.backend() == "jax" else "jax"
    pytest.importorskip(other)
    path = tmp_path / "speech.npz"
    subprocess.run(
        [sys.executable, "-c", _SPEAK, str(run_folder), TEXT, str(path)],
        env={**os.environ, "KERAS_BACKEND": other},
        check=True,
    )
    with np.load(path) as theirs:
        assert theirs["mel"].shape == speech.mel.shape
        np.testing.assert_allclose(theirs["mel"], speech.mel, atol=1e-3)
        np.testing.assert_allclose(theirs["alignment"], speech.alignment, atol=1e-3)
