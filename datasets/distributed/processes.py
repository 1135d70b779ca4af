"""Run jobs in processes: results in order, flat memory, crashes survived."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context, parent_process
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def in_order(
    work: Callable[[Job], Result],
    jobs: Iterable[Job],
    workers: int,
    retry: Callable[[Job], Result],
) -> Iterator[Result]:
    """Yield `work(job)` of every job, in the order of the jobs.

    `jobs` is drawn as workers become free, never far ahead. When a process dies (a
    decoder crashed, memory ran out), `retry(job)` is called in this process for the
    first job without a result, and the others are begun anew.
    """
    jobs = iter(jobs)
    waiting: deque[Job] = deque()
    while True:
        with _pool(workers) as pool:
            futures = deque(pool.submit(work, job) for job in waiting)
            try:
                while True:
                    for job in islice(jobs, max(2 * workers - len(waiting), 0)):
                        waiting.append(job)
                        futures.append(pool.submit(work, job))
                    if not waiting:
                        return
                    result = futures[0].result()
                    futures.popleft()
                    waiting.popleft()
                    yield result
            except BrokenProcessPool:
                pass
        yield retry(waiting.popleft())


def run_alone(work: Callable[[Job], Result], job: Job) -> Result:
    """Run `work(job)` in a new process; raises `BrokenProcessPool` if it dies."""
    with _pool(1) as pool:
        return pool.submit(work, job).result()


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Start a pool of processes of one thread each, so that they share the cores.

    They are spawned, because a fork of a process that has threads (TensorFlow's, say)
    may hang.
    """
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _leave_with_parent)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _leave_with_parent() -> None:
    """Watch the parent process, and end this one when it is killed."""

    def watch():
        parent_process().join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
