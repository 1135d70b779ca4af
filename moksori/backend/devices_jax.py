"""Devices under JAX: the compiler divides a step that is written for the whole batch.

Weights are replicated by `keras.distribution.DataParallel`, batches are sharded by
rows, and `jax.distributed` introduces the hosts to each other.
"""

import contextlib
import logging

import jax
import keras
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from moksori.backend.cluster import ClusterSpec
from moksori.backend.devices import DeviceBatch, Devices, pad_batch
from moksori.backend.errors import RunError

# The chief may be busy with pictures and sounds when the others have finished.
_PATIENCE_SECONDS = 3600


class JaxDevices(Devices):
    """Described by `devices.Devices`; `number` counts those of each host."""

    def __init__(
        self, number: int | None, cluster: ClusterSpec | None, configure: bool = True
    ):
        if configure and number and number > 1:
            jax.config.update("jax_num_cpu_devices", number)
        if cluster:
            _connect(cluster)
        self.hosts, self.host = jax.process_count(), jax.process_index()
        chosen = _chosen(number)
        self.count, self._chosen = len(chosen), chosen
        self._distribution = self._rows = None
        if self.count > 1:
            names = [f"{device.platform}:{device.id}" for device in chosen]
            self._distribution = keras.distribution.DataParallel(
                devices=names, auto_shard_dataset=False
            )
            mesh = self._distribution.device_mesh.backend_mesh
            axis = self._distribution.batch_dim_name
            self._rows = NamedSharding(mesh, PartitionSpec(axis))
        # On CPUs hosts that have met have half a minute to exchange something.
        self.all_reduce_sum(0.0)

    def __str__(self) -> str:
        kind = self._chosen[0].device_kind
        return _counted(self.count, kind, self.hosts)

    def scope(self):
        if self._distribution is None:
            return contextlib.nullcontext()
        return self._distribution.scope()

    @property
    def everywhere(self) -> NamedSharding | None:
        """The sharding of what every device holds; None where there is but one."""
        return self._rows and NamedSharding(self._rows.mesh, PartitionSpec())

    def place(self, batch, halt=False) -> DeviceBatch:
        if self._rows is None:
            return DeviceBatch(jax.device_put(dict(batch)))
        batch = pad_batch(batch, self.count)
        if self.hosts > 1:
            batch["halt"] = np.full(self.count, halt, np.float32)
        return DeviceBatch(
            {
                name: jax.make_array_from_callback(
                    array.shape, self._rows, array.__getitem__
                )
                for name, array in batch.items()
            }
        )

    def replicate(self, array):
        if self.hosts == 1:
            return array
        # Given as it is, JAX would compare it with every host's.
        return jax.make_array_from_callback(
            array.shape, self.everywhere, array.__getitem__
        )

    def all_reduce_sum(self, number):
        if self.hosts == 1:
            return number
        from jax.experimental.multihost_utils import process_allgather

        return float(process_allgather(np.float32(number)).sum())

    def broadcast_arrays(self, arrays):
        if self.hosts == 1:
            return arrays
        from jax.experimental.multihost_utils import broadcast_one_to_all

        given = broadcast_one_to_all(arrays, is_source=self.chief)
        return [np.asarray(array) for array in given]


def _connect(cluster: ClusterSpec) -> None:
    """Connect to the other hosts. JAX aborts the process when they do not come."""
    logging.getLogger("jax._src.distributed").setLevel(logging.WARNING)
    jax.distributed.initialize(
        cluster.addresses[0],
        cluster.count,
        cluster.index,
        cluster_detection_method="deactivate",
        shutdown_timeout_seconds=_PATIENCE_SECONDS,
    )


def _chosen(number: int | None) -> list:
    """Return as many of every process's devices as are asked for."""
    chosen = []
    for process in range(jax.process_count()):
        theirs = [d for d in jax.devices() if d.process_index == process]
        if number and len(theirs) < number:
            raise RunError(
                f"--devices {number}: host {process} has {len(theirs)} "
                f"({theirs[0].device_kind})"
            )
        chosen += theirs[: number or len(theirs)]
    return chosen


def _counted(count: int, kind: str, hosts: int) -> str:
    text = f"{count} x {kind}"
    return f"{text} on {hosts} hosts" if hosts > 1 else text
