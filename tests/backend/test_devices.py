"""Broadcasts and errors between hosts, and the padding of a batch."""

import numpy as np
import pytest

from moksori.backend.devices import Devices, pad_batch
from moksori.backend.errors import PeerLost, RunError
from moksori.backend.setup import setup_devices
from tests.backend.hosts import together


def test_a_batch_is_padded_to_a_multiple_of_the_devices():
    batch = {
        "ids": np.arange(6, dtype=np.int32).reshape(3, 2) + 1,
        "frames": np.ones(3, np.float32),
    }
    for multiple, rows in ((1, 3), (2, 4), (3, 3), (8, 8)):
        made = pad_batch(batch, multiple)
        for name, array in made.items():
            assert array.dtype == batch[name].dtype
            np.testing.assert_array_equal(array[:3], batch[name])
            assert array.shape == (rows, *batch[name].shape[1:])
            assert not array[3:].any()


def test_a_single_host_needs_no_communication():
    alone = Devices()
    assert alone.chief
    assert alone.broadcast_from_chief(lambda: {"a": [1, None]}) == {"a": [1, None]}
    arrays = [np.ones(2)]
    assert alone.broadcast_arrays(arrays) is arrays
    alone.assert_equal_across_hosts("features", "x")
    with pytest.raises(ZeroDivisionError), alone.fail_together():
        raise ZeroDivisionError


@pytest.mark.parametrize("value", [None, 3.5, {"이름": [1, 2], "b": "x" * 5000}])
def test_the_chief_s_value_is_broadcast_to_all_hosts(value):
    asked = []

    def work(devices):
        def load():
            asked.append(devices.host)
            return value

        return devices.broadcast_from_chief(load)

    assert together(work) == [value, value]
    assert asked == [0]


@pytest.mark.parametrize("kind", [RunError, ValueError, OSError])
def test_an_error_of_the_chief_is_raised_on_all_hosts(kind):
    def work(devices):
        def fail():
            raise kind("no such thing: 없음")

        devices.broadcast_from_chief(fail)

    for error in together(work):
        assert isinstance(error, RunError)
        assert str(error) == "no such thing: 없음"


def test_hosts_with_different_features_are_refused():
    first, second = together(
        lambda d: d.assert_equal_across_hosts("features", f"those of {d.host}")
    )
    assert isinstance(first, RunError)
    assert str(first) == "1 of 2 hosts have other features than 0"
    assert str(second) == "host 1 has other features than host 0"
    equal = together(lambda d: d.assert_equal_across_hosts("features", "one"))
    assert equal == [None, None]


class UnavailableError(Exception):
    pass


@pytest.mark.parametrize(
    "error",
    [
        ValueError("UNKNOWN: Gloo all-reduce failed: Connection reset by peer"),
        UnavailableError("Collective ops is aborted by: recvmsg"),
        RuntimeError("The following tasks are unhealthy (stopped sending heartbeats)"),
    ],
)
def test_a_lost_host_is_reported_as_peer_lost(error):
    def work(devices):
        with devices.fail_together():
            raise error

    for host, lost in enumerate(together(work)):
        assert isinstance(lost, PeerLost)
        assert str(lost).startswith(f"host {host} of 2: another host has gone.")
        assert lost.__cause__ is error


@pytest.mark.parametrize(
    "error", [KeyError("mels"), BlockingIOError("Resource temporarily unavailable")]
)
def test_errors_of_the_work_itself_pass_unchanged(error):
    def work(devices):
        with devices.fail_together():
            raise error

    assert together(work) == [error, error]


@pytest.mark.parametrize("asked", ["none", "0", "-1", "2.5", ""])
def test_an_invalid_number_of_devices_is_refused(asked):
    with pytest.raises(RunError, match="all, or a number from 1"):
        setup_devices(asked)
