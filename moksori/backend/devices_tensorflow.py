"""Devices under TensorFlow: every replica takes the step for its rows.

`tf.distribute` mirrors the weights; what depends on the whole batch is summed over the
replicas by the step itself.
"""

import logging
import os
from functools import cached_property

import numpy as np
import tensorflow as tf

from moksori.backend.cluster import ClusterSpec
from moksori.backend.devices import DeviceBatch, Devices, pad_batch
from moksori.backend.errors import RunError


class TensorFlowDevices(Devices):
    """Described by `devices.Devices`; `number` counts those of each host."""

    def __init__(
        self, number: int | None, cluster: ClusterSpec | None, configure: bool = True
    ):
        # Every collective is worth a line to it.
        logging.getLogger("tensorflow").setLevel(logging.WARNING)
        if configure:
            _choose(number)
        self._kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
        self._strategy = (
            _strategy(cluster) if configure else tf.distribute.get_strategy()
        )
        self.count = self._strategy.num_replicas_in_sync
        if cluster:
            self.hosts, self.host = cluster.count, cluster.index

    def __str__(self) -> str:
        text = f"{self.count} x {self._kind}"
        return f"{text} on {self.hosts} hosts" if self.hosts > 1 else text

    def scope(self):
        return self._strategy.scope()

    def place(self, batch, halt=False) -> DeviceBatch:
        if self.count == 1:
            return DeviceBatch({n: tf.convert_to_tensor(a) for n, a in batch.items()})
        batch = pad_batch(batch, self.count)
        if self.hosts > 1:
            batch["halt"] = np.full(self.count, halt, np.float32)
        return DeviceBatch({name: self._spread(array) for name, array in batch.items()})

    def _spread(self, array):
        rows = len(array) // self.count
        devices = self._strategy.extended.worker_devices

        def part(context):
            place = context.replica_id_in_sync_group
            with tf.device(devices[place % len(devices)]):
                return tf.convert_to_tensor(array[place * rows : (place + 1) * rows])

        return self._strategy.experimental_distribute_values_from_function(part)

    def all_reduce_sum(self, number):
        if self.hosts == 1:
            return number
        first = self.host * self.count // self.hosts
        value = self._contribution(np.array([number], np.float32), first)
        (total,) = self._summed((value,))
        return float(self._strategy.experimental_local_results(total)[0].numpy()[0])

    def broadcast_arrays(self, arrays):
        if self.hosts == 1:
            return arrays
        values = tuple(self._contribution(_floats(array)) for array in arrays)
        totals = [
            self._strategy.experimental_local_results(total)[0].numpy()
            for total in self._summed(values)
        ]
        return [_restored(*pair) for pair in zip(totals, arrays, strict=True)]

    def _contribution(self, content, source: int = 0):
        """Return floats [n] on the replica `source`, zeros on all others."""

        def part(context):
            at_source = context.replica_id_in_sync_group == source
            return tf.constant(content if at_source else np.zeros_like(content))

        return self._strategy.experimental_distribute_values_from_function(part)

    @cached_property
    def _summed(self):
        def replica(*values):
            context = tf.distribute.get_replica_context()
            # An argument itself lies on no device of its own.
            values = [tf.identity(value) for value in values]
            return context.all_reduce(tf.distribute.ReduceOp.SUM, values)

        @tf.function(reduce_retracing=True, autograph=False)
        def summed(values):
            return self._strategy.run(replica, args=values)

        return summed


def _floats(array: np.ndarray) -> np.ndarray:
    """Return an array as float32 [n], which collectives can add: other types byte by
    byte."""
    flat = np.asarray(array, order="C").reshape(-1)
    if flat.dtype == np.float32:
        return flat
    return flat.view(np.uint8).astype(np.float32)


def _restored(floats: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Invert `_floats`."""
    if like.dtype != np.float32:
        floats = floats.astype(np.uint8).view(like.dtype)
    return floats.reshape(like.shape)


def _choose(number: int | None) -> None:
    """Show TensorFlow as many devices as are asked for, unless it sees just those; it
    may be in use already."""
    cards = tf.config.list_physical_devices("GPU")
    if number in (None, len(cards) or 1):
        return
    if not cards:
        (processor,) = tf.config.list_physical_devices("CPU")
        parts = [tf.config.LogicalDeviceConfiguration()] * number
        tf.config.set_logical_device_configuration(processor, parts)
    elif number > len(cards):
        raise RunError(f"--devices {number}: this machine has {len(cards)} (GPU)")
    else:
        tf.config.set_visible_devices(cards[:number], "GPU")


def _strategy(cluster: ClusterSpec | None):
    if cluster:
        os.environ["TF_CONFIG"] = cluster.tf_config()
        return tf.distribute.MultiWorkerMirroredStrategy()
    kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    devices = tf.config.list_logical_devices(kind)
    if len(devices) == 1:
        return tf.distribute.get_strategy()
    return tf.distribute.MirroredStrategy([device.name for device in devices])
