"""Recordings in, a voice out: each script as a person calls it, one after another."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from datasets.store import build as features
from moksori.audio import files
from moksori.commands import train_tacotron
from moksori.training.runs import Run
from moksori.voices.stopping import POLICY
from tests.datasets.made import RATE, write_sound, write_text

pytestmark = pytest.mark.program

ROOT = Path(__file__).parents[2]
ZEROTH = ROOT.parent / "shared/data/zeroth_sample"
TEXT = "안녕하세요."
# Nothing is held out, so that a step is all there is to compile.
FAST = (
    "tacotron_training.steps=2",
    "tacotron_training.held_out=0",
    "tacotron_training.previews=0",
)
FAST_WAVENET = tuple(each.replace("tacotron", "wavenet") for each in FAST)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Tones of one length, so that they make batches of one shape."""
    folder = tmp_path_factory.mktemp("end_to_end")
    for number, speaker in enumerate(("minji", "minji", "suho", "suho")):
        stem = folder / "corpus" / speaker / str(number)
        write_sound(stem.with_suffix(".wav"), 10 * number)
        write_text(stem.with_suffix(".txt"), TEXT)
    script("preprocess.py", folder / "corpus", "--out", folder / "out", *tiny())
    return folder / "out"


def tiny(*overrides) -> list[str]:
    return ["--preset", "tiny", *(w for each in overrides for w in ("--set", each))]


def script(*words, backend="tensorflow") -> str:
    """Run one of ours; gives what it printed."""
    run = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def checked_row(folder) -> dict:
    """The one row of a manifest, whose sound and picture are there and sane."""
    (line,) = (folder / "manifest.jsonl").read_text("utf-8").splitlines()
    row = json.loads(line)
    wave = files.load(folder / row["wav"], RATE)
    assert len(wave) / RATE == pytest.approx(row["seconds"], abs=0.01)
    # No training to speak of: it may say anything, but neither nothing nor for ever.
    longest = POLICY.base_seconds + POLICY.symbol_seconds * 4 * len(row["text"])
    assert 0.01 < row["seconds"] < longest
    assert np.isfinite(wave).all()
    assert (folder / row["alignment"]).read_bytes().startswith(b"\x89PNG")
    return row


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_tones_become_a_voice(store, tmp_path, backend):
    run, out = tmp_path / "run", tmp_path / "out"
    said = script(
        "train_tacotron.py", store, "--run", run, *tiny(*FAST), backend=backend
    )
    assert f"synthesize.py --voice {run}" in said
    trained = Run.open(run).restore()
    assert trained.step == 2
    assert all(np.isfinite(array).all() for array in trained.arrays.values())
    words = ("--voice", run, "--text", TEXT, "--speaker", "suho", "--out", out)
    said = script("synthesize.py", *words, backend=backend)
    assert "1 of 1 lines spoken" in said
    row = checked_row(out)
    assert (row["text"], row["speaker"]) == (TEXT, "suho")
    waves, heard = tmp_path / "waves", tmp_path / "heard.wav"
    aligned = tmp_path / "aligned"
    asked = ("align", store, "--voice", run, "--out", aligned)
    script("-m", "moksori", *asked, backend=backend)
    vocoder = ("train_wavenet.py", store, "--run", waves, "--mels", aligned)
    script(*vocoder, *tiny(*FAST_WAVENET), backend=backend)
    through = (*words[:-1], tmp_path / "through", "--vocoder", waves)
    script("synthesize.py", *through, backend=backend)
    assert checked_row(tmp_path / "through")["seconds"] == row["seconds"]
    script("synthesize.py", *through, "--stream", heard, backend=backend)
    streamed = files.load(heard, RATE)
    assert len(streamed) / RATE == pytest.approx(row["seconds"])
    assert np.abs(streamed).max() > 0
    # The other backend reads the same run.
    if backend == "jax":
        other = tmp_path / "other"
        script("synthesize.py", *words[:-1], other, backend="tensorflow")
        assert checked_row(other)["seconds"] == row["seconds"]
        ours, theirs = (files.load(each / row["wav"], RATE) for each in (out, other))
        assert np.abs(ours - theirs).max() < 1e-2


@pytest.mark.skipif(not ZEROTH.is_dir(), reason="the sample is not on this machine")
def test_real_speech_is_trained_on(tmp_path, monkeypatch):
    script("preprocess.py", ZEROTH, "--out", tmp_path / "out", *tiny())
    assert len(features.FeatureStore.open(tmp_path / "out")) == 10
    words = [tmp_path / "out", "--run", tmp_path / "run"]
    words += tiny(
        "tacotron_training.steps=2",
        "tacotron_training.held_out=1",
        "tacotron_training.previews=1",
    )
    monkeypatch.setattr(sys, "argv", ["train_tacotron.py", *map(str, words)])
    assert train_tacotron.main() == 0
    trained = Run.open(tmp_path / "run").restore()
    assert trained.step == 2
    assert np.isfinite(trained.metric)
