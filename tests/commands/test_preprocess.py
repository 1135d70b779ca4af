"""The script as a person runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from datasets.store import build as features
from tests.datasets.made import folder_corpus, write_sound, write_text

ROOT = Path(__file__).parents[2]
ZEROTH = ROOT.parent / "shared/data/zeroth_sample"


def preprocess(*arguments):
    command = [sys.executable, "preprocess.py", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_corpora_to_a_store(tmp_path):
    first = folder_corpus(tmp_path / "a", 2, ("minji",))
    second = tmp_path / "b"
    write_sound(second / "wavs/1.wav", 30)
    write_text(second / "metadata.csv", "1|안녕하세요|안녕하세요\n2|없다|없다\n")
    out = tmp_path / "out"
    run = preprocess(first, second, "--out", out, "--preset", "tiny", "--linear")
    assert run.returncode == 0, run.stderr
    assert "3 utterances" in run.stdout
    assert "missing 1" in run.stdout
    assert str(out / "report.html") in run.stdout
    store = features.FeatureStore.open(out)
    assert store.speakers == ["b", "minji"]
    assert store.linear(0).shape == (store.rows[0].frames, store.audio.bins)
    again = preprocess(first, second, "--out", out, "--preset", "tiny", "--linear")
    assert "0 computed" in again.stdout


def test_nothing_left_is_exit_code_1(tmp_path):
    write_text(tmp_path / "corpus/a.txt", "안녕")
    (tmp_path / "corpus/a.wav").write_bytes(b"no sound")
    out = tmp_path / "out"
    run = preprocess(tmp_path / "corpus", "--out", out, "--preset", "tiny")
    assert run.returncode == 1
    assert "no utterance is left" in run.stderr
    report = json.loads((out / "report.json").read_text("utf-8"))
    assert [one["reason"] for one in report["rejected"]] == ["unreadable"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere",), "no such folder"),
        ((".", "--format", "kzs"), "unknown format"),
        ((".", "--preset", "koraen"), "did you mean korean"),
        ((".", "--set", "audio.hop=1"), "unknown setting"),
        ((".", "--set", "audio.hop_length=7"), "product"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(tmp_path, arguments, words):
    run = preprocess(*arguments, "--out", tmp_path / "out")
    assert run.returncode == 2
    assert words in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_processes_here_and_a_cluster_exclude_each_other(tmp_path):
    both = ("--workers", 2, "--scheduler", "tcp://127.0.0.1:8786")
    run = preprocess(tmp_path, "--out", tmp_path / "out", *both)
    assert run.returncode == 2
    assert "not allowed with argument --workers" in run.stderr


def test_help_imports_nothing_heavy():
    code = (
        "import sys, runpy\n"
        "sys.argv = ['preprocess.py', '--help']\n"
        "try:\n    runpy.run_path('preprocess.py', run_name='__main__')\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "print(sorted({'numpy', 'scipy', 'librosa', 'keras'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.stdout.strip().endswith("[]"), run.stdout + run.stderr


@pytest.mark.skipif(not ZEROTH.is_dir(), reason="the sample is not on this machine")
def test_the_real_sample(tmp_path):
    run = preprocess(ZEROTH, "--out", tmp_path / "out")
    assert run.returncode == 0, run.stderr
    store = features.FeatureStore.open(tmp_path / "out")
    assert (len(store), store.speakers) == (10, ["104"])
    assert store.rows[0].spoken.startswith("지난해 삼 월")
    report = json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    assert report["rejected"] == []
    assert 4 < report["histograms"]["rate"]["median"] < 8
    assert 5 < report["histograms"]["duration"]["median"] < 10
