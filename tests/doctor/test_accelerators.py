import pytest
from hypothesis import given
from hypothesis import strategies as st

from moksori.doctor import accelerators
from moksori.doctor.accelerators import (
    Seen,
    chosen,
    on_backend,
    on_choice,
    on_precision,
    see,
)
from moksori.doctor.driver import Driver, Gpu
from moksori.doctor.findings import Level, looked

H100 = {"kind": "GPU", "name": "H100", "capability": [9, 0], "memory": 80 << 30}
T4 = {"kind": "GPU", "name": "T4", "capability": [7, 5], "memory": None}
CPU = {"kind": "CPU", "name": "CPU", "capability": None, "memory": None}


def seen(backend="tensorflow", *devices, notes="", works=True, **more) -> Seen:
    answer = {"version": "2.21.0", "devices": list(devices or [CPU]), "works": works}
    return Seen(backend, {**answer, **more}, notes=notes)


def driver(count: int, version="575.57.08") -> Driver:
    rest = (None,) * 3 + ((9, 0), None, None, "Default", "Disabled")
    gpus = (Gpu(i, f"GPU-{i}", "H100", version, *rest) for i in range(count))
    return Driver(tuple(gpus))


def finding(found: Seen, there: Driver, used=True, contained=False, **environment):
    (told,) = on_backend(found, there, used, contained, environment)
    return told


def test_what_a_backend_says_of_itself():
    build = {"is_cuda_build": "True", "cuda_version": "12.5.1", "cudnn_version": "9"}
    libraries = {"cudnn": "9.10.2", "cudart": "12.9", "cuda": "13.0"}
    found = seen("tensorflow", H100, build=build, libraries=libraries)
    told = finding(found, driver(1))
    assert told.level is Level.OK
    assert told.text == (
        "2.21.0; built for CUDA 12.5.1, cuDNN 9; loaded CUDA 12.9, cuDNN 9.10.2, "
        "driver's CUDA 13.0; H100 (80.0 GiB to use)"
    )


def test_a_gpu_that_only_the_driver_sees():
    told = finding(seen(), driver(2))
    assert told.level is Level.ERROR
    assert "the driver has 2 GPUs, tensorflow sees none" in told.text
    assert told.advice.startswith("install the packages for GPUs, these are for CPUs")
    assert finding(seen("jax"), driver(2), used=False).level is Level.WARNING


@pytest.mark.parametrize(
    ("found", "version", "contained", "environment", "cause"),
    [
        (seen(), "575.1", False, {"CUDA_VISIBLE_DEVICES": "-1"}, "unset CUDA_VIS"),
        (seen(), "575.1", False, {"CUDA_VISIBLE_DEVICES": ""}, "(it is empty)"),
        (seen("jax"), "575.1", False, {"JAX_PLATFORMS": "cpu"}, "unset JAX_PLAT"),
        (seen(), "470.1", False, {}, "update the driver 470.1 to 525"),
        (seen(), "575.1", True, {}, "--gpus all"),
        (seen(notes="Cannot dlopen x"), "575.1", False, {}, "Cannot dlopen x"),
    ],
)
def test_why_a_gpu_is_not_seen(found, version, contained, environment, cause):
    told = finding(found, driver(1, version), True, contained, **environment)
    assert told.level is Level.ERROR
    assert cause in told.advice


def test_a_gpu_that_is_hidden_on_purpose():
    told = finding(seen("jax", H100), driver(2), CUDA_VISIBLE_DEVICES="0")
    assert told.level is Level.WARNING
    assert told.advice == "unset CUDA_VISIBLE_DEVICES (it is '0')"


def test_wheels_that_are_there_are_not_blamed():
    packages = {"nvidia-cudnn-cu12": "9.10.2.21"}
    assert "for CPUs" not in finding(seen(packages=packages), driver(1)).advice


def test_a_gpu_that_cannot_convolve():
    found = seen("tensorflow", H100, works=False, failure="DNN library\nnot found")
    told = finding(found, driver(1))
    assert told.level is Level.ERROR
    assert "a convolution failed: DNN library not found" in told.text
    assert "LD_LIBRARY_PATH" in told.advice


def test_a_backend_that_is_missing_or_ill():
    missing = Seen("jax", failure="No module named 'jax'", missing=True)
    assert finding(missing, driver(0), used=False).level is Level.OK
    assert finding(missing, driver(0)).level is Level.ERROR
    ill = Seen("jax", failure="ended with signal 11")
    assert finding(ill, driver(0), used=False).level is Level.WARNING
    assert finding(ill, driver(0)).level is Level.ERROR


