"""The benchmark itself, at sizes that take seconds."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_size_is_made_measured_and_cleared_away(tmp_path):
    result = tmp_path / "growth.json"
    command = ["benchmarks/corpus_growth.py", "--sizes", "20", "40", "--workers", "1"]
    command += ["--folder", tmp_path, "--json", result, "--preset", "tiny"]
    run = subprocess.run(
        [sys.executable, *map(str, command)], cwd=ROOT, capture_output=True, text=True
    )
    # 1 says that a limit was passed, as so few utterances may.
    assert run.returncode in (0, 1), run.stderr
    sizes = json.loads(result.read_text("utf-8"))["sizes"]
    assert [size["utterances"] for size in sizes] == [20, 40]
    for size in sizes:
        for stage in ("first", "again", "one_changed", "loader"):
            assert size[stage]["seconds"] > 0
        assert size["kilobytes"]["manifest.jsonl"] > 0
    small, large = (size["kilobytes"]["manifest.jsonl"] for size in sizes)
    assert 1.9 < large / small < 2.1
    assert list(tmp_path.iterdir()) == [result]
