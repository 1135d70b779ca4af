"""The voice that comes with the program speaks, and nothing is written into it."""

import hashlib
import json
import re
from pathlib import Path

import numpy as np

from moksori.audio.files import load
from moksori.commands import synthesize
from moksori.metrics.attention import assess
from moksori.training.export import SHIPPED_VOICE
from moksori.training.runs import Run
from moksori.voices import TrainedVoice

PAGE = SHIPPED_VOICE.parent / "README.md"


def test_its_page_names_the_file_that_is_there():
    (header,) = Run.open(SHIPPED_VOICE).checkpoints()
    content = header.path.read_bytes()
    assert len(content) < 20 * 2**20
    page = PAGE.read_text("utf-8")
    assert re.search(r"SHA-256 `(\w+)`", page)[1] == hashlib.sha256(content).hexdigest()
    assert f"{header.step:,} steps" in page


def test_it_speaks_a_sentence_to_its_end():
    (speech,) = TrainedVoice.load().speak(["저는 매일 아침 일곱 시에 일어나요."])
    assert speech.stopped == "stop token"
    assert not speech.warnings
    assert assess(speech)[1] == []
    assert 1.5 < speech.seconds < 5


def test_a_command_without_a_voice_speaks_with_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(SHIPPED_VOICE.rglob("*"))
    assert synthesize.main(["--text", "안녕하세요."]) == 0
    named = synthesize.parse(["--voice", str(SHIPPED_VOICE), "--text", "네."])
    assert named.out == Path("logs/speech")
    row = json.loads(Path("logs/speech/manifest.jsonl").read_text("utf-8"))
    wave = load(Path("logs/speech", row["wav"]), 22050)
    assert len(wave) > 22050 / 2
    assert np.abs(wave).max() > 0.1
    assert sorted(SHIPPED_VOICE.rglob("*")) == before
