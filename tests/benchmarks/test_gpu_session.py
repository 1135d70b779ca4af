"""The session on a lent GPU leaves runs that speak, and a second call goes on."""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from moksori.training.runs import Run

ROOT = Path(__file__).parents[2]
SMALL = ("--preset", "tiny", "--sentences", "12", "--figure-seconds", "0.1")


def session(folder: Path, backend: str, *more: str) -> dict:
    """What a session wrote down that trains for a few steps on a CPU."""
    words = ["--out", folder / "out", "--scratch", folder / "scratch", *SMALL]
    words += ["--seconds", "4000", "--steps", "2", "--backend", backend, *more]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu_session", *map(str, words)],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads((folder / "out" / "session.json").read_text("utf-8"))


def test_two_sessions_train_on(tmp_path):
    first = session(tmp_path / "1", "tensorflow", "--measure", "0")
    out = tmp_path / "1" / "out"
    assert {p.name for p in out.iterdir()} == {
        *("base.tar", "base-curve.tar", "vocoder.tar", "vocoder-curve.tar"),
        *("figures.jsonl", "session.json"),
    }
    assert [row["exit"] for row in first["lessons"].values()] == [0, 0]
    for name in ("base", "vocoder"):
        with tarfile.open(out / f"{name}.tar") as tar:
            tar.extractall(tmp_path, filter="data")
        run = Run.open(tmp_path / name)
        assert run.restore().step == 2
    second = session(tmp_path / "2", "tensorflow", "--previous", str(out))
    for name, row in second["lessons"].items():
        assert row["from"].endswith(f"previous/{name}")
