"""Recordings in, a voice out: every command of the pipeline, on both backends."""

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from datasets.store import build as features
from moksori.audio import files
from moksori.commands import preprocess, train_tacotron
from moksori.training.runs import Run
from moksori.voices.stopping import POLICY
from tests.datasets.made import RATE
from tests.trainings import tiny

pytestmark = pytest.mark.program

ROOT = Path(__file__).parents[2]
ZEROTH = ROOT.parent / "shared/data/zeroth_sample"
TEXT = "안녕하세요."
# A voice that was hardly trained fails always, and on each backend a little otherwise.
ONCE = ("--attempts", "1")


def run_here(commands) -> None:
    """Run commands (name, words) one after another."""
    for name, words in commands:
        argv = [str(word) for word in words]
        assert import_module(f"moksori.commands.{name}").main(argv) in (0, None), name


def run_there(backend: str, commands) -> str:
    """Run commands in one process with another backend; return what it printed."""
    commands = [(name, [str(word) for word in words]) for name, words in commands]
    code = (
        "import json, sys\n"
        "from tests.commands.test_end_to_end import run_here\n"
        "run_here(json.loads(sys.argv[1]))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, json.dumps(commands)],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def pipeline(store: Path, folder: Path) -> list[tuple]:
    """The commands from features to speech, which all write into `folder`."""
    run, waves, aligned = (folder / name for name in ("run", "waves", "aligned"))
    speak = ["--voice", run, "--text", TEXT, "--speaker", "suho", *ONCE]
    through = [*speak, "--vocoder", waves]
    vocoder = [*tiny("wavenet_training", store, waves), "--mels", aligned]
    return [
        ("train_tacotron", tiny("tacotron_training", store, run)),
        ("synthesize", [*speak, "--out", folder / "plain"]),
        ("align", [store, "--voice", run, "--out", aligned]),
        ("train_wavenet", vocoder),
        ("synthesize", [*through, "--out", folder / "through"]),
        ("synthesize", [*through, "--stream", folder / "heard.wav"]),
    ]


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
def test_tones_become_a_voice(tiny_store, tmp_path, capfd, backend):
    commands = pipeline(tiny_store, tmp_path)
    if backend == os.environ["KERAS_BACKEND"]:
        run_here(commands)
        said = capfd.readouterr().out
    else:
        said = run_there(backend, commands)
    assert f"synthesize.py --voice {tmp_path / 'run'}" in said
    assert "1 of 1 lines spoken" in said
    trained = Run.open(tmp_path / "run").restore()
    assert trained.step == 2
    assert all(np.isfinite(array).all() for array in trained.arrays.values())
    row = checked_row(tmp_path / "plain")
    assert (row["text"], row["speaker"]) == (TEXT, "suho")
    assert checked_row(tmp_path / "through")["seconds"] == row["seconds"]
    streamed = files.load(tmp_path / "heard.wav", RATE)
    assert len(streamed) / RATE == pytest.approx(row["seconds"])
    assert np.abs(streamed).max() > 0
    if backend != os.environ["KERAS_BACKEND"]:
        assert_speaks_alike_here(tmp_path, row)


def assert_speaks_alike_here(folder: Path, row: dict) -> None:
    """A run that the other backend trained is read by this one, and sounds the same."""
    words = ["--voice", folder / "run", "--text", TEXT, "--speaker", "suho", *ONCE]
    run_here([("synthesize", [*words, "--out", folder / "other"])])
    assert checked_row(folder / "other")["seconds"] == row["seconds"]
    ours, theirs = (
        files.load(folder / name / row["wav"], RATE) for name in ("other", "plain")
    )
    assert np.abs(ours - theirs).max() < 1e-2


@pytest.mark.skipif(not ZEROTH.is_dir(), reason="the sample is not on this machine")
def test_real_speech_is_trained_on(tmp_path):
    words = [str(ZEROTH), "--out", str(tmp_path / "out"), "--preset", "tiny"]
    assert preprocess.main(words) == 0
    assert len(features.FeatureStore.open(tmp_path / "out")) == 10
    words = tiny("tacotron_training", tmp_path / "out", tmp_path / "run")
    for each in ("held_out=1", "previews=1"):
        words += ["--set", f"tacotron_training.{each}"]
    assert train_tacotron.main(words) == 0
    trained = Run.open(tmp_path / "run").restore()
    assert trained.step == 2
    assert np.isfinite(trained.metric)
