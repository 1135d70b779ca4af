"""The command demo: its stages, in order, with the settings that it was given."""

import subprocess

import pytest

from moksori.commands import demo
from moksori.comparison import clips
from moksori.demo import report


@pytest.fixture
def commands(monkeypatch):
    """The commands that the demo would run."""
    seen = []
    monkeypatch.setattr(
        demo, "run_stage", lambda name, *words: seen.append([*map(str, words)])
    )
    monkeypatch.setattr(clips, "read_manifest", lambda folder: [])
    monkeypatch.setattr(report, "write", lambda *_: "the end")
    return seen


def test_the_stages_take_the_settings_of_the_demo(commands, tmp_path, capsys):
    place = ["--data", str(tmp_path / "data"), "--run", str(tmp_path / "run")]
    few = ["--sentences", "2", "--unseen", "1", "--set", "audio.mels=13"]
    assert demo.main([*place, *few]) == 0
    assert capsys.readouterr().out.endswith("the end\n")
    named = [words[0] for words in commands]
    trainings = ["train_tacotron", "train_wavenet"]
    assert named == ["preprocess", "preprocess", *trainings, "compare"]
    for words in commands[:4]:
        assert words[-4:] == ["--preset", "demo", "--set", "audio.mels=13"]
    # A voice from nothing, not from the one that it would become.
    assert commands[2][commands[2].index("--from") + 1] == "none"
    assert len(list((tmp_path / "data").glob("*/wavs/*/*.wav"))) == 3
    consent = commands[-1].index("--consent") + 1
    assert commands[-1][consent] == demo.DEMO_CONSENT


def test_a_stage_that_fails_ends_the_demo_with_its_code(monkeypatch, tmp_path):
    def fail(name, *words):
        raise subprocess.CalledProcessError(3, words)

    monkeypatch.setattr(demo, "run_stage", fail)
    place = ["--data", str(tmp_path / "data"), "--run", str(tmp_path / "run")]
    assert demo.main([*place, "--sentences", "1", "--unseen", "1"]) == 3


def test_a_mistake_is_told_before_anything_is_made(tmp_path, capsys):
    assert demo.main(["--data", str(tmp_path / "data"), "--set", "audio.hop=1"]) == 2
    assert capsys.readouterr().err.startswith("demo: unknown setting audio.hop")
    assert not (tmp_path / "data").exists()
