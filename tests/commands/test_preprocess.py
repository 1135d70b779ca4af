"""The command preprocess, in this process."""

import errno
import json
import os
from pathlib import Path

import pytest

from datasets.store import build as features
from moksori.commands.preprocess import main
from tests.datasets.made import folder_corpus, write_sound, write_text

ZEROTH = Path(__file__).parents[3] / "shared/data/zeroth_sample"


@pytest.fixture
def preprocess(capsys):
    """Run the command; returns (exit code, standard output, standard error)."""

    def run(*arguments):
        code = main([*map(str, arguments), "--workers", "1"])
        return code, *capsys.readouterr()

    return run


def test_corpora_to_a_store(preprocess, tmp_path):
    first = folder_corpus(tmp_path / "a", 2, ("minji",))
    second = tmp_path / "b"
    write_sound(second / "wavs/1.wav", 30)
    write_text(second / "metadata.csv", "1|안녕하세요|안녕하세요\n2|없다|없다\n")
    out = tmp_path / "out"
    flags = ("--out", out, "--preset", "tiny", "--linear")
    code, said, error = preprocess(first, second, *flags)
    assert code == 0, error
    assert "3 utterances" in said
    assert "missing 1" in said
    assert str(out / "report.html") in said
    store = features.FeatureStore.open(out)
    assert store.speakers == ["b", "minji"]
    assert store.linear(0).shape == (store.rows[0].frames, store.audio.bins)
    assert "0 computed" in preprocess(first, second, *flags)[1]


def test_nothing_left_is_exit_code_1(preprocess, tmp_path):
    write_text(tmp_path / "corpus/a.txt", "안녕")
    (tmp_path / "corpus/a.wav").write_bytes(b"no sound")
    out = tmp_path / "out"
    code, _, error = preprocess(tmp_path / "corpus", "--out", out, "--preset", "tiny")
    assert code == 1
    assert "preprocess: no utterance is left" in error
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
def test_mistakes_are_one_line_and_exit_code_2(preprocess, tmp_path, arguments, words):
    code, _, error = preprocess(*arguments, "--out", tmp_path / "out")
    assert code == 2
    assert error.startswith("preprocess: ")
    assert words in error
    assert len(error.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("inside", ["", "features", "../corpus"])
def test_features_in_the_corpus_are_refused(preprocess, tmp_path, inside):
    corpus = folder_corpus(tmp_path / "corpus", 1)
    code, _, error = preprocess(corpus, "--out", corpus / inside)
    assert code == 2
    assert error.startswith("preprocess: ")
    assert "lies in the corpus" in error
    assert len(error.splitlines()) == 1
    assert sorted(path.name for path in corpus.iterdir()) == ["minji"]


def test_a_full_disk_names_the_folder(preprocess, tmp_path, monkeypatch):
    corpus, out = folder_corpus(tmp_path / "corpus", 2), tmp_path / "out"
    flags = (corpus, "--out", out, "--preset", "tiny")
    with monkeypatch.context() as full:

        def refuse(*_):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        full.setattr("datasets.store.shards.os.fsync", refuse)
        code, _, error = preprocess(*flags)
    assert code == 2
    assert f"preprocess: {out}: No space left on device" in error
    assert preprocess(*flags)[0] == 0


def test_a_new_limit_is_not_a_smaller_corpus(preprocess, tmp_path):
    flags = (folder_corpus(tmp_path / "a", 3), "--out", tmp_path / "out")
    preprocess(*flags, "--preset", "tiny")
    _, said, _ = preprocess(*flags, "--preset", "tiny", "--set", "audio.max_seconds=1")
    assert "too long" in said
    assert "corpora" not in said


def test_processes_here_and_a_cluster_exclude_each_other(preprocess, tmp_path, capsys):
    with pytest.raises(SystemExit):
        preprocess(tmp_path, "--out", tmp_path / "out", "--scheduler", "tcp://a:8786")
    assert "--workers" in capsys.readouterr().err


@pytest.mark.skipif(not ZEROTH.is_dir(), reason="the sample is not on this machine")
def test_the_real_sample(preprocess, tmp_path):
    code, _, error = preprocess(ZEROTH, "--out", tmp_path / "out")
    assert code == 0, error
    store = features.FeatureStore.open(tmp_path / "out")
    assert (len(store), store.speakers) == (10, ["104"])
    assert store.rows[0].spoken.startswith("지난해 삼 월")
    report = json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    assert report["rejected"] == []
    assert 4 < report["histograms"]["rate"]["median"] < 8
    assert 5 < report["histograms"]["duration"]["median"] < 10
