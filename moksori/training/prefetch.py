"""Prepare the next batch and put it on its devices while a step runs."""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class Prefetch:
    """Prepares the batch after each in a thread; order and errors hold.

    What `batches.at(step)` gives is counted by `frames_in(batch)` and put in place by
    `trainer.place(batch, halt)`, where `interrupt.requested` is the word of this host.
    Use it as a context.
    """

    def __init__(self, trainer, batches, steps: int, frames_in, interrupt):
        self._trainer, self._batches, self._steps = trainer, batches, steps
        self._frames_in, self._interrupt = frames_in, interrupt
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self._next: tuple[int, Future] | None = None

    def __enter__(self) -> "Prefetch":
        return self

    def __exit__(self, *_) -> None:
        self._pool.shutdown(cancel_futures=True)

    def at(self, step: int) -> tuple[Any, int, dict]:
        """Return the shape, the frames and the placed batch of `step`."""
        expected = self._next is not None and self._next[0] == step
        future = self._next[1] if expected else self._submit(step)
        batch = future.result()
        if step + 1 < self._steps:
            self._next = (step + 1, self._submit(step + 1))
        return batch

    def _submit(self, step: int) -> Future:
        return self._pool.submit(self._prepare, step)

    def _prepare(self, step: int) -> tuple[Any, int, dict]:
        shape, batch = self._batches.at(step)
        placed = self._trainer.place(batch, self._interrupt.requested)
        return shape, self._frames_in(batch), placed
