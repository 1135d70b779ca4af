"""Characters that a listener mishears, with a listener that says what it is told."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import human_speech
from moksori.audio.files import save


class Scripted:
    """A listener of given answers."""

    def __init__(self, *answers: str):
        self.answers = list(answers)

    def hear(self, wave, sample_rate):
        assert sample_rate == 16000
        assert len(wave) == 16000
        return self.answers.pop(0)


@pytest.fixture
def corpus(tmp_path):
    for name, text in (("a", "3월입니다."), ("b", "좋은 아침이에요.")):
        save(tmp_path / "me" / f"{name}.wav", np.full(16000, 0.1, np.float32), 16000)
        (tmp_path / "me" / f"{name}.txt").write_text(text, encoding="utf-8")
    return tmp_path / "me"


def test_errors_are_counted_in_characters_as_they_are_read(corpus, tmp_path, capsys):
    told, out = Scripted("삼월 입니다", "좋은 아침에요"), tmp_path / "out.json"
    arguments = ["--corpus", str(corpus), "--json", str(out)]
    assert human_speech.main(arguments, told) == 0
    assert "me: 2 sentences, 8.3 %" in capsys.readouterr().out
    (result,) = json.loads(out.read_text("utf-8"))
    assert [line["errors"] for line in result["lines"]] == [0, 1]
    assert sum(line["characters"] for line in result["lines"]) == 12


class Looping:
    """A model whose greedy search repeats itself, and whose beam does not."""

    def transcribe(self, wave, beam_size, **options):
        said, packed = ("네", 1.0) if beam_size > 1 else ("네" * 99, 20.0)
        return [SimpleNamespace(text=said, compression_ratio=packed)], None


def test_a_loop_is_decoded_again():
    listener = object.__new__(human_speech.Whisper)
    listener._model = Looping()
    assert listener.hear(np.zeros(16000, np.float32)) == "네"


def test_a_sentence_is_at_most_wholly_misheard(corpus, tmp_path):
    out = tmp_path / "out.json"
    told = Scripted("가" * 99, "좋은 아침이에요")
    assert human_speech.main(["--corpus", str(corpus), "--json", str(out)], told) == 0
    (result,) = json.loads(out.read_text("utf-8"))
    assert [line["errors"] for line in result["lines"]] == [5, 0]


def test_a_missing_listener_is_one_line(corpus, capsys, monkeypatch):
    monkeypatch.setattr(human_speech, "PARTS", ("no_such_package",))
    assert human_speech.main(["--corpus", str(corpus)]) == 1
    assert "requirements/whisper.lock" in capsys.readouterr().err
