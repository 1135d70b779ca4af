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
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

_PARTIAL = ".partial"
# Files by which a folder is known that belongs to something else.
_FEATURES = ("settings.json", "shards")
_RUN = ("run.json", "checkpoints")
_TABLES = ("transcripts.tsv", "metadata.csv", "demo.json")
_SOUNDS = (".wav", ".flac", ".mp3", ".m4a", ".ogg")

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


def explain(error: Exception, folder: Path) -> str:
    """Return an error as one line; a disk that is full names no file of its own."""
    if isinstance(error, OSError) and error.filename is None:
        return f"{folder}: {error.strerror or error}; what is finished is kept there"
    return str(error)


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


def trespass(folder: Path, own: str = "") -> str:
    """Return what a folder, or one above it, holds that an output would damage or be
    taken for; or an empty text. `own` is what the folder itself may hold already."""
    place = folder.resolve()
    for above in (place, *place.parents):
        held = _held(above, own) if above == place else _held_below(above)
        if held:
            return f"{folder}: {above} holds {held}; name a folder outside of it"
    return ""


def _held_below(folder: Path) -> str:
    """Return what all that lies below a folder belongs to, if it says."""
    if all((folder / name).exists() for name in _FEATURES):
        return "features"
    if any((folder / name).is_file() for name in _TABLES):
        return "a corpus"
    return ""


def _held(folder: Path, own: str) -> str:
    """Return what a folder holds, unless it is `own`."""
    held = _held_below(folder)
    if not held and own and all((folder / name).exists() for name in _RUN):
        held = "a run"
    if not held and folder.is_dir():
        parts = [os.path.splitext(name.lower()) for name in os.listdir(folder)]
        texts = {stem for stem, suffix in parts if suffix == ".txt"}
        sounds = {stem for stem, suffix in parts if suffix in _SOUNDS}
        # A text beside a recording, or the table of KSS.
        if texts & sounds or any(stem.startswith("transcript") for stem in texts):
            held = "a corpus"
    return "" if held == own else held


def output_folder(text: str) -> Path:
    """Convert a flag to the folder that a command will write.

    Raises `ArgumentTypeError`, which argparse shows, if it cannot be written, or would
    lie in features or a corpus."""
    if reason := refusal(Path(text)) or trespass(Path(text)):
        raise ArgumentTypeError(reason)
    return Path(text)


def feature_folder(text: str) -> Path:
    """Convert a flag to the folder of a feature store, which may be there already."""
    if reason := refusal(Path(text)) or trespass(Path(text), "features"):
        raise ArgumentTypeError(reason)
    return Path(text)


def output_file(text: str) -> Path:
    """Convert a flag to a file in a folder that can be written."""
    if reason := refusal(Path(os.path.dirname(text))):
        raise ArgumentTypeError(reason)
    return Path(text)


def output_stream(text: str) -> str:
    """Check a wav file that is written while it is spoken; - is standard output."""
    if text != "-":
        output_file(text)
        if Path(text).suffix.lower() not in ("", ".wav"):
            raise ArgumentTypeError(
                f"{text}: only wav can be heard while it is written; name it "
                f"{Path(text).stem}.wav, and convert that, for instance with ffmpeg"
            )
    return text


def nests(folder: Path, corpora: Iterable[Path]) -> str:
    """Return why features must not lie in or around these corpora; or an empty text."""
    place = folder.resolve()
    for corpus in corpora:
        if place.is_relative_to(corpus.resolve()):
            return f"{folder} lies in the corpus {corpus}; name a folder outside of it"
        if corpus.resolve().is_relative_to(place / _FEATURES[1]):
            return f"{corpus} lies where {folder} keeps its arrays; name another folder"
    return ""


def run_folder(text: str) -> Path:
    """Convert a flag to a run, which of several hosts only the first writes."""
    host = os.environ.get("KERAS_DISTRIBUTION_PROCESS_ID") or os.environ.get(
        "JAX_PROCESS_ID"
    )
    return output_folder(text) if host in (None, "", "0") else Path(text)
