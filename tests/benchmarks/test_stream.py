"""The benchmark of the first sound measures every line, in this tree and another."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks import stream
from tests.voices.runs import make_run

ROOT = Path(__file__).parents[2]


def test_it_measures_five_lines_of_two_trees(tmp_path):
    run = make_run(tmp_path / "tiny", "text.normalize=false")
    words = ("--voice", str(run), "--other", str(ROOT), "--repeats", "1", "--warm")
    asked = ("--backends", "tensorflow", "--vocoders", "griffin-lim")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.stream", *words, *asked],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    *table, values = done.stdout.splitlines()
    assert len(table) == 3
    rows = json.loads(values)
    assert [row["tree"] for row in rows] == ["this", "other"]
    for row in rows:
        assert 0 < row["loaded"] < row["first"]
        assert len(row["wall"]) == len(row["cpu"]) == len(stream.LINES)
        assert all(0 < value < row["first"] for value in row["wall"] + row["cpu"])
