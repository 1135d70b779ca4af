"""The devices that train together: those of this process, and of its partners.

Data parallel: every device holds the whole model and takes its rows of each batch, and
what a step computes is what one device would have computed for the whole of it. The
batch is that of the settings, however many devices share it.
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from moksori.training.callbacks import Waiting
from moksori.training.cluster import Cluster
from moksori.training.quiet import load_backend
from moksori.training.runs import RunError


class Lost(RuntimeError):
    """Another host has gone, and nothing can be trained without it."""


class Placed(dict):
    """A batch on its devices."""


class Devices:
    """`count` devices in all, spread over `hosts` processes; this is number `host`.

    Made by `start`. What is said to be told or shared has to be asked for by every host
    in the same order: each waits there for the others.
    """

    count = 1
    hosts = 1
    host = 0

    @property
    def chief(self) -> bool:
        """Whether this process is the one that writes."""
        return self.host == 0

    def __str__(self) -> str:
        """The devices in words."""
        raise NotImplementedError

    def scope(self) -> contextlib.AbstractContextManager:
        """Where model and optimizer are made, so that every device has them."""
        return contextlib.nullcontext()

    def place(self, batch: Mapping[str, np.ndarray], halt: bool = False) -> Placed:
        """Put each device's rows [B / count, ...] of `batch` [B, ...] on it.

        Empty rows, zeros, fill it up to a multiple of `count`. With several hosts its
        `halt` counts, once summed, the devices whose host asks to stop.
        """
        raise NotImplementedError

    def held(self, array: np.ndarray):
        """An array that all hosts have alike, as a weight takes it without asking."""
        return array

    def shared(self, arrays: list[np.ndarray]) -> list[np.ndarray]:
        """The chief's arrays on every host; the others give some of equal shapes."""
        return arrays

    def told(self, say: Callable[[], Any]) -> Any:
        """What `say` returns to the chief, who alone calls it: plain values for JSON.

        A `RunError`, `ValueError` or `OSError` of the chief's is raised on every host.
        """
        if self.hosts == 1:
            return say()
        told = self._told(say) if self.chief else b""
        length = int(self.shared([np.array([len(told)], np.float32)])[0][0])
        content = np.frombuffer(told or bytes(length), np.uint8)
        answer = json.loads(self.shared([content])[0].tobytes())
        if "mistake" in answer:
            raise RunError(answer["mistake"])
        return answer["value"]

    def summed(self, number: float) -> float:
        """The sum of what every host gives."""
        return number

    def same(self, what: str, value: str) -> None:
        """Raise `RunError`, on every host, unless each has the chief's `value`."""
        differs = self.told(lambda: value) != value
        others = round(self.summed(float(differs)))
        if differs:
            raise RunError(f"host {self.host} has other {what} than host 0")
        if others:
            raise RunError(f"{others} of {self.hosts} hosts have other {what} than 0")

    def watching(self, validate, hooks: list) -> tuple:
        """What `fit` is to ask and call on this host: all of it on the chief, and on
        the others nothing but the pauses."""
        if self.chief:
            return validate, hooks
        return None, [Waiting(h.every) for h in hooks if hasattr(h, "every")]

    @contextlib.contextmanager
    def company(self) -> Iterator[None]:
        """Work with the other hosts. Raises `Lost` when one of them has gone."""
        try:
            yield
            self.told(lambda: None)  # none leaves while another is still at work
        except RunError:
            raise
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            ours = isinstance(error, OSError) and not isinstance(error, ConnectionError)
            foreign = any(word in text.lower() for word in _LOST_WORDS)
            if self.hosts == 1 or ours or not foreign:
                raise
            raise Lost(
                f"host {self.host} of {self.hosts}: another host has gone. The same "
                "command on every host continues from the last checkpoint "
                f"({text.splitlines()[0][:200]})"
            ) from error

    @staticmethod
    def _told(say) -> bytes:
        try:
            return json.dumps({"value": say()}).encode()
        except (RunError, ValueError, OSError) as error:
            return json.dumps({"mistake": str(error)}).encode()


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


def filled(batch: Mapping[str, np.ndarray], multiple: int) -> dict[str, np.ndarray]:
    """`batch` with rows of zeros behind, so that their number divides by `multiple`."""

    def fill(array):
        more = -len(array) % multiple
        return np.pad(array, [(0, more)] + [(0, 0)] * (array.ndim - 1))

    return {name: fill(np.asarray(array)) for name, array in batch.items()}


def start(asked: str = "all", cluster: Cluster | None = None) -> Devices:
    """Wake the backend of Keras on the devices asked for: "all", or a number of them.

    A machine without accelerators counts as one device, or is divided into as many as
    are asked for, which is good for a rehearsal only. With a `cluster` (that of
    `Cluster.of()`) the number is that of each host. To be called before anything else
    has used the backend. Raises `RunError` for what this machine does not have.
    """
    if asked != "all" and (not asked.isdigit() or int(asked) < 1):
        raise RunError(f"--devices {asked}: all, or a number from 1")
    number = None if asked == "all" else int(asked)
    found: list[Devices] = []

    def prepare() -> None:
        kind = _kind()
        found.append(kind(number, cluster))

    load_backend(prepare)
    return found[0]


def alone() -> Devices:
    """One device, of a process that trains alone, whether or not its backend is in use
    already."""
    return _kind()(1, None, configure=False)


def _kind() -> type[Devices]:
    import keras

    backend = keras.backend.backend()
    if backend == "jax":
        from moksori.training.devices_jax import JaxDevices

        return JaxDevices
    if backend == "tensorflow":
        from moksori.training.devices_tensorflow import TensorFlowDevices

        return TensorFlowDevices
    raise RunError(f"KERAS_BACKEND={backend}: train with tensorflow or jax")
