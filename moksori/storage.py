"""Write files atomically, lock folders, check what flags say will be written.

A file is written under a name of its own beside its place, forced to disk and renamed:
a reader meets the old file or the new one, after a kill or a power cut too.
"""

import contextlib
import fcntl
import json
import logging
import os
import threading
from argparse import ArgumentTypeError
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


def refusal(folder: Path) -> str:
    """Return why a folder, or the first above it that exists, cannot be written; or
    an empty text."""
    there = folder.absolute()
    while not os.path.exists(there):
        there = there.parent
    if not there.is_dir() or os.access(there, os.W_OK | os.X_OK):
        return ""
    state = there.stat()
    return (
        f"user {os.getuid()}:{os.getgid()} cannot write {folder}: {there} belongs to "
        f"{state.st_uid}:{state.st_gid}, mode {state.st_mode & 0o777:o}, or is "
        "read-only. Choose another folder; in a container, mount one of your own "
        'there and run with --user "$(id -u):$(id -g)"'
    )


def output_folder(text: str) -> Path:
    """Convert a flag to the folder that a command will write.

    Raises `ArgumentTypeError`, which argparse shows, if it cannot be written."""
    if reason := refusal(Path(text)):
        raise ArgumentTypeError(reason)
    return Path(text)


def output_file(text: str) -> Path:
    """Convert a flag to a file in a folder that can be written."""
    output_folder(os.path.dirname(text))
    return Path(text)


def output_stream(text: str) -> str:
    """Check a wav file that is written while it is spoken; - is standard output."""
    if text != "-":
        output_file(text)
    return text


def run_folder(text: str) -> Path:
    """Convert a flag to a run, which of several hosts only the first writes."""
    host = os.environ.get("KERAS_DISTRIBUTION_PROCESS_ID") or os.environ.get(
        "JAX_PROCESS_ID"
    )
    return output_folder(text) if host in (None, "", "0") else Path(text)
