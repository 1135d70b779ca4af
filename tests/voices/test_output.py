"""Lines in a folder, of a voice that has no attention and fails now and then."""

import json

import numpy as np
import pytest

from hparams import Hparams
from moksori.voices import stopping
from moksori.voices.output import Output, line_bar, speak_aloud, speak_lines
from moksori.voices.reading import Reading, TextError
from moksori.voices.speech import LineError, Speech, Voice, VoiceError, check_speed
from tests.tiny_xtts import CONSENT

SETTINGS = Hparams()
FACTS = {"consent": CONSENT, "reference": ["me.wav"]}


class Pipe(Voice):
    """A second of a tone for every line; "fire" fails, and "" cannot be read."""

    settings = SETTINGS
    speakers = ("pipe",)

    def read(self, text):
        if not text:
            raise TextError("the line is empty")
        return Reading(text, text, (text,), ())

    def stream(self, readings, speaker=None, seed=0, speed=1.0):
        check_speed(speed)
        return ((i, self._speech(reading)) for i, reading in enumerate(readings))

    def sound(self, reading, speaker=None, seed=0, speed=1.0, say=print):
        wave = self._speech(reading)
        if isinstance(wave, LineError):
            yield np.ones(10, np.float32)
            raise wave
        yield wave.wave

    def _speech(self, reading):
        if reading.text == "fire":
            return LineError("not enough memory")
        return Speech(
            wave=np.sin(np.arange(24000, dtype=np.float32)),
            sample_rate=24000,
            mel=np.zeros((80, 80), np.float32),
            alignment=None,
            step_seconds=0.0125,
            text=reading.text,
            spoken=reading.spoken,
            symbols=(),
            speaker="pipe",
            stopped=stopping.TOKEN,
            warnings=(),
            spent_seconds=0.5,
        )


def test_rows_of_a_voice_without_attention(tmp_path):
    (tmp_path / "0001.png").write_text("of an earlier call")
    said, counted = [], []
    failed = speak_lines(
        Pipe(),
        ["one", "fire", "", "four"],
        Output(tmp_path, facts=FACTS),
        say=said.append,
        progress=lambda done, total: counted.append((done, total)),
    )
    assert failed == 2
    assert said == ["line 3: the line is empty", "line 2: not enough memory"]
    assert counted == [(1, 4), (2, 4), (3, 4), (4, 4)]
    text = (tmp_path / "manifest.jsonl").read_text("utf-8")
    rows = {row["line"]: row for row in map(json.loads, text.splitlines())}
    assert list(rows) == [1, 2, 3, 4]
    assert rows[1] == {
        "line": 1,
        "text": "one",
        "spoken": "one",
        "speaker": "pipe",
        "wav": "0001.wav",
        "alignment": None,
        "seconds": 1.0,
        "real_time_factor": 0.5,
        "stopped": "stop token",
        "attention": None,
        "attempts": 1,
        "remedies": [],
        "failed": [],
        "warnings": [],
        **FACTS,
    }
    assert rows[2] == {"line": 2, "text": "fire", "error": "not enough memory"}
    assert rows[3]["error"] == "the line is empty"
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"0001.wav", "0004.wav", "manifest.jsonl"}


def test_a_stop_leaves_the_finished_rows_in_order(tmp_path):
    class Stopped(Pipe):
        def stream(self, readings, *options):
            for i in (3, 0):
                yield i, self._speech(readings[i])
            manifest = (tmp_path / "manifest.jsonl").read_text("utf-8")
            assert manifest.count("\n") == 3
            raise KeyboardInterrupt

    (tmp_path / "manifest.jsonl").write_text('{"line": 9}\n')
    with pytest.raises(KeyboardInterrupt):
        speak_lines(Stopped(), ["one", "two", "", "four", "five"], Output(tmp_path))
    text = (tmp_path / "manifest.jsonl").read_text("utf-8")
    assert [json.loads(row)["line"] for row in text.splitlines()] == [1, 3, 5]


def test_a_line_that_fails_in_a_stream_does_not_stop_the_others():
    heard, said = [], []
    failed = speak_aloud(Pipe(), ["fire", "two", ""], heard.append, say=said.append)
    assert failed == 2
    assert said == ["line 1: not enough memory", "line 3: the line is empty"]
    assert [len(chunk) for chunk in heard] == [10, 24000]


def test_while_a_line_is_awaited_the_pause_is_written_and_the_voice_warms_up():
    heard, steps = [], []

    class Cold(Pipe):
        def warm_up(self):
            for step in range(2):
                steps.append((step, len(heard)))
                yield

    lines = [None, "one", "two", None, None, None, "three"]
    assert speak_aloud(Cold(), lines, heard.append) == 0
    assert [len(chunk) for chunk in heard] == [24000, 12000, 24000, 12000, 24000]
    assert steps == [(0, 0), (1, 4)]


def test_a_speed_that_no_voice_has_is_refused_before_a_line_is_waited_for():
    with pytest.raises(VoiceError, match="speed"):
        speak_aloud(Pipe(), iter(lambda: pytest.fail("waited"), 0), print, speed=9)


def test_speak_returns_speeches_in_order_or_raises():
    counted = []
    speeches = Pipe().speak(["a", "b"], progress=lambda *both: counted.append(both))
    assert [speech.text for speech in speeches] == ["a", "b"]
    assert counted == [(1, 2), (2, 2)]
    with pytest.raises(LineError, match="memory"):
        Pipe().speak(["a", "fire"])
    with pytest.raises(TextError, match="empty"):
        Pipe().speak(["a", ""])
    with pytest.raises(VoiceError, match="speed"):
        Pipe().speak(["a"], speed=9)


def test_messages_go_to_standard_error(capsys):
    with line_bar(2) as bar:
        bar["progress"](1, 2)
        bar["say"]("line 1: hm")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "line 1: hm\n" in captured.err
