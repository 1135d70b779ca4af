"""A clone speaks: reading, pieces, pauses, what happens to a line that fails."""

import unicodedata

import numpy as np
import pytest

import hangul
from moksori.audio.spectrum import mel_spectrogram
from moksori.voices import stopping
from moksori.voices.reading import TextError
from moksori.voices.speech import LineError, VoiceError
from moksori.voices.xtts.reference import prepare
from moksori.voices.xtts.voice_file import Clone
from tests.tiny_xtts import CONSENT, recording

LONG = (
    "2026년 11월 20일 오후 3시 30분에 열린 회의에는 1,234명이 참석했고, "
    "그 가운데 567명은 다른 도시에서 왔으며, 나머지는 모두 3.5km 안에 살고 있었습니다. "
    "네. 정말요?"
)


@pytest.fixture(scope="module")
def voice(xtts_model, tmp_path_factory):
    from moksori.voices.xtts.voice import XttsVoice, make_clone

    path = recording(tmp_path_factory.mktemp("sound") / "me.wav")
    return XttsVoice(xtts_model, make_clone(xtts_model, prepare([path]), CONSENT))


@pytest.fixture(scope="module")
def ending(voice):
    """A seed with which pieces end by themselves after more than a moment."""

    def tokens(seed):
        saying = voice.model.say("네.", "ko", voice.clone.latents, seed)
        list(saying)
        return saying.tokens

    return next(seed for seed in range(50) if 15 < tokens(seed) < voice.model.cap)


@pytest.fixture(scope="module")
def endless(voice):
    """A seed with which they do not."""
    return next(
        seed
        for seed in range(50)
        if voice.speak(["네."], seed=seed)[0].stopped == stopping.CAP
    )


