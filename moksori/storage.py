"""Write files atomically and lock folders: the one way in which both are done.

A file is written under a name of its own beside its place, forced to disk and renamed:
a reader meets the old file or the new one, after a kill or a power cut too.
"""

import contextlib
import fcntl
import json
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

_PARTIAL = ".partial"

log = logging.getLogger(__name__)


class Locked(Exception):
    """Another process holds the lock; the text is what it signed with."""


@contextlib.contextmanager
def atomic_write(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file that replaces `path` once the block has ended without an error.

    The name that it is written under differs between processes and threads; what a
    kill leaves of it is deleted by `lock`. Raises `OSError` when the disk refuses.
    """
    path = Path(path)
    writer = f"{os.getpid()}-{threading.get_native_id()}"
    aside = path.with_name(f".{path.name}.{writer}{_PARTIAL}")
    try:
        with open(aside, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_text(path: str | Path, text: str) -> None:
    """Write a UTF-8 file atomically; a lone surrogate becomes a question mark."""
    with atomic_write(path) as file:
        file.write(text.encode("utf-8", "replace"))


def write_json(path: str | Path, value: Any, indent: int | None = 2) -> None:
    """Write a JSON file atomically, Korean as it is read.

    Raises `TypeError` for what JSON does not hold.
    """
    write_text(path, json.dumps(value, indent=indent, ensure_ascii=False) + "\n")


def sync_folder(folder: Path) -> None:
    """Make the renames inside a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def lock(path: Path, owner: str, *folders: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path`, in which `owner` is signed meanwhile.

    The kernel releases it with the process, however that ends. `folders` are those
    whose files only the holder writes: files that a kill left half written there are
    deleted. Raises `Locked` while another process holds it. Where the disk has no
    locks, that is logged and the block runs.
    """
    # Opened without truncation: the name of another holder may stand there.
    with open(path, "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Locked(file.read().strip() or "unknown") from None
        except OSError as error:
            log.warning("%s: this disk has no locks (%s)", path.parent, error.strerror)
        _sign(file, owner)
        for folder in folders:
            for leftover in folder.glob(f".*{_PARTIAL}"):
                leftover.unlink(missing_ok=True)
        try:
            yield
        finally:
            _sign(file, "")


def lock_holder(path: Path) -> str:
    """Return what the process that holds a lock signed with; "" if there is none."""
    try:
        with open(path) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return file.read().strip() or "unknown"
    except OSError:
        pass
    return ""


def _sign(file, owner: str) -> None:
    file.truncate(0)
    file.write(owner)
    file.flush()
    # Other machines see only what has left the cache of this one.
    os.fsync(file.fileno())
