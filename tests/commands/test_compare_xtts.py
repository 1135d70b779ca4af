"""The script with a clone beside a trained voice, by a tiny XTTS of random weights."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from moksori.audio.files import decode
from moksori.demo.corpus import write
from tests.datasets.stores import build
from tests.voices.runs import make_run

ROOT = Path(__file__).parents[2]
CONSENT = "nobody: a synthetic speaker, 2026, for a test"
# A process of its own builds with the whole library, whose parts a test would shrink.
BUILD = """
import pathlib, sys
from tests import tiny_xtts
tiny_xtts.shrink = lambda: None
tiny_xtts.build(pathlib.Path(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def place(xtts_installed, tmp_path_factory):
    """A voice, features and weights."""
    folder = tmp_path_factory.mktemp("compare")
    make_run(folder / "voice")
    build(write(folder / "corpus", 12), folder / "features")
    command = [sys.executable, "-c", BUILD, str(folder / "weights")]
    subprocess.run(command, cwd=ROOT, check=True)
    return folder


def test_the_clone_stands_beside_the_trained_voice(place):
    out = place / "out"
    flags = ["--voice", "voice", "--recordings", "features", "--weights", "weights"]
    flags += ["--out", "out", "--count", "6", "--consent", CONSENT]
    command = [sys.executable, "-m", "moksori", "compare", *flags]
    subprocess.run(command, cwd=place, check=True)
    made = json.loads((out / "comparison.json").read_text("utf-8"))
    assert made["missing"] == []
    systems = {system["key"]: system for system in made["systems"]}
    assert list(systems) == ["recording", "griffin-lim", "xtts"]
    assert systems["xtts"]["training_minutes"] == 0.0
    assert systems["xtts"]["memory_megabytes"] > 100
    rows = {row["key"]: row for row in made["figures"]}
    assert rows["duration_ratio"]["systems"]["xtts"]["count"] > 0
    assert rows["similarity"]["systems"]["recording"]["mean"] > 0.8
    assert rows["focus"]["systems"]["xtts"] is None
    for sentence in made["sentences"]:
        clip = sentence["clips"]["xtts"]
        assert "alignment" not in clip
        _, rate = decode(out / clip["wav"])
        assert rate == 24000
    rows = (out / "xtts/manifest.jsonl").read_text("utf-8").splitlines()
    assert {json.loads(row)["consent"] for row in rows} == {CONSENT}