def test_a_line_is_spoken(voice, ending):
    (speech,) = voice.speak(["3시에 만나요."], seed=ending)
    audio = voice.settings.audio
    assert (speech.sample_rate, audio.sample_rate) == (24000, 24000)
    assert speech.text == "3시에 만나요."
    assert speech.spoken == "세 시에 만나요."
    assert speech.speaker == "me"
    assert (speech.stopped, speech.warnings) == (stopping.TOKEN, ())
    assert (speech.alignment, speech.symbols) == (None, ())
    assert speech.mel.shape == (len(speech.wave) // audio.hop_length, audio.mels)
    assert len(speech.wave) % audio.hop_length == 0
    np.testing.assert_allclose(
        speech.mel, mel_spectrogram(speech.wave, audio), atol=1e-3
    )
    assert 0 < np.abs(speech.wave).max() <= 1
    assert speech.spent_seconds > 0


def test_sampling_depends_on_the_seed_alone(voice, ending):
    texts = ["네, 그래요.", "아니요.", "네, 그래요."]
    together = voice.speak(texts, seed=ending)
    (alone,) = voice.speak(["아니요."], seed=ending)
    np.testing.assert_array_equal(together[1].wave, alone.wave)
    np.testing.assert_array_equal(together[0].wave, together[2].wave)
    (other,) = voice.speak(["아니요."], seed=ending + 1)
    assert other.wave.shape != alone.wave.shape


@pytest.mark.parametrize("speed", [1.0, 1.6])
@pytest.mark.parametrize("text", ["반갑습니다.", LONG], ids=["short", "long"])
def test_a_stream_is_as_long_as_the_speech(voice, ending, text, speed):
    (speech,) = voice.speak([text], seed=ending, speed=speed)
    chunks = list(voice.sound(voice.read(text), seed=ending, speed=speed))
    streamed = np.concatenate(chunks)
    assert len(chunks) > 1
    assert streamed.shape == speech.wave.shape
    difference = np.abs(streamed - speech.wave).max()
    assert difference < 0.2 * np.abs(speech.wave).max()


def test_a_long_line_is_spoken_in_pieces_with_pauses(voice, ending):
    reading = voice.read(LONG)
    assert len(reading.pieces) == 3
    assert all(len(piece) <= 95 for piece in reading.pieces)
    assert reading.spoken == " ".join(reading.pieces)
    assert reading.spoken == hangul.normalize(LONG)
    assert "".join(hangul.normalize(LONG).split()) == "".join(
        "".join(reading.pieces).split()
    )
    assert len(LONG) < len(reading.spoken)
    ((_, speech),) = voice.stream([reading], seed=ending)
    alone = [
        speech
        for piece in reading.pieces
        for speech in [voice.speak([piece], seed=ending)[0]]
    ]
    silence = sum(reading.pauses)
    whole = sum(one.seconds for one in alone) + silence
    assert speech.seconds == pytest.approx(whole, abs=0.05)
    begin = len(alone[0].wave)
    pause = speech.wave[begin : begin + round(reading.pauses[0] * 24000)]
    assert not pause.any()
    assert speech.spent_seconds > 0


def test_composed_and_decomposed_text_read_the_same(voice):
    text = "닭이 3개의 값을 읽어요?"
    plain = voice.read(text)
    for spelling in (hangul.decompose(text), unicodedata.normalize("NFD", text)):
        reading = voice.read(spelling)
        assert (reading.spoken, reading.pieces) == (plain.spoken, plain.pieces)
        assert reading.text == spelling


def test_speed(voice, ending):
    (plain,) = voice.speak([LONG], seed=ending)
    (fast,) = voice.speak([LONG], seed=ending, speed=2.0)
    assert plain.seconds / fast.seconds == pytest.approx(2, rel=0.1)
    for speed in (0.0, 5.0):
        with pytest.raises(VoiceError, match="speed must be between"):
            voice.stream([voice.read("네.")], speed=speed)
        with pytest.raises(VoiceError, match="speed must be between"):
            voice.sound(voice.read("네."), speed=speed)


def test_the_length_cap_gives_a_warning(voice, endless):
    (speech,) = voice.speak(["네."], seed=endless)
    assert speech.stopped == stopping.CAP
    assert speech.warnings == ("no stop token, ended by: length cap",)
    assert speech.seconds == pytest.approx(voice.model.cap * 1024 / 22050, abs=0.05)


def test_text_without_sound_is_refused(voice):
    for text, reason in (("", "empty"), (" \n", "empty"), ("...", "nothing to speak")):
        with pytest.raises(TextError, match=reason):
            voice.read(text)


def test_the_only_speaker_is_the_cloned_one(voice):
    reading = voice.read("네.")
    assert voice.speakers == ("me",)
    voice.stream([reading], speaker="me")
    with pytest.raises(VoiceError, match="no speaker you; there are: me"):
        voice.stream([reading], speaker="you")
    with pytest.raises(VoiceError, match="no speaker you; there are: me"):
        voice.sound(reading, speaker="you")


def test_another_language_is_left_to_the_library(voice, ending):
    from moksori.voices.xtts.voice import XttsVoice

    english = XttsVoice(voice.model, voice.clone, "en")
    text = "It costs $3.50, e\u0301h? " + "And so it goes on, and on. " * 12
    reading = english.read(text)
    assert reading.pieces[0].startswith("It costs $3.50, éh?")
    assert all(len(piece) <= 250 for piece in reading.pieces)
    assert len(reading.pieces) > 1
    assert english.read("42").pieces == ("42",)
    (speech,) = english.speak(["Hello."], seed=ending)
    assert speech.seconds > 0.3
    with pytest.raises(VoiceError, match="no token for fr"):
        XttsVoice(voice.model, voice.clone, "fr")


def test_an_error_of_the_tokenizer_is_an_error_of_the_line(voice, monkeypatch):
    def stumble(text, language):
        raise OverflowError("abs(9) must be less than 8.\nmore")

    monkeypatch.setattr(voice.model, "tokens", stumble)
    with pytest.raises(TextError, match=r"cannot read this: abs\(9\) .* than 8\.$"):
        voice.read("네.")


def test_pieces_have_no_more_tokens_than_the_model_takes(voice, monkeypatch):
    monkeypatch.setattr(voice.model, "most_tokens", 60)
    reading = voice.read(LONG)
    assert len(reading.pieces) > 5
    assert all(voice.model.tokens(piece, "ko") <= 60 for piece in reading.pieces)
    assert "".join(reading.pieces).replace(" ", "") == hangul.normalize(LONG).replace(
        " ", ""
    )
    monkeypatch.setattr(voice.model, "most_tokens", 1)
    with pytest.raises(TextError, match="too many tokens"):
        voice.read(LONG)


def test_a_line_that_fails_does_not_stop_the_others(voice, ending, monkeypatch):
    real = voice.model.say

    def say(piece, *rest):
        if "불" in piece:
            raise_later = LineError("not enough memory: for this one")

            def chunks():
                raise raise_later
                yield

            return chunks()
        return real(piece, *rest)

    monkeypatch.setattr(voice.model, "say", say)
    readings = [voice.read(text) for text in ("네.", "불이야.", "네.")]
    answers = dict(voice.stream(readings, seed=ending))
    assert isinstance(answers[1], LineError)
    np.testing.assert_array_equal(answers[0].wave, answers[2].wave)
    with pytest.raises(LineError, match="not enough memory"):
        voice.speak(["불이야."])
    with pytest.raises(LineError, match="not enough memory"):
        list(voice.sound(readings[1]))


def test_silence_gives_a_warning(voice, monkeypatch):
    class Silent:
        capped = False

        def __iter__(self):
            yield np.zeros(24000, np.float32)

    monkeypatch.setattr(voice.model, "say", lambda *_: Silent())
    (speech,) = voice.speak(["네."])
    assert speech.warnings == ("silence instead of: 네.",)
    assert 0 < speech.seconds < 0.1
    assert len(speech.mel) * voice.settings.audio.hop_length == len(speech.wave)


def test_an_early_stop_gives_a_warning(voice):
    def tokens(seed):
        saying = voice.model.say("네.", "ko", voice.clone.latents, seed)
        list(saying)
        return saying.tokens

    seed = next(seed for seed in range(50) if 2 < tokens(seed) < 6)
    text = "오늘은 날씨가 아주 좋습니다."
    (speech,) = voice.speak(
        [
            text,
        ],
        seed=seed,
    )
    (warning,) = speech.warnings
    assert warning == f"stopped early, after {speech.seconds:.1f} s of: {text}"
    (short,) = voice.speak(["네."], seed=seed)
    assert short.warnings == ()


def test_a_saved_voice_says_the_same(voice, ending, tmp_path):
    from moksori.voices.xtts.voice import XttsVoice

    voice.clone.save(tmp_path / "me.voice")
    again = XttsVoice(voice.model, Clone.load(tmp_path / "me.voice"))
    assert again.clone.facts == {"consent": CONSENT, "reference": ["me.wav"]}
    ours, theirs = (v.speak(["네."], seed=ending)[0] for v in (voice, again))
    np.testing.assert_array_equal(ours.wave, theirs.wave)
    assert theirs.speaker == "me"


def test_a_voice_of_other_weights_is_refused(voice):
    import dataclasses

    from moksori.voices.xtts.voice import XttsVoice

    other = dataclasses.replace(voice.clone, fingerprint="another")
    with pytest.raises(VoiceError, match="made with other weights"):
        XttsVoice(voice.model, other)
