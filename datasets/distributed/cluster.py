"""Blocks handed to a Dask cluster, whose workers see the same folders as we do.

A task may run twice: its worker died, or lost its connection and works on. Both write
the same under names of their own and rename; nobody writes once the build has ended
(see `datasets.store.lease`). The journal is written by the build alone, in order, after
it has seen the shard, so nothing is lost and nothing counts twice.
"""

import importlib.util
import logging
import pickle
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path

from datasets.distributed import remote
from datasets.store import shards
from datasets.store.extract import Block
from datasets.store.features import FeatureError

log = logging.getLogger(__name__)

# Blocks under way for every thread of the cluster: one that takes long, or whose
# worker died, does not make the others wait soon.
_AHEAD = 4
_LOOK_SECONDS = 1.0
# A cluster without a worker for so long is not merely being started again.
_PATIENCE_SECONDS = 60.0
# File systems shared over a network show a new file late.
_SHOWN_AFTER = (0.0, 0.2, 1.0, 3.0, 10.0)
_KEPT = "what was finished is kept: the same command continues"
# So often in a row may the same block be handed out anew.
_ATTEMPTS = 5


def require_installed() -> None:
    """Raise `FeatureError` where dask.distributed is not installed."""
    if importlib.util.find_spec("distributed") is None:
        raise FeatureError(
            "--scheduler needs dask.distributed, which is not installed: "
            "pip install distributed==2026.8.0"
        )


def in_order(
    address: str, blocks: Iterable[Block], rescue: Callable[[Block], list[dict]]
) -> Iterator[list[dict]]:
    """Yield the journal entries of every block, in the order of the blocks.

    The cluster's scheduler is at `address`, as `tcp://host:8786` or `tls://`. Blocks
    are drawn as threads become free, never far ahead. One whose workers keep dying
    goes to `rescue`, here. Raises `FeatureError` for a cluster that cannot be reached,
    whose workers do not see the folders or would make other features, or that is lost.
    """
    blocks = iter(blocks)
    first = next(blocks, None)
    if first is None:
        return
    with _connected(address) as client:
        _check_workers(client, address, first)
        yield from _Work(client, address, rescue).results(chain([first], blocks))


class _Work:
    """Blocks and their futures, the oldest first."""

    def __init__(self, client, address: str, rescue: Callable[[Block], list[dict]]):
        self._client, self._address, self._rescue = client, address, rescue
        self._waiting: deque[tuple[Block, object]] = deque()
        self._threads, self._seen_workers = 1, time.monotonic()
        self._attempts = 0

    def results(self, blocks: Iterator[Block]) -> Iterator[list[dict]]:
        """The entries of every block in order; cancels what is left when closed."""
        try:
            self._count_threads()
            while True:
                if self._client.status != "running":
                    self._begin_anew()
                room = max(_AHEAD * self._threads - len(self._waiting), 0)
                for block in islice(blocks, room):
                    self._waiting.append((block, self._submit(block)))
                if not self._waiting:
                    return
                entries = self._oldest()
                block, _ = self._waiting.popleft()
                self._attempts = 0
                _confirm(block, entries)
                yield entries
        finally:
            self._cancel()

    def _submit(self, block: Block):
        packed = pickle.dumps((block, remote.made_by()))
        return self._client.submit(_opener(), packed, pure=False)

    def _oldest(self) -> list[dict]:
        """The entries of the oldest block, whatever happens to workers meanwhile."""
        from distributed import CancelledError, KilledWorker

        while True:
            block, future = self._waiting[0]
            try:
                self._await(future)
                return future.result()
            except (KilledWorker, remote.Unseen) as error:
                if isinstance(error, remote.Unseen) and Path(error.path).is_file():
                    raise FeatureError(
                        f"{error.worker} cannot read {error.path}; {_KEPT}"
                    ) from None
                return self._rescue(block)
            except (CancelledError, OSError) as error:
                if isinstance(error, OSError) and future.status == "error":
                    raise
                self._begin_anew()
            except ImportError as error:
                raise FeatureError(f"a worker {_cannot_run(error)}; {_KEPT}") from None

    def _await(self, future) -> None:
        """Return when a future is done; notice a cluster that is not there any more."""
        while True:
            try:
                # Unlike the result, it does not come over the network.
                future.exception(timeout=_LOOK_SECONDS)
                return
            except TimeoutError:
                if self._client.status != "running":
                    raise ConnectionError from None
                self._count_threads()

    def _count_threads(self) -> None:
        now = time.monotonic()
        count = sum(self._client.nthreads().values())
        if count:
            self._threads, self._seen_workers = count, now
        elif now - self._seen_workers > _PATIENCE_SECONDS:
            raise FeatureError(
                f"{self._address}: no worker is left since "
                f"{_PATIENCE_SECONDS:.0f} s; {_KEPT}"
            )

    def _begin_anew(self) -> None:
        """Hand out again what was under way, once the scheduler answers again.

        A connection that is lost takes all futures with it, even if it comes back.
        """
        while self._client.status == "connecting":
            time.sleep(0.1)
        self._attempts += 1
        if self._client.status != "running" or self._attempts > _ATTEMPTS:
            raise FeatureError(f"{self._address}: the scheduler was lost; {_KEPT}")
        blocks = [block for block, _ in self._waiting]
        self._waiting = deque((block, self._submit(block)) for block in blocks)

    def _cancel(self) -> None:
        if self._waiting and self._client.status == "running":
            self._client.cancel([future for _, future in self._waiting], force=True)
        self._waiting.clear()


