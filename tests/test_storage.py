"""Files are whole or not there; a lock holds until its process ends."""

import contextlib
import fcntl
import os
from argparse import ArgumentTypeError

import pytest

from moksori import storage
from moksori.storage import Locked, atomic_write, lock, lock_holder


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_when_the_block_ends(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with atomic_write(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["a"]


def test_an_error_leaves_the_old_file(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(TypeError), atomic_write(path) as file:
        file.write("neither half")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_text_and_json_are_korean_and_survive_lone_surrogates(tmp_path):
    storage.write_json(tmp_path / "a.json", {"말": "소리\udcff"})
    assert (tmp_path / "a.json").read_bytes() == '{\n  "말": "소리?"\n}\n'.encode()
    storage.write_json(tmp_path / "a.json", [1], indent=None)
    assert (tmp_path / "a.json").read_bytes() == b"[1]\n"


def test_a_lock_is_exclusive_and_names_its_holder(tmp_path):
    path = tmp_path / "lock"
    assert lock_holder(path) == ""
    with lock(path, "first"):
        assert lock_holder(path) == "first"
        with pytest.raises(Locked, match="first"), lock(path, "second"):
            pass
    assert lock_holder(path) == path.read_text() == ""
    with lock(path, "second"):
        pass


def test_a_lock_deletes_what_a_kill_left_half_written(tmp_path):
    (tmp_path / "sub").mkdir()
    leftovers = [tmp_path / "sub" / ".a.1-1.partial", tmp_path / "sub" / ".b.partial"]
    for leftover in leftovers:
        leftover.write_bytes(b"half")
    (tmp_path / "sub" / "whole").touch()
    with lock(tmp_path / "lock", "me", tmp_path / "sub"):
        assert names(tmp_path / "sub") == ["whole"]


def test_a_disk_without_locks_is_logged(tmp_path, monkeypatch, caplog):
    def refuse(*_):
        raise OSError(95, os.strerror(95))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with lock(tmp_path / "lock", "me"):
        assert "no locks" in caplog.text


@pytest.fixture
def closed(tmp_path, monkeypatch):
    """A folder that cannot be written, for root neither."""
    access = os.access
    refused = tmp_path / "closed"
    refused.mkdir(mode=0o555)
    monkeypatch.setattr(
        os, "access", lambda path, mode: path != refused and access(path, mode)
    )
    return refused


def test_an_output_that_cannot_be_written_is_refused(closed):
    for check, path in (
        (storage.output_folder, closed),
        (storage.output_folder, closed / "deep/er"),
        (storage.output_file, closed / "me.voice"),
        (storage.output_stream, closed / "a.wav"),
        (storage.run_folder, closed / "me"),
    ):
        with pytest.raises(ArgumentTypeError, match=f"{closed} belongs to .* mode 555"):
            check(str(path))


def test_an_output_that_can_be_written_passes(closed, monkeypatch):
    open_folder = closed.parent
    assert storage.output_folder(f"{open_folder}/a/b") == open_folder / "a/b"
    assert storage.output_file(f"{open_folder}/a") == open_folder / "a"
    monkeypatch.chdir(closed)
    assert storage.output_stream("-") == "-"


@pytest.mark.parametrize(("host", "refused"), [("0", True), ("1", False)])
def test_of_several_hosts_only_the_first_writes_the_run(
    closed, monkeypatch, host, refused
):
    monkeypatch.setenv("KERAS_DISTRIBUTION_PROCESS_ID", host)
    with pytest.raises(ArgumentTypeError) if refused else contextlib.nullcontext():
        storage.run_folder(str(closed / "me"))


def made(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


FEATURES = ("settings.json", "shards/00000.mel")
RUN = ("run.json", "checkpoints/a")
CORPORA = (
    ("metadata.csv", "wavs/1.wav"),
    ("transcripts.tsv",),
    ("transcript.v.1.4.txt", "1/1.wav"),
    ("a.wav", "a.txt"),
    ("a.FLAC", "a.TXT"),
)


@pytest.mark.parametrize("names", CORPORA)
def test_outputs_in_a_corpus_are_refused(tmp_path, names):
    corpus = str(made(tmp_path / "corpus", *names))
    for check in storage.output_folder, storage.run_folder, storage.feature_folder:
        with pytest.raises(ArgumentTypeError, match="corpus holds a corpus; name"):
            check(corpus)


def test_outputs_in_features_are_refused(tmp_path):
    store = made(tmp_path / "store", *FEATURES)
    for inside in (store, store / "deep/er"):
        for check in storage.output_folder, storage.run_folder:
            with pytest.raises(ArgumentTypeError, match="store holds features; name"):
                check(str(inside))
    assert storage.feature_folder(str(store)) == store
    with pytest.raises(ArgumentTypeError, match="holds features"):
        storage.feature_folder(f"{store}/sub")


def test_features_in_a_run_are_refused_but_speech_is_not(tmp_path):
    run = made(tmp_path / "run", *RUN)
    assert storage.output_folder(f"{run}/speech") == run / "speech"
    assert storage.run_folder(str(run)) == run
    assert storage.feature_folder(f"{run}/features") == run / "features"
    with pytest.raises(ArgumentTypeError, match="holds a run"):
        storage.feature_folder(str(run))


def test_earlier_outputs_are_no_corpus(tmp_path):
    spoken = made(tmp_path / "a", "0001.wav", "0001.png", "manifest.jsonl", "lines.txt")
    assert storage.output_folder(str(spoken)) == spoken


def test_features_and_corpora_lie_apart(tmp_path):
    corpus = tmp_path / "corpus"
    for out in (corpus, corpus / "features", corpus / "../corpus/x"):
        assert "lies in the corpus" in storage.nests(out, [tmp_path / "b", corpus])
    assert "keeps its arrays" in storage.nests(tmp_path, [tmp_path / "shards/me"])
    for out in (tmp_path / "features", tmp_path, tmp_path / "corpus-features"):
        assert storage.nests(out, [corpus]) == ""


@pytest.mark.parametrize("name", ["a.mp3", "a.flac", "deep/a.MP4"])
def test_a_stream_is_a_wav(tmp_path, name):
    with pytest.raises(ArgumentTypeError, match=r"name it a\.wav"):
        storage.output_stream(f"{tmp_path}/{name}")
    for fine in ("-", f"{tmp_path}/a.wav", f"{tmp_path}/a.WAV", f"{tmp_path}/pipe"):
        assert storage.output_stream(fine) == fine
