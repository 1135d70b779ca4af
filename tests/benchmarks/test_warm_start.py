"""A warm start measured: what is trained, spoken and heard, and how it is compared."""

import json

import numpy as np
import pytest

from benchmarks import warm_start
from moksori.audio.files import save
from moksori.training.runs import Run

TEXTS = ("삼월입니다.", "좋은 아침이에요.")


@pytest.fixture
def corpus(tmp_path):
    for name, text in zip("ab", TEXTS, strict=True):
        save(tmp_path / "me" / f"{name}.wav", np.full(16000, 0.1, np.float32), 16000)
        (tmp_path / "me" / f"{name}.txt").write_text(text, encoding="utf-8")
    return tmp_path / "me"


class Forgetful:
    """Hears every recording right, and of every voice one sentence only."""

    def __init__(self):
        self.answers = [*TEXTS, TEXTS[0], ""]

    def hear(self, wave, sample_rate):
        assert sample_rate == 16000
        return self.answers.pop(0)


def row(*errors: int) -> dict:
    return {"lines": [{"errors": n, "characters": 10} for n in errors]}


def test_a_difference_is_paired():
    found = warm_start.above(row(3, 5, 7), row(1, 3, 5))
    assert found["mean"] == pytest.approx(0.2)
    assert found["interval"] == pytest.approx([0.2, 0.2])


def test_the_rate_falls_over_the_second_half(tmp_path, monkeypatch):
    commands = []
    done = type("Done", (), {"returncode": 0})
    monkeypatch.setattr(
        warm_start.subprocess, "run", lambda c, cwd: commands.append(c) or done
    )
    arguments = ["--corpus", "me", "--features", "f", "--base", "old/base", "none"]
    chosen = warm_start.parse([*arguments, "--runs", str(tmp_path)])
    assert warm_start.train(chosen, "old/base", 500) == tmp_path / "base-500"
    assert warm_start.train(chosen, "none", 500) == tmp_path / "none-500"
    warm, cold = commands
    assert warm[warm.index("--from") + 1] == "old/base"
    assert cold[cold.index("--from") + 1] == "none"
    for name in ("steps=500", "decay_start=250", "decay_steps=250"):
        assert f"tacotron_training.{name}" in warm


@pytest.mark.benchmark
def test_a_voice_speaks_and_is_compared(corpus, tiny_run, tmp_path, capsys):
    step = Run.open(tiny_run).checkpoints()[-1].step
    arguments = ["--corpus", str(corpus), "--json", str(tmp_path / "out.json")]
    arguments += ["--voice", str(tiny_run), "--checkpoints", str(step)]
    assert warm_start.main(arguments, Forgetful()) == 0
    recordings, voice = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert recordings["rate"] == 0
    assert voice["rate"] == voice["above"]["mean"] == pytest.approx(7 / 12)
    assert 0 <= voice["walks"] <= 2
    assert f"run, step {step}" in capsys.readouterr().out
