import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from moksori.backend import probe

GIBI = 2**30


def _card():
    return SimpleNamespace(
        platform="gpu",
        device_kind="NVIDIA H100",
        compute_capability="9.0",
        memory_stats=lambda: {"bytes_limit": 60 * GIBI},
    )


def test_jax_on_gpus():
    answer = probe._jax(SimpleNamespace(local_devices=lambda: [_card(), _card()]))
    device = {"kind": "GPU", "name": "NVIDIA H100", "capability": [9, 0]}
    assert answer["devices"] == [{**device, "memory": 60 * GIBI}] * 2
    # This module cannot convolve, and the answer says so.
    assert not answer["works"]
    assert "AttributeError" in answer["failure"]


def test_jax_on_a_processor():
    cpu = SimpleNamespace(platform="cpu", device_kind="cpu")
    (device,) = probe._jax(SimpleNamespace(local_devices=lambda: [cpu]))["devices"]
    assert device == {"kind": "CPU", "name": "cpu", "capability": None, "memory": None}


def _tensorflow(gpus, details):
    config = SimpleNamespace(
        list_physical_devices=lambda kind: gpus,
        experimental=SimpleNamespace(get_device_details=lambda gpu: details),
    )
    build = {"is_cuda_build": True, "cuda_version": "12.5.1"}
    sysconfig = SimpleNamespace(get_build_info=lambda: build)
    return SimpleNamespace(config=config, sysconfig=sysconfig)


@pytest.mark.parametrize(
    ("details", "device"),
    [
        (
            {"device_name": "NVIDIA H100", "compute_capability": (9, 0)},
            {"name": "NVIDIA H100", "capability": [9, 0]},
        ),
        ({}, {"name": "/physical_device:GPU:0", "capability": None}),
    ],
)
def test_tensorflow_on_gpus(details, device):
    gpu = SimpleNamespace(name="/physical_device:GPU:0")
    answer = probe._tensorflow(_tensorflow([gpu], details))
    assert answer["devices"] == [{"kind": "GPU", "memory": None, **device}]
    assert answer["build"] == {"is_cuda_build": "True", "cuda_version": "12.5.1"}
    assert json.dumps(answer)


def test_tensorflow_on_a_processor():
    answer = probe._tensorflow(_tensorflow([], {}))
    assert [device["kind"] for device in answer["devices"]] == ["CPU"]


@pytest.mark.parametrize(
    ("value", "works", "word"),
    [
        (7744.0, True, ""),
        (float("nan"), False, "gave nan"),
        (7740.0, False, "gave 7740"),
    ],
)
def test_a_convolution_is_checked(value, works, word):
    answer = probe._check(lambda: value)
    assert answer["works"] == works
    assert word in answer["failure"]


def test_the_program_answers_in_json_when_a_backend_is_missing():
    command = [sys.executable, "-m", "moksori.backend.probe", "nothing"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert json.loads(run.stdout) == {
        "failure": "ModuleNotFoundError: No module named 'nothing'",
        "missing": True,
    }
