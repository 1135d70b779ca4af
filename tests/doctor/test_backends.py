import ctypes
import json
from types import SimpleNamespace

import pytest

from moksori.doctor import backends
from moksori.doctor.errands import ask

GIBI = 2**30


def _card(platform="gpu", **more):
    stats = {"bytes_limit": 60 * GIBI, "peak_bytes_in_use": 3 * GIBI}
    return SimpleNamespace(
        platform=platform,
        device_kind="NVIDIA H100",
        compute_capability="9.0",
        memory_stats=lambda: stats,
        **more,
    )


def test_jax_on_gpus():
    answer = backends._jax(SimpleNamespace(local_devices=lambda: [_card(), _card()]))
    device = {"kind": "GPU", "name": "NVIDIA H100", "capability": [9, 0]}
    assert answer["devices"] == [{**device, "memory": 60 * GIBI}] * 2
    # This one has nothing to convolve with, which it survives.
    assert not answer["works"]
    assert "lax" in answer["failure"]


def test_jax_on_a_processor():
    cpu = SimpleNamespace(platform="cpu", device_kind="cpu")
    (device,) = backends._jax(SimpleNamespace(local_devices=lambda: [cpu]))["devices"]
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
    answer = backends._tensorflow(_tensorflow([gpu], details))
    assert answer["devices"] == [{"kind": "GPU", "memory": None, **device}]
    assert answer["build"] == {"is_cuda_build": "True", "cuda_version": "12.5.1"}
    assert json.dumps(answer)


def test_tensorflow_on_a_processor():
    answer = backends._tensorflow(_tensorflow([], {}))
    assert [device["kind"] for device in answer["devices"]] == ["CPU"]


def test_libraries_that_are_loaded(tmp_path, monkeypatch):
    class Library:
        def __init__(self, path):
            self.path = path

        def cudnnGetVersion(self):
            return 91002

        def cudaRuntimeGetVersion(self, number):
            assert self.path == "/b c/libcudart.so.12"
            number._obj.value = 12090
            return 0

    lines = [
        f"7f00-7f01 r-xp 00000000 fe:00 1  {path}"
        for path in ("/a/libcudnn.so.9", "/a/libcudnn.so.9", "/b c/libcudart.so.12")
    ]
    # This one does not know the question.
    lines.append("7f00-7f01 r-xp 00000000 fe:00 1  /a/libcuda.so.1")
    lines.append("7f00-7f01 r-xp 00000000 fe:00 1  /a/libcudnn_ops.so.9")
    lines.append("7f00-7f01 rw-p 00000000 00:00 0")
    (tmp_path / "maps").write_text("\n".join(lines))
    monkeypatch.setattr(ctypes, "CDLL", Library)
    found = dict(backends._libraries(tmp_path / "maps"))
    unknown = found.pop("cuda")
    assert found == {"cudnn": "9.10.2", "cudart": "12.9"}
    assert unknown.startswith("unknown")


@pytest.mark.parametrize(
    ("value", "works", "word"),
    [
        (7744.0, True, ""),
        (float("nan"), False, "gave nan"),
        (7740.0, False, "gave 7740"),
    ],
)
def test_a_convolution_is_judged(value, works, word):
    answer = backends._tried(lambda: value)
    assert answer["works"] == works
    assert word in answer["failure"]


def test_a_version_that_is_installed():
    assert backends.installed("no-such-package-anywhere") is None
    assert backends.installed("numpy")[0].isdigit()


def test_asked_as_a_program():
    from moksori.doctor.accelerators import ROOT, sys

    answer = ask(
        [sys.executable, "-m", "moksori.doctor.backends", "nothing"], 60, folder=ROOT
    )
    assert json.loads(answer.out) == {
        "failure": "ModuleNotFoundError: No module named 'nothing'",
        "missing": True,
    }
