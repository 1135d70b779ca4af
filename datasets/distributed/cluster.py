"""Extract blocks on a Dask cluster, whose workers see the same folders as we do.

A task may run twice: its worker died, or lost its connection and works on. Both write
the same under names of their own and rename; a worker whose build has ended writes
nothing (`datasets.store.build_lock`). The journal is written by the build alone, in
order, after it has seen the shard, so nothing is lost and nothing counts twice.
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

from datasets.distributed import cluster_worker
from datasets.store import shards
from datasets.store.extract import Block
from datasets.store.features import FeatureError

log = logging.getLogger(__name__)

# Blocks under way for every thread of the cluster: one that takes long, or whose
# worker died, does not make the others wait soon.
_AHEAD = 4
_POLL_SECONDS = 1.0
# A cluster without a worker for so long is not merely being started again.
_PATIENCE_SECONDS = 60.0
# File systems shared over a network show a new file late: seconds between two looks.
_SHOWN_AFTER = (0.0, 0.2, 1.0, 3.0, 10.0)
# So often in a row may the same block be submitted anew.
_ATTEMPTS = 5
_KEPT = "what was finished is kept: the same command continues"


def require_installed() -> None:
    """Raise `FeatureError` where dask.distributed is not installed."""
    if importlib.util.find_spec("distributed") is None:
        raise FeatureError(
            "--scheduler needs dask.distributed, which is not installed: "
            "pip install distributed==2026.8.0"
        )


def in_order(
    address: str, blocks: Iterable[Block], retry: Callable[[Block], list[dict]]
) -> Iterator[list[dict]]:
    """Yield the journal entries of every block, in the order of the blocks.

    The cluster's scheduler is at `address`, as `tcp://host:8786` or `tls://`. Blocks
    are drawn as threads become free, never far ahead. One whose workers keep dying
    goes to `retry`, here. Raises `FeatureError` for a cluster that cannot be reached,
    whose workers do not see the folders or would make other features, or that is lost.
    """
    blocks = iter(blocks)
    first = next(blocks, None)
    if first is None:
        return
    with _connect(address) as client:
        _check_workers(client, address, first)
        yield from _Tasks(client, address, retry).results(chain([first], blocks))


class _Tasks:
    """Blocks and their futures, the oldest first."""

    def __init__(self, client, address: str, retry: Callable[[Block], list[dict]]):
        self._client, self._address, self._retry = client, address, retry
        self._waiting: deque[tuple[Block, object]] = deque()
        self._threads, self._workers_seen, self._attempts = 1, time.monotonic(), 0

    def results(self, blocks: Iterator[Block]) -> Iterator[list[dict]]:
        """Yield the entries of each block in order; cancel what is left when closed."""
        try:
            while True:
                self._count_threads()
                if self._client.status != "running":
                    self._resubmit()
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
            if self._waiting and self._client.status == "running":
                self._client.cancel([task for _, task in self._waiting], force=True)

    def _submit(self, block: Block):
        # The scheduler unpickles what it passes on and need not have this code: it gets
        # bytes, and a function that, being local, is sent whole and not by name.
        def extract(packed):
            import pickle

            from datasets.distributed import cluster_worker

            return cluster_worker.extract(*pickle.loads(packed))

        packed = pickle.dumps((block, cluster_worker.versions()))
        return self._client.submit(extract, packed, pure=False)

    def _oldest(self) -> list[dict]:
        """Wait for the entries of the oldest block, whatever happens to workers."""
        from distributed import CancelledError, KilledWorker

        while True:
            block, future = self._waiting[0]
            try:
                future.exception(timeout=_POLL_SECONDS)
                return future.result()
            except KilledWorker:
                return self._retry(block)
            except cluster_worker.RecordingUnseen as error:
                if not Path(error.path).is_file():
                    return self._retry(block)
                text = f"{error.worker} cannot read {error.path}; {_KEPT}"
                raise FeatureError(text) from None
            except ImportError as error:
                raise FeatureError(f"a worker {_cannot_run(error)}; {_KEPT}") from None
            except (CancelledError, OSError) as error:
                if future.status == "error":
                    raise  # by the work itself: a full disk, say
                if self._client.status != "running" or type(error) is not TimeoutError:
                    self._resubmit()
                else:
                    self._count_threads()

    def _count_threads(self) -> None:
        now = time.monotonic()
        try:
            count = sum(self._client.nthreads().values())
        except OSError:
            return  # the connection is lost, which the client's status tells
        if count:
            self._threads, self._workers_seen = count, now
        elif now - self._workers_seen > _PATIENCE_SECONDS:
            raise FeatureError(
                f"{self._address}: no worker is left since "
                f"{_PATIENCE_SECONDS:.0f} s; {_KEPT}"
            )

    def _resubmit(self) -> None:
        """Submit anew what was under way, once the scheduler answers again.

        A connection that is lost takes all futures with it, even if it comes back.
        """
        while self._client.status == "connecting":
            time.sleep(0.1)
        self._attempts += 1
        if self._client.status != "running" or self._attempts > _ATTEMPTS:
            raise FeatureError(f"{self._address}: the scheduler was lost; {_KEPT}")
        blocks = [block for block, _ in self._waiting]
        self._waiting = deque((block, self._submit(block)) for block in blocks)


@contextmanager
def _connect(address: str) -> Iterator:
    """Connect to a scheduler; TLS and timeouts are those of Dask's configuration."""
    from distributed import Client

    # It reports lost connections at length; we do in a line.
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
    """Raise `FeatureError`, which names the worker, unless all are fit for this work.

    A worker that rounds otherwise (another kind of processor) is only logged.
    """
    try:
        client.wait_for_workers(1, timeout=_PATIENCE_SECONDS)
    except TimeoutError:
        raise FeatureError(f"{address}: the cluster has no worker") from None
    recording = block.utterances[0][1].path
    check = cluster_worker.WorkerCheck(
        recording,
        recording.stat().st_size,
        block.folder,
        shards.aside(block.folder / "shards" / block.build),
        block.audio,
        cluster_worker.versions(),
    )
    check.token.write_bytes(b"")
    try:
        answers = client.run(cluster_worker.check_worker, check, on_error="return")
        for worker, answer in sorted(answers.items()):
            _require_fit(worker, answer, check)
    finally:
        for path in check.token.parent.glob(f"*{check.token.name}"):
            path.unlink()


def _require_fit(worker: str, answer, check: cluster_worker.WorkerCheck) -> None:
    if isinstance(answer, OSError):
        raise FeatureError(f"{worker} does not answer: {answer}")
    if isinstance(answer, FeatureError):
        raise FeatureError(f"{worker} {answer}")
    if isinstance(answer, Exception):
        raise FeatureError(f"{worker} {_cannot_run(answer)}")
    written, probe = answer
    if not _appears(check.token.with_name(written).is_file):
        raise FeatureError(
            f"{worker} writes to a folder {check.folder} of its own, not to this one"
        )
    if probe != cluster_worker.rounding_probe(check.audio):
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

    if end and not _appears(there):
        raise FeatureError(
            f"{folder}: shard {block.number} was written elsewhere: the workers must "
            f"reach this folder under this path; {_KEPT}"
        )


def _appears(there: Callable[[], bool]) -> bool:
    """Wait until something is there; False if it does not come."""
    for seconds in _SHOWN_AFTER:
        time.sleep(seconds)
        if there():
            return True
    return False