@pytest.mark.parametrize(
    ("script", "failure"),
    [
        ("sleep 95", "did not wake within 0.5 s"),
        ("echo dying >&2; kill -11 $$", "ended with signal 11: dying"),
        ("echo no >&2; exit 4", "ended with 4: no"),
        ("echo not json", "gave no answer: not json"),
        ("echo 17", "gave no answer: 17"),
        ("true", "gave no answer"),
    ],
)
def test_a_backend_in_trouble(tmp_path, monkeypatch, script, failure):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    monkeypatch.setattr(accelerators.sys, "executable", str(python))
    assert failure in see("tensorflow", {}, patience=0.5).failure


def test_a_backend_that_cannot_be_imported(tmp_path):
    (tmp_path / "jax.py").write_text("raise ImportError('torn apart')")
    found = see("jax", {"PYTHONPATH": str(tmp_path)})
    assert found.failure == "ImportError: torn apart"
    assert not found.missing
    (tmp_path / "jax.py").write_text(
        "raise ModuleNotFoundError('No module named jax', name='jax')"
    )
    assert see("jax", {"PYTHONPATH": str(tmp_path)}).missing


def test_notes_that_tell(tmp_path):
    line = "W0000 00:00:17.62 21 gpu_device.cc:1] Cannot dlopen some GPU libraries."
    code = f"import sys; print({line!r}, file=sys.stderr); raise ImportError('x')"
    (tmp_path / "jax.py").write_text(code)
    found = see("jax", {"PYTHONPATH": str(tmp_path)})
    assert found.notes == "Cannot dlopen some GPU libraries."


@pytest.mark.parametrize(
    ("environment", "config", "backend", "why"),
    [
        ({"KERAS_BACKEND": "jax"}, '{"backend": "tensorflow"}', "jax", "KERAS_BACKEND"),
        ({"KERAS_BACKEND": ""}, '{"backend": "jax"}', "jax", "keras.json"),
        ({}, '{"backend": "jax"}', "jax", "keras.json"),
        ({}, '{"backend": 3}', "tensorflow", "the default"),
        ({}, "{}", "tensorflow", "the default"),
        ({}, "[]", "tensorflow", "the default"),
        ({}, "torn", "tensorflow", "the default"),
        ({}, None, "tensorflow", "the default"),
    ],
)
@pytest.mark.parametrize("named", [True, False], ids=["KERAS_HOME", "HOME"])
def test_choice(tmp_path, environment, config, backend, why, named):
    folder = tmp_path / ".keras"
    if config is not None:
        folder.mkdir()
        (folder / "keras.json").write_text(config)
    home = {"KERAS_HOME": str(folder)} if named else {"HOME": str(tmp_path)}
    name, decided = chosen({**environment, **home})
    assert name == backend
    assert decided.endswith(why)


def test_keras_agrees_on_the_choice(tmp_path):
    from moksori.doctor.errands import ask

    (tmp_path / "keras.json").write_text('{"backend": "numpy"}')
    environment = {"KERAS_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    code = "import keras; print(keras.backend.backend())"
    said = ask([accelerators.sys.executable, "-c", code], 100, environment)
    assert said.out.split()[-1:] == [chosen(environment)[0]] == ["numpy"]


@pytest.mark.parametrize(
    ("name", "found", "level", "text"),
    [
        ("tensorflow", seen("tensorflow", H100), Level.OK, "tensorflow on the GPU"),
        ("tensorflow", seen(), Level.OK, "tensorflow on the CPU"),
        ("tensorflow", Seen("tensorflow", failure="x"), Level.ERROR, "does not work"),
        ("torch", seen(), Level.ERROR, "torch (why) cannot train here"),
    ],
)
def test_findings_on_the_choice(name, found, level, text):
    (told,) = on_choice((name, "why"), {"tensorflow": found, "jax": seen("jax")})
    assert told.level is level
    assert text in told.text
    assert level is Level.OK or "jax" in told.advice


@pytest.mark.parametrize(
    ("devices", "flags", "bfloat16"),
    [
        ([H100], (), True),
        ([T4], ("amx_bf16",), False),
        ([H100, T4], (), False),
        ([CPU], ("avx2", "avx512_bf16"), True),
        ([CPU], ("amx_bf16",), True),
        ([CPU], ("avx2",), False),
    ],
)
def test_precision(devices, flags, bfloat16):
    found = {"jax": seen("jax", *devices)}
    (told,) = on_precision(("jax", ""), found, frozenset(flags))
    assert told.level is Level.OK
    assert told.values["bfloat16"] == bfloat16


def test_precision_of_an_unknown_backend():
    assert list(on_precision(("torch", ""), {}, frozenset()))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda each: (
            st.lists(each, max_size=3)
            | st.dictionaries(st.sampled_from(["devices", "build", "libraries"]), each)
        ),
        max_leaves=8,
    )
)
def test_whatever_a_backend_answers_is_no_more_than_a_finding(answer):
    answer = answer if isinstance(answer, dict) else {"devices": answer}
    found = Seen("jax", {"version": "1", **answer})
    told = looked("jax", lambda: on_backend(found, driver(1), True, True, {}))
    assert len(told) == 1
