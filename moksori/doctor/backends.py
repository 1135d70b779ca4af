"""TensorFlow and JAX: which one will train, on what, and why not on the GPU."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from moksori.doctor import subprocesses
from moksori.doctor.findings import ERROR, OK, WARNING, Finding, Level, judge, pluralize
from moksori.doctor.gpus import Driver
from moksori.doctor.packages import installed_version

_PROBE, _TIMEOUT = "moksori.backend.probe", 120.0
# A package for GPUs that each cannot do without.
_GPU_PACKAGE = {"tensorflow": "nvidia-cudnn-cu12", "jax": "jax-cuda12-plugin"}


@dataclass(frozen=True)
class BackendProbe:
    """What one backend reports of this machine.

    `answer` is that of `moksori.backend.probe`; `failure` says why there is none, and
    `missing` that it is not installed.
    """

    backend: str
    answer: Mapping = field(default_factory=dict)
    failure: str = ""
    missing: bool = False

    @property
    def gpus(self) -> list[str]:
        """The names of the GPUs that it would use."""
        devices = self.answer.get("devices", ())
        return [device["name"] for device in devices if device["kind"] == "GPU"]


def probe(backend: str) -> BackendProbe:
    """Start a backend in a process of its own and return what it reports."""
    answer = subprocesses.run(_PROBE, backend, timeout=_TIMEOUT)
    if answer.code is None:
        return BackendProbe(backend, failure=f"did not start within {_TIMEOUT:g} s")
    if answer.code:
        failure = f"ended with code {answer.code}: {answer.error_line}"
        return BackendProbe(backend, failure=failure)
    found = json.loads(answer.out.splitlines()[-1])
    if "version" in found:
        return BackendProbe(backend, found)
    return BackendProbe(backend, {}, found["failure"], found["missing"])


def configured_backend() -> tuple[str, str]:
    """Return the backend that Keras will use, and what decides it."""
    if name := os.environ.get("KERAS_BACKEND"):
        return name, "KERAS_BACKEND"
    home = os.environ.get("HOME") or "/"
    # Keras goes to /tmp where it cannot write to the home folder.
    home = home if os.access(home, os.W_OK) else "/tmp"
    file = Path(os.environ.get("KERAS_HOME") or f"{home}/.keras", "keras.json")
    try:
        return str(json.loads(file.read_text("utf-8"))["backend"]), str(file)
    except (OSError, ValueError, KeyError, TypeError):
        return "tensorflow", "the default"


def check_backends(
    probes: Mapping[str, BackendProbe], driver: Driver
) -> Iterator[Finding]:
    """Check that the configured backend works, and each backend against the driver."""
    name, why = configured_backend()
    chosen = probes.get(name, BackendProbe(name, failure="cannot train here"))
    use = f"set KERAS_BACKEND to {' or '.join(probes)}, see below"
    if chosen.failure:
        yield Finding("backend", ERROR, f"{name} ({why}) {chosen.failure}", use)
    else:
        device, dtype = "GPU" if chosen.gpus else "CPU", chosen.answer.get("compute")
        text = f"{name} on the {device} (decided by {why})"
        text += f", large products in {dtype}" if dtype else ""
        yield judge("backend", text, backend=name, device=device, compute=dtype)
    for each in probes.values():
        level = ERROR if each is chosen else WARNING
        yield _check_backend(each, driver, level)


def _check_backend(probe: BackendProbe, driver: Driver, level: Level) -> Finding:
    name, seen, answer = probe.backend, len(probe.gpus), probe.answer
    cards, run_probe = len(driver.cards), f"read what python -m {_PROBE} {name} says"
    if probe.missing and level is WARNING:
        text = f"not installed; only KERAS_BACKEND={name} needs it"
        return Finding(name, OK, text)
    if probe.failure:
        install = "run make venv, or build the image again"
        advice = install if probe.missing else run_probe
        return Finding(name, level, probe.failure, advice)
    broken = f"; a convolution failed: {answer['failure'][:200]}"
    mend = "install the packages of the lock again; unset LD_LIBRARY_PATH"
    unseen = f"; the driver has {pluralize(cards, 'GPU')}, {name} sees {seen}"
    return judge(
        name,
        f"{answer['version']} on {', '.join(probe.gpus) or 'the CPU'}",
        (not answer["works"], level, broken, mend),
        (
            seen < cards,
            level,
            unseen,
            "; or ".join((*_causes(name, driver), run_probe)),
        ),
        **answer,
    )


def _causes(backend: str, driver: Driver) -> Iterator[str]:
    """Yield what to do about GPUs that a backend does not see, the likeliest first."""
    variables = ["CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES"]
    variables += ["JAX_PLATFORMS"] if backend == "jax" else []
    for variable in variables:
        value = os.environ.get(variable)
        if value is not None and value != "all" and "cuda" not in value:
            yield f"unset {variable} (it is {value!r})"
    if not installed_version(_GPU_PACKAGE[backend]):
        yield "install the packages for GPUs: requirements/gpu.lock, or the GPU image"
    if driver.too_old:
        yield f"update the driver {driver.version}: it is too old for CUDA 12"
    yield "start the container with --gpus all"
