"""The devices that train together: those of this host, and of the others.

Data parallel: every device holds the whole model and takes its rows of each batch, and
what a step computes is what one device would have computed for the whole of it. The
batch is that of the settings, however many devices share it.
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from moksori.backend.errors import PeerLost, RunError


class DeviceBatch(dict):
    """A batch on its devices."""


class Devices:
    """`count` devices in all, spread over `hosts` processes; this is number `host`.

    Made by `backend.setup`. Broadcasts and sums are collective: every host has to call
    them, in the same order, and waits there for the others.
    """

    count = 1
    hosts = 1
    host = 0

    @property
    def chief(self) -> bool:
        """Tell whether this host is the one that writes."""
        return self.host == 0

    def __str__(self) -> str:
        """Return the devices in words."""
        raise NotImplementedError

    def scope(self) -> contextlib.AbstractContextManager:
        """Return the context to build model and optimizer in, so that every device has
        them."""
        return contextlib.nullcontext()

    def place(self, batch: Mapping[str, np.ndarray], halt: bool = False) -> DeviceBatch:
        """Put each device's rows [B / count, ...] of `batch` [B, ...] on it.

        Empty rows, zeros, fill it up to a multiple of `count`. With several hosts its
        `halt` counts, once summed, the devices whose host asks to stop.
        """
        raise NotImplementedError

    @property
    def everywhere(self):
        """The sharding of what every device holds; None where there is none."""
        return None

    def replicate(self, array: np.ndarray):
        """Return an array that is equal on all hosts in a form that weights take
        without communication."""
        return array

    def broadcast_arrays(self, arrays: list[np.ndarray]) -> list[np.ndarray]:
        """Broadcast the chief's arrays; the other hosts give some of equal shapes."""
        return arrays

    def broadcast_from_chief(self, function: Callable[[], Any]) -> Any:
        """Call `function` on the chief alone and broadcast its result, which JSON
        holds.

        A `RunError`, `ValueError` or `OSError` of it is raised on every host as a
        `RunError`.
        """
        if self.hosts == 1:
            return function()
        message = _packed_result(function) if self.chief else b""
        length = np.array([len(message)], np.float32)
        length = int(self.broadcast_arrays([length])[0][0])
        content = np.frombuffer(message or bytes(length), np.uint8)
        answer = json.loads(self.broadcast_arrays([content])[0].tobytes())
        if "error" in answer:
            raise RunError(answer["error"])
        return answer["value"]

    def all_reduce_sum(self, number: float) -> float:
        """Sum a number over all hosts."""
        return number

    def assert_equal_across_hosts(self, what: str, value: str) -> None:
        """Raise `RunError`, on every host, unless each has the chief's `value`."""
        differs = self.broadcast_from_chief(lambda: value) != value
        others = round(self.all_reduce_sum(float(differs)))
        if differs:
            raise RunError(f"host {self.host} has other {what} than host 0")
        if others:
            raise RunError(f"{others} of {self.hosts} hosts have other {what} than 0")

    @contextlib.contextmanager
    def fail_together(self) -> Iterator[None]:
        """Leave the block when all hosts do. Raises `PeerLost` when one has gone."""
        try:
            yield
            self.broadcast_from_chief(lambda: None)  # waits for the other hosts
        except RunError:
            raise
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            ours = isinstance(error, OSError) and not isinstance(error, ConnectionError)
            foreign = any(word in text.lower() for word in _LOST_WORDS)
            if self.hosts == 1 or ours or not foreign:
                raise
            raise PeerLost(
                f"host {self.host} of {self.hosts}: another host has gone. The same "
                "command on every host continues from the last checkpoint "
                f"({text.splitlines()[0][:200]})"
            ) from error


def _packed_result(function) -> bytes:
    try:
        return json.dumps({"value": function()}).encode()
    except (RunError, ValueError, OSError) as error:
        return json.dumps({"error": str(error)}).encode()


# What the backends' errors say when a connection to another host breaks.
_LOST_WORDS = (
    "gloo",
    "nccl",
    "collective",
    "coordination",
    "connection reset",
    "connection refused",
    "connection closed",
    "unavailable",
    "unhealthy",
    "heartbeat",
    "deadline",
)


def pad_batch(batch: Mapping[str, np.ndarray], multiple: int) -> dict[str, np.ndarray]:
    """Append rows of zeros until their number divides by `multiple`."""

    def fill(array):
        more = -len(array) % multiple
        return np.pad(array, [(0, more)] + [(0, 0)] * (array.ndim - 1))

    return {name: fill(np.asarray(array)) for name, array in batch.items()}