def _opener() -> Callable[[bytes], list[dict]]:
    """`remote.extract` of what is packed.

    The scheduler opens what it passes on, and need not have this code: so it gets bytes
    and a function that, being local, is sent whole and not by name.
    """

    def extract(packed):
        import pickle

        from datasets.distributed import remote

        return remote.extract(*pickle.loads(packed))

    return extract


@contextmanager
def _connected(address: str) -> Iterator:
    """A client of the scheduler; TLS and timeouts are those of Dask's configuration."""
    from distributed import Client

    # It tells of lost connections at length; we do in a line.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        client = Client(address, set_as_default=False)
    except (OSError, ValueError) as error:
        line = " ".join(str(error).split())
        raise FeatureError(f"--scheduler {address}: cannot connect: {line}") from None
    try:
        yield client
    finally:
        client.close()


def _check_workers(client, address: str, block: Block) -> None:
    """Raise `FeatureError` unless every worker is fit for this work; names the worst.

    One that rounds otherwise (another kind of processor) is only told of.
    """
    try:
        client.wait_for_workers(1, timeout=_PATIENCE_SECONDS)
    except TimeoutError:
        raise FeatureError(f"{address}: the cluster has no worker") from None
    recording = block.utterances[0][1].path
    size = recording.stat().st_size
    look = remote.Look(recording, size, block.folder, block.build, block.audio)
    look.token.write_text(look.build, "ascii")
    try:
        answers = client.run(remote.look_around, look, on_error="return")
        for worker, answer in sorted(answers.items()):
            _judge(worker, answer, look)
    finally:
        for path in look.token.parent.glob(f"{look.build}*"):
            path.unlink()


def _judge(worker: str, answer, look: remote.Look) -> None:
    if isinstance(answer, OSError):
        raise FeatureError(f"{worker} does not answer: {answer}")
    if isinstance(answer, Exception):
        raise FeatureError(f"{worker} {_cannot_run(answer)}")
    remote.check_made_by(worker, answer.made_by, remote.made_by())
    if answer.problem:
        raise FeatureError(f"{worker} {answer.problem}")
    written = look.folder / "shards" / answer.written
    if not _shown(written.is_file):
        raise FeatureError(
            f"{worker} writes to a folder {look.folder} of its own, not to this one"
        )
    if answer.sample != remote.sample(look.audio):
        log.warning(
            "%s rounds otherwise than this machine: features are as good, "
            "but not equal to the last bit",
            worker,
        )


def _cannot_run(error: Exception) -> str:
    line = " ".join(str(error).split())
    return (
        f"cannot run this code ({line}); start it in the project's folder "
        "by python -m dask worker"
    )


def _confirm(block: Block, entries: list[dict]) -> None:
    """Raise `FeatureError` unless the entries are the block's and its shard is here."""
    if [entry["key"] for entry in entries] != [key for key, _ in block.utterances]:
        raise FeatureError(f"shard {block.number}: a worker answers for another block")
    end = max((e["offset"] + e["frames"] for e in entries if "shard" in e), default=0)
    folder = block.folder / "shards"

    def there() -> bool:
        return shards.shard_frames(folder, block.number, block.audio) >= end

    if end and not _shown(there):
        raise FeatureError(
            f"{folder}: shard {block.number} was written elsewhere: the workers must "
            f"reach this folder under this path; {_KEPT}"
        )


def _shown(there: Callable[[], bool]) -> bool:
    """Whether something is there, at once or a little later."""
    for seconds in _SHOWN_AFTER:
        time.sleep(seconds)
        if there():
            return True
    return False
