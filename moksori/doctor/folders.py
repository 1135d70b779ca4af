"""Folders that a training writes to: permissions, speed and room."""

import errno
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from moksori.doctor.findings import ERROR, WARNING, Finding, format_bytes, judge
from moksori.storage import atomic_write

_GIBI = 2**30
# Beside the checkpoints: pictures, sounds and figures of a whole training.
_PREVIEWS = _GIBI
_LOST_WITH_CONTAINER = ("overlay", "tmpfs", "ramfs", "aufs")
_ADVICE = {
    errno.EACCES: 'chown it to your user, or docker run --user "$(id -u):$(id -g)"',
    errno.EROFS: "mount it for writing: a read-only root needs volumes",
    errno.ENOSPC: "make room: the disk is full",
    errno.EDQUOT: "make room: your share of the disk is full",
}


def check_folder(
    name: str, folder: Path, container: str, runs: Sequence[tuple[int, int]] = ()
) -> Finding:
    """Write a small file to a folder as a training does, and check the disk's space.

    It has to hold `runs` of (bytes of a checkpoint, how many are kept); the best and
    the one being written come on top. Nothing is left behind.
    """
    there = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    kind, started = _file_system(there), time.perf_counter()
    name += " folder"
    where = f"{folder} ({kind})" if there == folder else f"{folder} ({kind} at {there})"
    try:
        with tempfile.TemporaryDirectory(prefix=".doctor-", dir=there) as place:
            with atomic_write(Path(place, "file")) as file:
                file.write(bytes(65536))
            seconds = time.perf_counter() - started
    except OSError as failure:
        advice = _ADVICE.get(failure.errno, "look at the disk: dmesg may say more")
        return Finding(name, ERROR, f"{where}: {failure.strerror}", advice)
    disk = psutil.disk_usage(str(there))
    need = sum((keep + 2) * checkpoint + _PREVIEWS for checkpoint, keep in runs)
    text = f"{where} can be written, {format_bytes(disk.free)} free"
    if need:
        parts = " and ".join(f"{n + 2} of {format_bytes(size)}" for size, n in runs)
        text += f"; needs {format_bytes(need)}: checkpoints ({parts}) and previews"
    room = "make room, or name a folder on a larger disk"
    slow = "a checkpoint will take long: use a disk of this machine"
    mount = f'mount a host folder: docker run -v "$PWD/{folder.name}:{folder}"'
    lost = container and kind in _LOST_WITH_CONTAINER
    return judge(
        name,
        text,
        (disk.free < (need or _GIBI), ERROR, "", room),
        (disk.free < max(2 * need, 5 * _GIBI), WARNING, "", room),
        (seconds > 2, WARNING, f"; a small file took {seconds:.1f} s", slow),
        (lost, WARNING, ", but is lost with the container", mount),
        **{"type": kind, "free": disk.free, "needed": need},
    )


def _file_system(folder: Path) -> str:
    """Return the type of the file system that holds an existing folder."""
    mounts = {each.mountpoint: each.fstype for each in psutil.disk_partitions(all=True)}
    holding = filter(folder.resolve().is_relative_to, mounts)
    return mounts.get(max(holding, key=len, default=""), "unknown disk")
