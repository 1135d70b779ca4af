import errno
import fcntl
import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moksori.doctor import folders
from moksori.doctor.findings import Level
from tests.doctor.made import at

GIBI = 2**30
MOUNTS = """27 1 254:0 / / rw,relatime - overlay overlay rw
30 27 0:9 / {here} rw - nfs4 host:/share rw
31 30 0:9 / {here}/my\\040data rw shared:1 - xfs /dev/sda rw
torn line
"""


def writing(folder, contained=False):
    (found,) = folders.writing("data", folder, contained)
    return found


def test_a_folder_is_left_as_it_was(tmp_path):
    found = writing(tmp_path)
    assert found.level is Level.OK
    assert found.values["locks"]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_to_come(tmp_path):
    found = writing(tmp_path / "a" / "b")
    assert found.level is Level.OK
    assert f"(in {tmp_path})" in found.text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (errno.EACCES, "--user"),
        (errno.EROFS, "read-only root needs volumes"),
        (errno.ENOSPC, "make room"),
        (errno.EIO, "dmesg"),
    ],
)
def test_a_disk_that_refuses(tmp_path, monkeypatch, number, word):
    def refuse(_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    found = writing(tmp_path)
    assert found.level is Level.ERROR
    assert os.strerror(number) in found.text
    assert word in found.advice
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written():
    # Not even the superuser can make a folder there.
    found = writing(Path("/proc/self"))
    assert found.level is Level.ERROR


def test_a_disk_without_locks(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    found = writing(tmp_path)
    assert found.level is Level.WARNING
    assert "No locks available" in found.text
    assert not found.values["locks"]


def test_a_slow_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "_SLOW_SECONDS", 0.0)
    found = writing(tmp_path)
    assert found.level is Level.WARNING
    assert "to force a small file to disk" in found.text


def test_mounts(tmp_path):
    here = tmp_path / "here"
    (here / "my data" / "deep").mkdir(parents=True)
    table = MOUNTS.format(here=here)
    root = at(tmp_path / "root", {"proc/self/mountinfo": table})
    kinds = {
        folder: folders.mount_of(folder, root).kind
        for folder in (tmp_path, here / "none", here / "my data" / "deep")
    }
    assert list(kinds.values()) == ["overlay", "nfs4", "xfs"]
    assert folders.mount_of(here, tmp_path / "none") is None


@given(st.text())
def test_mounts_of_garbage(tmp_path_factory, text):
    root = tmp_path_factory.mktemp("root")
    at(root, {"proc/self/mountinfo": f"{text}\n1 1 1 1 {text} - {text}"})
    folders.mount_of(root, root)


@pytest.mark.parametrize(
    ("contained", "level"), [(True, Level.WARNING), (False, Level.OK)]
)
def test_a_folder_that_is_lost_with_the_container(
    tmp_path, monkeypatch, contained, level
):
    mount = folders.Mount(Path("/"), "overlay")
    monkeypatch.setattr(folders, "mount_of", lambda folder: mount)
    found = writing(tmp_path / "data", contained)
    assert found.level is level
    assert level is Level.OK or '-v "$PWD/data:' in found.advice


@pytest.mark.parametrize(
    ("free", "runs", "level"),
    [
        (100 * GIBI, (), Level.OK),
        (3 * GIBI, (), Level.WARNING),
        (GIBI // 2, (), Level.ERROR),
        (100 * GIBI, [(GIBI, 3)], Level.OK),
        (7 * GIBI, [(GIBI, 3)], Level.WARNING),
        (5 * GIBI, [(GIBI, 3)], Level.ERROR),
        (7 * GIBI, [(GIBI, 3), (GIBI, 3)], Level.ERROR),
    ],
)
def test_room(tmp_path, free, runs, level):
    (found,) = folders.room("logs", tmp_path, runs, free=free)
    assert found.level is level
    assert found.values["needed"] == sum(5 * GIBI + GIBI for _ in runs)


def test_a_full_disk(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")(50 * GIBI, 50 * GIBI, 0)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    (found,) = folders.room("logs", tmp_path / "none")
    assert found.level is Level.ERROR
    assert found.text == "0 B free of 50.0 GiB"
