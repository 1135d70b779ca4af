"""Folders that a training writes to: may one, does the disk keep its word, and is
there room."""

import errno
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from moksori.doctor.findings import Finding, error, ok, warning
from moksori.doctor.table import binary

_GIBI = 2**30
_SLOW_SECONDS = 2.0
# Beside the checkpoints: pictures, sounds and figures of a whole training.
_PREVIEWS = _GIBI
_PASSING = ("overlay", "tmpfs", "ramfs", "aufs")


@dataclass(frozen=True)
class Mount:
    """Where a folder lies: the mount point and the type of its file system."""

    point: Path
    kind: str


def standing(folder: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    folder = folder.absolute()
    return next(each for each in (folder, *folder.parents) if each.exists())


def mount_of(folder: Path, root: Path = Path("/")) -> Mount | None:
    """What holds a folder, by /proc/self/mountinfo; None where that cannot be read."""
    try:
        lines = (root / "proc/self/mountinfo").read_text("utf-8", "replace")
    except OSError:
        return None
    folder, best = standing(folder).resolve(), None
    for line in lines.splitlines():
        before, _, after = line.partition(" - ")
        if len(before.split()) < 5 or not after.split():
            continue
        point = Path(before.split()[4].replace("\\040", " "))
        deeper = best is None or len(point.parts) >= len(best.point.parts)
        if deeper and folder.is_relative_to(point):
            best = Mount(point, after.split()[0])
    return best


def writing(name: str, folder: Path, contained: bool = False) -> Iterator[Finding]:
    """Do to a folder, on a small scale, what a training does: write a file aside, force
    it to disk, rename it, lock it; nothing is left behind."""
    name, there = f"{name} folder", standing(folder)
    where = f"{folder}" if there == folder.absolute() else f"{folder} (in {there})"
    mount = mount_of(folder)
    facts = {
        "folder": folder,
        "mount": mount and mount.point,
        "type": mount and mount.kind,
    }
    try:
        seconds, lock = _try(there)
    except OSError as failure:
        yield error(name, f"{where}: {failure.strerror}", _remedy(failure), **facts)
        return
    facts |= {"seconds": seconds, "locks": not lock}
    kind = f" ({mount.kind})" if mount else ""
    if lock:
        text = f"{where}{kind} can be written, but has no locks: {lock}"
        advice = "let no two trainings share a run there, or use a disk of this machine"
        yield warning(name, text, advice, **facts)
    elif seconds > _SLOW_SECONDS:
        text = f"{where}{kind}: {seconds:.1f} s to force a small file to disk"
        advice = "a checkpoint will take long: use a disk of this machine"
        yield warning(name, text, advice, **facts)
    elif contained and mount and mount.kind in _PASSING:
        text = f"{where} lies in the container ({mount.kind}) and is lost with it"
        advice = (
            f'mount a folder of the host: docker run -v "$PWD/{folder.name}:{there}"'
        )
        yield warning(name, text, advice, **facts)
    else:
        yield ok(name, f"{where}{kind} can be written", **facts)


def room(
    name: str,
    folder: Path,
    runs: Sequence[tuple[int, int]] = (),
    free: int | None = None,
) -> Iterator[Finding]:
    """Disk space, for `runs` of (bytes of a checkpoint, how many of the last are kept);
    the best and the one being written come on top.

    `free` are the bytes that count as free, by default what the disk says.
    """
    name = f"{name} disk"
    usage = shutil.disk_usage(standing(folder))
    free = usage.free if free is None else free
    need = sum((keep + 2) * checkpoint + _PREVIEWS for checkpoint, keep in runs)
    text = f"{binary(free)} free of {binary(usage.total)}"
    facts = {"free": free, "total": usage.total, "needed": need}
    if need:
        told = " and ".join(f"{keep + 2} of {binary(size)}" for size, keep in runs)
        text += f"; needs {binary(need)}, for checkpoints ({told}) and previews"
    advice = "make room, or name a folder on a larger disk"
    if free < (need or _GIBI):
        yield error(name, text, advice, **facts)
    elif free < max(2 * need, 5 * _GIBI):
        yield warning(name, text, advice, **facts)
    else:
        yield ok(name, text, **facts)


def _try(folder: Path) -> tuple[float, str]:
    """Seconds until a small file was on disk, and why it could not be locked if so."""
    place = Path(tempfile.mkdtemp(prefix=".doctor-", dir=folder))
    try:
        started = time.perf_counter()
        with open(place / "aside", "wb") as file:
            file.write(b"\0" * 65536)
            file.flush()
            os.fsync(file.fileno())
        os.replace(place / "aside", place / "file")
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        seconds, lock = time.perf_counter() - started, ""
        with open(place / "file", "a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as failure:
                lock = failure.strerror
        return seconds, lock
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _remedy(failure: OSError) -> str:
    if failure.errno in (errno.EACCES, errno.EPERM):
        return 'chown it to your user, or docker run --user "$(id -u):$(id -g)"'
    if failure.errno == errno.EROFS:
        return "mount it for writing: a read-only root needs volumes for data and logs"
    if failure.errno in (errno.ENOSPC, errno.EDQUOT):
        return "make room: the disk, or your share of it, is full"
    return "look at the disk: dmesg may say more"
