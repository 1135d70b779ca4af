"""kill -9 at any moment loses nothing that was finished."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from datasets.store import build as features
from datasets.store.journal import Journal
from tests.datasets.made import folder_corpus
from tests.datasets.stores import LINEAR

ROOT = Path(__file__).parents[2]


def test_a_kill_before_every_durable_step(tmp_path):
    corpus = folder_corpus(tmp_path / "corpus", 20, ("a", "b"))
    command = [sys.executable, "-m", "tests.datasets.kill", corpus, tmp_path]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    points = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(points) > 30
    assert [one["killed"] for one in points] == [True] * (len(points) - 1) + [False]
    held = [one["held"] for one in points]
    assert held == sorted(held)
    assert {0, 16, 32, 40} == set(held)
    for one in points:
        assert one["same"], one
        assert one["utterances"] == 40, one
        assert one["extracted"] == 40 - one["held"], one
        assert not one["left"], one


@pytest.mark.program
def test_killing_the_program_leaves_no_process_and_continues(tmp_path):
    corpus = folder_corpus(tmp_path / "corpus", 100, ("a", "b"))
    out = tmp_path / "out"
    settings = ("--preset", "tiny", "--workers", "2")
    command = [sys.executable, "preprocess.py", corpus, "--out", out, *settings]
    first = subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True
    )
    journal = out / "journal.jsonl"
    while first.poll() is None and not any(Journal(journal, LINEAR.audio)):
        time.sleep(0.005)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    wait_until_gone(first.pid)
    held = len(list(Journal(journal, LINEAR.audio)))
    assert held > 0
    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert "200 utterances" in again.stdout
    assert f"{200 - held} computed" in again.stdout
    store = features.FeatureStore.open(out)
    assert len(store) == 200
    assert all(store.mel(i).shape[0] == store.rows[i].frames for i in range(200))


def wait_until_gone(group: int) -> None:
    """Return when no process of the group lives; a minute is more than enough."""
    for _ in range(6000):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    pytest.fail("workers live on after their parent was killed")
