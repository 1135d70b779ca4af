"""The backends against the driver: which is used, and why one sees no GPU."""

import json

import pytest

from moksori.doctor import backends
from moksori.doctor.backends import BackendProbe, check_backends, configured_backend
from moksori.doctor.findings import ERROR, OK, WARNING
from moksori.doctor.gpus import Driver
from moksori.doctor.subprocesses import Answer

GPU = {"kind": "GPU", "name": "NVIDIA H100", "capability": [9, 0], "memory": None}
CPU = {"kind": "CPU", "name": "CPU", "capability": None, "memory": None}
ONE_CARD = Driver("575", 12090, ({"index": 0},))


def answer(*devices, **other) -> dict:
    said = {"version": "2.21", "build": {}, "works": True, "failure": ""}
    return {**said, "devices": list(devices or [CPU]), "compute": "bfloat16", **other}


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    """An environment that says nothing but KERAS_BACKEND."""
    for name in ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "JAX_PLATFORMS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")


def findings(tensorflow, driver=None):
    probes = {
        "tensorflow": BackendProbe("tensorflow", **tensorflow),
        "jax": BackendProbe("jax", answer()),
    }
    found = check_backends(probes, driver or Driver(absent=True))
    return {finding.name: finding for finding in found}


def test_a_probe_runs_in_another_process(monkeypatch):
    said = {"code": 0, "out": f"noise\n{json.dumps(answer(GPU))}\n"}
    said["err"] = "bye\n"
    monkeypatch.setattr(backends.subprocesses, "run", lambda *_, **__: Answer(**said))
    found = backends.probe("tensorflow")
    assert found.gpus == ["NVIDIA H100"]
    said.update(out=json.dumps({"failure": "none", "missing": True}))
    assert backends.probe("jax") == BackendProbe("jax", {}, "none", True)
    said.update(code=-11)
    assert backends.probe("jax").failure == "ended with code -11: bye"
    said.update(code=None)
    assert "did not start" in backends.probe("jax").failure


def test_what_decides_the_backend(tmp_path, monkeypatch):
    file = tmp_path / ".keras/keras.json"
    file.parent.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert configured_backend() == ("tensorflow", "KERAS_BACKEND")
    monkeypatch.delenv("KERAS_BACKEND")
    monkeypatch.delenv("KERAS_HOME", raising=False)
    assert configured_backend() == ("tensorflow", "the default")
    file.write_text('{"backend": "jax"}')
    assert configured_backend() == ("jax", str(file))
    file.write_text("{")
    assert configured_backend() == ("tensorflow", "the default")


def test_all_is_well_on_the_cpu():
    found = findings({"answer": answer()})
    assert {each.level for each in found.values()} == {OK}
    assert found["backend"].text.startswith("tensorflow on the CPU")
    assert found["backend"].values["compute"] == "bfloat16"


def test_a_backend_that_cannot_be_used(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    found = findings({"answer": answer()})
    assert found["backend"].level is ERROR
    assert "KERAS_BACKEND" in found["backend"].advice


def test_a_missing_backend_matters_where_it_is_used(monkeypatch):
    missing = {"failure": "No module named 'tensorflow'", "missing": True}
    found = findings(missing)
    assert found["backend"].level is found["tensorflow"].level is ERROR
    assert "make venv" in found["tensorflow"].advice
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    found = findings(missing)
    assert found["backend"].level is found["tensorflow"].level is OK


def test_a_gpu_without_cudnn():
    broken = {"works": False, "failure": "no algorithm"}
    found = findings({"answer": answer(GPU, **broken)}, driver=ONE_CARD)
    assert found["tensorflow"].level is ERROR
    assert "LD_LIBRARY_PATH" in found["tensorflow"].advice


def test_why_a_gpu_is_not_seen(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("NVIDIA_VISIBLE_DEVICES", "all")
    found = findings({"answer": answer()}, driver=ONE_CARD)
    assert found["tensorflow"].level is ERROR
    assert found["jax"].level is WARNING
    for words in ("unset CUDA_VIS", "requirements/gpu.lock", "--gpus all", "probe"):
        assert words in found["tensorflow"].advice
    assert "NVIDIA_VISIBLE_DEVICES" not in found["tensorflow"].advice


def test_a_variable_of_jax_alone(monkeypatch):
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    found = findings({"answer": answer()}, driver=ONE_CARD)
    assert "JAX_PLATFORMS" in found["jax"].advice
    assert "JAX_PLATFORMS" not in found["tensorflow"].advice
