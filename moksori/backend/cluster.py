"""Read from the environment which hosts train together.

Every host runs one process, started by the same command; these variables tell it of the
others. Whichever are set, either backend understands them:

TF_CONFIG                          {"cluster": {"worker": ["a:2222", "b:2222"]},
                                    "task": {"type": "worker", "index": 0}}
KERAS_DISTRIBUTION_JOB_ADDRESSES   a:2222,b:2222
KERAS_DISTRIBUTION_PROCESS_ID      0
JAX_COORDINATOR_ADDRESS            a:2222 (the others find each other through it)
JAX_NUM_PROCESSES, JAX_PROCESS_ID  2, 0
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from moksori.backend.errors import RunError


@dataclass(frozen=True)
class ClusterSpec:
    """`count` hosts, of which this is number `index`; the first is the chief.

    `addresses` are host:port of all of them, or of the chief alone.
    """

    addresses: tuple[str, ...]
    index: int
    count: int

    def __post_init__(self):
        if not 0 <= self.index < self.count:
            raise RunError(f"host {self.index} of {self.count}: count them from 0")
        for address in self.addresses:
            host, _, port = address.rpartition(":")
            if not host or not port.isdigit():
                raise RunError(f"{address!r} is not an address: write it as host:port")
        if len(self.addresses) not in (1, self.count):
            raise RunError(f"{len(self.addresses)} addresses for {self.count} hosts")

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] = os.environ
    ) -> "ClusterSpec | None":
        """Read the variables; return None for a process that trains alone.

        Raises `RunError` for variables that contradict each other or make no sense.
        """
        found = {
            variable: cluster
            for variable, reader in _READERS.items()
            if environment.get(variable) and (cluster := reader(environment))
        }
        chiefs = {(c.addresses[0], c.index, c.count) for c in found.values()}
        whole = {c.addresses for c in found.values() if len(c.addresses) == c.count}
        if len(chiefs) > 1 or len(whole) > 1:
            shown = " and ".join(found)
            raise RunError(f"{shown} name different hosts: unset all but one of them")
        cluster = max(found.values(), key=lambda c: len(c.addresses), default=None)
        return cluster if cluster and cluster.count > 1 else None

    def tf_config(self) -> str:
        """Return the value of TF_CONFIG. Raises `RunError` without every address."""
        if len(self.addresses) != self.count:
            raise RunError(
                "TensorFlow has to know the address of every host: set TF_CONFIG or "
                "KERAS_DISTRIBUTION_JOB_ADDRESSES instead of JAX_COORDINATOR_ADDRESS"
            )
        task = {"type": "worker", "index": self.index}
        return json.dumps({"cluster": {"worker": list(self.addresses)}, "task": task})


def _tf_config(environment) -> ClusterSpec:
    try:
        config = json.loads(environment["TF_CONFIG"])
        workers, task = config["cluster"]["worker"], config["task"]
        others = [name for name in config["cluster"] if name != "worker"]
        index, kind = int(task["index"]), task.get("type", "worker")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RunError(
            'TF_CONFIG is not {"cluster": {"worker": […]}, "task": {"index": …}}: '
            f"{type(error).__name__} {error}"
        ) from None
    if kind != "worker" or others:
        raise RunError("TF_CONFIG: all hosts are workers here, the first is the chief")
    return ClusterSpec(tuple(map(str, workers)), index, len(workers))


def _keras(environment) -> ClusterSpec:
    addresses = environment["KERAS_DISTRIBUTION_JOB_ADDRESSES"].split(",")
    addresses = tuple(address.strip() for address in addresses)
    given = environment.get("KERAS_DISTRIBUTION_NUM_PROCESSES")
    count = _number(environment, "KERAS_DISTRIBUTION_NUM_PROCESSES") if given else 0
    index = _number(environment, "KERAS_DISTRIBUTION_PROCESS_ID")
    return ClusterSpec(addresses, index, count or len(addresses))


def _jax(environment) -> ClusterSpec:
    count = _number(environment, "JAX_NUM_PROCESSES")
    index = _number(environment, "JAX_PROCESS_ID")
    return ClusterSpec((environment["JAX_COORDINATOR_ADDRESS"],), index, count)


def _number(environment, name: str) -> int:
    try:
        return int(environment[name])
    except KeyError:
        raise RunError(f"{name} is not set: say which of the hosts this is") from None
    except ValueError:
        raise RunError(f"{name}={environment[name]}: must be a whole number") from None


_READERS = {
    "TF_CONFIG": _tf_config,
    "KERAS_DISTRIBUTION_JOB_ADDRESSES": _keras,
    "JAX_COORDINATOR_ADDRESS": _jax,
}
