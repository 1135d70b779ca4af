"""Folders that are written to: nothing stays, and what is in the way is said."""

import errno
import os
from types import SimpleNamespace

import pytest

from moksori.doctor import folders
from moksori.doctor.findings import ERROR, OK, WARNING

GIBI = 2**30


def check(folder, container="", runs=()):
    return folders.check_folder("logs", folder, container, runs)


@pytest.fixture(autouse=True)
def disk(monkeypatch):
    """A disk of ext4 with 100 GiB free; its values may be changed."""
    disk = SimpleNamespace(free=100 * GIBI, kind="ext4")
    monkeypatch.setattr(folders.psutil, "disk_usage", lambda folder: disk)
    monkeypatch.setattr(folders, "_file_system", lambda folder: disk.kind)
    return disk


def test_a_folder_is_left_as_it_was(tmp_path):
    found = check(tmp_path)
    assert (found.level, list(tmp_path.iterdir())) == (OK, [])
    assert found.text == f"{tmp_path} (ext4) can be written, 100.0 GiB free"


def test_a_folder_that_will_be_made(tmp_path):
    assert f"(ext4 at {tmp_path})" in check(tmp_path / "logs" / "me").text
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.EACCES, "chown"), (errno.EROFS, "read-only"), (errno.EIO, "dmesg")],
)
def test_a_folder_that_refuses(tmp_path, monkeypatch, number, words):
    def refuse(path):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(folders, "atomic_write", refuse)
    found = check(tmp_path)
    assert found.level is ERROR
    assert os.strerror(number) in found.text
    assert words in found.advice


def test_what_a_container_takes_with_it(tmp_path, disk):
    disk.kind = "overlay"
    assert check(tmp_path).level is OK
    assert "docker run -v" in check(tmp_path, "docker").advice


@pytest.mark.parametrize(("free", "level"), [(6, ERROR), (10, WARNING), (20, OK)])
def test_room_for_checkpoints(tmp_path, disk, free, level):
    disk.free = free * GIBI
    found = check(tmp_path, runs=[(GIBI, 3), (GIBI // 4, 2)])
    assert found.level is level
    assert found.values["needed"] == 5 * GIBI + GIBI + 4 * GIBI // 4 + GIBI


def test_the_file_system_is_that_of_the_deepest_mount(monkeypatch, tmp_path):
    monkeypatch.undo()
    mounts = {"/": "overlay", str(tmp_path): "nfs4", f"{tmp_path}/other": "ext4"}
    found = [SimpleNamespace(mountpoint=p, fstype=kind) for p, kind in mounts.items()]
    monkeypatch.setattr(folders.psutil, "disk_partitions", lambda all: found)
    (tmp_path / "logs").mkdir()
    assert folders._file_system(tmp_path / "logs") == "nfs4"
