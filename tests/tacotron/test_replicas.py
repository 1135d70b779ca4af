"""A batch on several replicas, or filled up with empty rows, is the same batch."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from moksori.backend.replicas import all_reduce_sum
from tests.tacotron.made import (
    assert_same_step,
    network,
    plain_trainer,
    stepped,
    uneven,
)

pytestmark = pytest.mark.backend

ROOT = Path(__file__).parents[2]


def test_there_is_nothing_to_sum_on_one_device():
    tensors = keras.ops.ones((3,)), keras.ops.zeros((2, 2))
    assert all_reduce_sum(*tensors) == tensors


def test_empty_rows_draw_nothing_from_the_noise_of_others():
    """Dropout and zoneout are drawn row by row, so filling up changes none of it."""
    trainer = plain_trainer(network())
    assert_same_step(stepped(trainer, uneven(1)), stepped(trainer, uneven()))


@pytest.mark.distributed
@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="one program sees all devices"
)
def test_the_shares_of_two_replicas_add_up():
    assert "loss and gradients add up" in with_two_devices("two_replicas")


@pytest.mark.distributed
@pytest.mark.skipif(keras.backend.backend() != "jax", reason="each replica has its own")
def test_devices_exchange_nothing_within_a_loop():
    assert "exchanges, none in" in with_two_devices("two_devices")


def with_two_devices(module: str) -> str:
    """What the module prints in a process of this backend that has two devices."""
    run = subprocess.run(
        [sys.executable, "-m", f"tests.tacotron.{module}"],
        cwd=ROOT,
        env={
            **os.environ,
            "KERAS_BACKEND": keras.backend.backend(),
            "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
        },
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr[-8000:]
    return run.stdout
