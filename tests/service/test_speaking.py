from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from moksori.audio import watermark
from moksori.audio.files import decode
from moksori.audio.pitch import track
from tests.service.tones import LETTER_SECONDS, Context, Tones

pytestmark = pytest.mark.usefixtures("service_installed")
TEXT = "첫째 문장입니다. 둘째 문장은 조금 더 깁니다. 셋째 문장도 있습니다."
TOKEN, KEY = 0xC0FFEE11, "0f" * 16


@pytest.fixture
def speak(monkeypatch):
    """Speak a request by tones without a database; returns context and result."""
    from contextlib import nullcontext
    from types import SimpleNamespace

    from moksori.service import proof, speaking
    from moksori.service.settings import Settings

    monkeypatch.setattr(proof, "issue", lambda session, job, settings: TOKEN)
    settings = Settings(secret="s" * 32, watermark_keys={"1": KEY})

    def run(voice=None, context=None, **request):
        context = context or Context(settings)
        context.request = {"text": TEXT, **request}
        context.job, context.settings = None, settings
        context.database = SimpleNamespace(session=nullcontext)
        return context, speaking.speak(context, voice or Tones())

    return run


def wave_of(data, tmp_path, kind="wav"):
    path = tmp_path / f"speech.{kind}"
    path.write_bytes(data)
    return decode(path)


def test_every_part_is_accounted_for(speak, tmp_path):
    context, result = speak(text=TEXT + " 🙂", format="wav")
    assert "".join(part["text"] for part in result["parts"]) == TEXT
    assert result["dropped"] == ["🙂"]
    for part in result["parts"]:
        assert part["seconds"] == pytest.approx(len(part["text"]) * LETTER_SECONDS)
    wave, rate = wave_of(context.made.data, tmp_path)
    pauses = 2 * 0.2
    expected = len(TEXT) * LETTER_SECONDS + pauses
    assert result["seconds"] == pytest.approx(expected, abs=0.03)
    # 200 ms of silence follow.
    assert len(wave) / rate == pytest.approx(result["seconds"] + 0.2, abs=0.01)
    assert np.abs(wave[-rate // 10 :]).max() == 0


def test_progress_is_told_part_by_part(speak):
    context, _ = speak(format="wav")
    stages = [stage for stage, _ in context.told]
    fractions = [fraction for _, fraction in context.told]
    assert stages == ["reading", *["speaking"] * 3]
    assert fractions == sorted(fractions)


@pytest.mark.parametrize("name", ["wav", "mp3", "flac", "ogg", "aac", "pcm"])
def test_what_is_streamed_is_what_the_file_holds(speak, tmp_path, name):
    context, _ = speak(format=name, stream=True)
    assert len(context.pieces) > 2
    streamed = b"".join(context.pieces)
    if name == "pcm":
        assert streamed == context.made.data
        return
    live, rate = wave_of(streamed, tmp_path, name)
    file, again = wave_of(context.made.data, tmp_path, name)
    assert rate == again
    # Without its header a stream of mp3 begins late, by the delay of the coder.
    late = 1105 if name == "mp3" else 0
    count = min(len(live) - late, len(file))
    assert count > 0.95 * len(file)
    assert np.abs(live[late : late + count] - file[:count]).max() < 0.01


def test_a_stream_begins_before_the_last_part_is_spoken(speak):
    heard = []
    voice = Tones(at=lambda i: heard.append(bool(context.pieces)))
    context = Context(None)
    speak(voice, context, format="mp3", stream=True)
    assert heard[-1] is True


def test_a_cancelled_job_ends_at_the_next_part(speak):
    from moksori.service.errors import Cancelled

    context = Context(None)
    voice = Tones(at=lambda i: context.cancelled.set() if i == 1 else None)
    with pytest.raises(Cancelled):
        speak(voice, context, format="mp3")
    assert len(voice.spoken) == 2
    assert context.made is None


def test_the_token_is_in_the_sound(speak, tmp_path):
    text = "물은 아래로 흐르고 사람은 위를 봅니다. " * 6
    context, _ = speak(text=text, format="mp3")
    assert context.made.token == TOKEN
    wave, rate = wave_of(context.made.data, tmp_path, "mp3")
    found = watermark.detect(wave, rate, bytes.fromhex(KEY), speeds=(1.0,))
    assert watermark.judge(found, lambda token: token == TOKEN) == "ours"


def test_jobs_beside_each_other_give_the_bytes_of_one_after_another(speak):
    requests = [
        {"text": f"{TEXT} 번호는 {i}번.", "format": name, "stream": True}
        for i, name in enumerate(["mp3", "ogg", "flac", "aac"])
    ]

    def made(request):
        context, _ = speak(**request)
        return context.made.data, b"".join(context.pieces)

    serial = [made(request) for request in requests]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(made, requests)) == serial


def test_speed_changes_time_and_pitch_does_not(speak, tmp_path):
    _, plain = speak(text="아아아아아아아아아아아.", format="wav")
    context, fast = speak(text="아아아아아아아아아아아.", format="wav", speed=2.0)
    assert fast["seconds"] == pytest.approx(plain["seconds"] / 2, abs=0.02)
    context, high = speak(text="아아아아아아아아아아아.", format="wav", pitch=7.0)
    assert high["seconds"] == pytest.approx(plain["seconds"], abs=0.03)
    assert high["parts"][0]["seconds"] == pytest.approx(plain["seconds"], abs=0.03)
    wave, rate = wave_of(context.made.data, tmp_path)
    hertz = 150 + ord("아") % 200
    found = np.nanmedian(track(wave, rate).hertz)
    assert found == pytest.approx(hertz * 2 ** (7 / 12), rel=0.01)


def test_a_sample_rate_can_be_chosen(speak, tmp_path):
    context, result = speak(format="wav", sample_rate=8000)
    assert wave_of(context.made.data, tmp_path)[1] == result["sample_rate"] == 8000


@pytest.mark.parametrize("text", ["龘", "...", "🙂"])
def test_a_text_that_cannot_be_read_fails_with_a_reason(speak, text):
    from moksori.service.errors import JobError

    with pytest.raises(JobError, match="unreadable_text") as caught:
        speak(text=text)
    assert caught.value.word == "unreadable_text"
