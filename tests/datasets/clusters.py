"""What the tests do to the workers of a cluster: these functions run over there."""

import os
import pathlib
import signal
import time

from datasets.distributed import cluster_worker
from datasets.store import shards
from moksori.audio import files

_changed = []


def restore() -> None:
    """Undo all that the functions below changed in this worker."""
    while _changed:
        setattr(*_changed.pop())
    cluster_worker.versions.cache_clear()


def _change(place, name: str, value) -> None:
    _changed.append((place, name, getattr(place, name)))
    setattr(place, name, value)


def die_after_writing() -> None:
    """From now on the worker is killed when a shard has its name, before it answers."""
    write = cluster_worker.write_block

    def deadly(block):
        write(block)
        os.kill(os.getpid(), signal.SIGKILL)

    _change(cluster_worker, "write_block", deadly)


def cut_off(told: str) -> None:
    """The next block is begun, then the worker is lost to the scheduler, and only when
    somebody else has written the shard it goes on; `told` says what came of it."""
    write = cluster_worker.write_block

    def alone(block):
        from distributed import get_worker

        cluster_worker.write_block = write
        worker = get_worker()
        worker.loop.add_callback(worker.batched_stream.comm.abort)
        path = shards.shard_path(block.folder / "shards", block.number, "mel")
        for _ in range(6000):
            if path.is_file():
                break
            time.sleep(0.01)
        before = path.stat().st_ino
        entries = write(block)
        anew = path.stat().st_ino != before
        pathlib.Path(told).write_text("written again" if anew else "not written")
        return entries

    _change(cluster_worker, "write_block", alone)


def die_of(name: str) -> None:
    """From now on the worker is killed by recordings of this name."""
    decode = files.decode

    def deadly(path, *more):
        if path.name == name:
            os.kill(os.getpid(), signal.SIGKILL)
        return decode(path, *more)

    _change(files, "decode", deadly)


def not_see(folder: str, from_the_start: bool = True) -> None:
    """From now on, or after the first look, the worker does not find a folder."""
    stat, access, check_worker = (
        pathlib.Path.stat,
        os.access,
        cluster_worker.check_worker,
    )

    def no_stat(self, **options):
        if self.is_relative_to(folder):
            raise FileNotFoundError(2, "No such file or directory")
        return stat(self, **options)

    def no_access(path, mode):
        return not path.is_relative_to(folder) and access(path, mode)

    def blind() -> None:
        _change(pathlib.Path, "stat", no_stat)
        _change(os, "access", no_access)

    def look_before(look):
        answer = check_worker(look)
        blind()
        return answer

    if from_the_start:
        blind()
    else:
        _change(cluster_worker, "check_worker", look_before)


def write_elsewhere() -> None:
    """From now on what the worker writes to try does not arrive."""
    _change(pathlib.Path, "write_bytes", lambda self, content: len(content))


def not_write() -> None:
    """From now on the worker may read, and not write."""

    def refuse(self, content):
        raise PermissionError(13, "Permission denied")

    _change(pathlib.Path, "write_bytes", refuse)


def run_other_code() -> None:
    """From now on the worker has older code than the client."""
    _change(cluster_worker, "_CODE", "older")
    cluster_worker.versions.cache_clear()


def round_otherwise() -> None:
    """From now on the worker's features of noise are a little different."""
    _change(cluster_worker, "rounding_probe", lambda audio: "other")


def take_time(seconds: float) -> None:
    """From now on every block takes a while longer."""
    write = cluster_worker.write_block

    def slowly(block):
        time.sleep(seconds)
        return write(block)

    _change(cluster_worker, "write_block", slowly)
