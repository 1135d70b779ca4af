"""The backends against the driver: which one will train, on what, and why not more."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from moksori.doctor import backends
from moksori.doctor.driver import OLDEST, Driver
from moksori.doctor.errands import ask
from moksori.doctor.findings import Finding, error, ok, warning
from moksori.doctor.table import binary, many

ROOT = Path(__file__).parents[2]
_BFLOAT16 = (8, 0)
# Of what a backend writes when it wakes, the lines that say why it sees no GPU.
_TELLING = ("dlopen", "cuda_error", "failed call", "cuinit", "cuda drivers", "no gpu")


@dataclass(frozen=True)
class Seen:
    """What one backend said of this machine, in a process of its own.

    `answer` is that of `doctor.backends.inspect`; `failure` why there is none.
    """

    backend: str
    answer: Mapping = field(default_factory=dict)
    failure: str = ""
    missing: bool = False
    notes: str = ""

    @property
    def gpus(self) -> list[dict]:
        """The GPUs that it would use."""
        devices = self.answer.get("devices", [])
        return [device for device in devices if device["kind"] == "GPU"]


def see(
    backend: str, environment: Mapping[str, str] = os.environ, patience: float = 120.0
) -> Seen:
    """Look at one backend; never raises, and never waits longer than `patience`."""
    command = [sys.executable, "-m", "moksori.doctor.backends", backend]
    # Its notes are what explains a missing GPU.
    told = {**environment, "TF_CPP_MIN_LOG_LEVEL": "0"}
    answer = ask(command, patience, told, ROOT)
    notes = "\n".join(_telling(answer.err))
    if answer.late:
        text = f"did not wake within {patience:g} s"
        return Seen(backend, failure=text, notes=notes)
    if not answer.good:
        how = f"signal {-answer.code}" if (answer.code or 0) < 0 else answer.code
        text = f"ended with {how}: {answer.last_words() or 'no word'}"
        return Seen(backend, failure=text, notes=notes)
    try:
        said = json.loads(answer.out.splitlines()[-1])
        failure, missing = said.get("failure", ""), said.get("missing", False)
    except (ValueError, IndexError, AttributeError):
        text = f"gave no answer: {answer.last_words()}"
        return Seen(backend, failure=text, notes=notes)
    if "version" not in said:
        return Seen(backend, failure=failure, missing=missing, notes=notes)
    return Seen(backend, said, notes=notes)


def chosen(environment: Mapping[str, str] = os.environ) -> tuple[str, str]:
    """The backend that Keras will use, and what decides it."""
    if name := environment.get("KERAS_BACKEND"):
        return name, "KERAS_BACKEND"
    home = Path(environment.get("HOME") or Path.home())
    # Keras goes to /tmp where it cannot write to the home folder.
    home = home if os.access(home, os.W_OK) else Path("/tmp")
    file = Path(environment.get("KERAS_HOME") or home / ".keras", "keras.json")
    try:
        name = json.loads(file.read_text("utf-8")).get("backend")
    except (OSError, ValueError, AttributeError):
        name = None
    return (name, str(file)) if isinstance(name, str) else ("tensorflow", "the default")


def on_choice(choice: tuple[str, str], seen: Mapping[str, Seen]) -> Iterator[Finding]:
    """Whether the backend that will be used is one that can be."""
    name, why = choice
    facts = {"backend": name, "decided_by": why}
    use = f"set KERAS_BACKEND to {' or '.join(backends.BACKENDS)}"
    if name not in backends.BACKENDS:
        text = f"{name} ({why}) cannot train here"
        yield error("backend", text, use, **facts)
    elif seen[name].failure:
        working = [each for each in seen if not seen[each].failure]
        advice = f"{use}: {', '.join(working)} works" if working else "mend it first"
        yield error("backend", f"{name} ({why}) does not work", advice, **facts)
    else:
        device = "GPU" if seen[name].gpus else "CPU"
        text = f"{name} on the {device} (decided by {why})"
        yield ok("backend", text, device=device, **facts)


def on_backend(
    seen: Seen,
    driver: Driver,
    used: bool,
    contained: bool,
    environment: Mapping[str, str] = os.environ,
) -> Iterator[Finding]:
    """Findings on one backend; it matters more where it is the one to be `used`."""
    name, grave = seen.backend, error if used else warning
    if seen.missing and not used:
        yield ok(name, f"not installed; only KERAS_BACKEND={name} needs it")
        return
    if seen.failure:
        advice = (
            "install the packages of the lock: make venv, or build the image again"
            if seen.missing
            else f"python -m machine.backends {name} shows all that it says"
        )
        yield grave(name, seen.failure, advice, notes=seen.notes)
        return
    text, facts = _described(seen), {**seen.answer, "notes": seen.notes}
    if not seen.answer.get("works"):
        failure = " ".join(str(seen.answer.get("failure")).split())[:200]
        advice = (
            "its cuDNN may be hidden by another: unset LD_LIBRARY_PATH and try again"
            if seen.gpus
            else "install the packages of the lock again"
        )
        yield grave(name, f"{text}; a convolution failed: {failure}", advice, **facts)
    elif len(seen.gpus) < len(driver.gpus):
        count, there = len(seen.gpus), len(driver.gpus)
        text += f"; the driver has {many(there, 'GPU')}, {name} sees {count or 'none'}"
        causes = list(_causes(seen, driver, contained, environment))
        hidden = [cause for cause in causes if cause.startswith("unset")]
        if hidden and count:
            yield warning(name, text, hidden[0], **facts)
        else:
            yield grave(name, text, "; or ".join(causes), **facts)
    else:
        yield ok(name, text, **facts)


def on_precision(
    choice: tuple[str, str], seen: Mapping[str, Seen], flags: frozenset[str]
) -> Iterator[Finding]:
    """Whether products can be taken in bfloat16; `flags` are those of the processor."""
    at_hand = seen.get(choice[0])
    gpus = at_hand.gpus if at_hand else []
    if gpus:
        old = [gpu for gpu in gpus if tuple(gpu["capability"] or (0, 0)) < _BFLOAT16]
        if old:
            text = f"{old[0]['name']} has no bfloat16: training in float32, slower"
            yield ok("precision", text, bfloat16=False)
        else:
            yield ok("precision", "bfloat16 on the GPU", bfloat16=True)
        return
    native = sorted(flags & {"avx512_bf16", "amx_bf16"})
    if native:
        text = f"bfloat16 in the processor ({', '.join(native)})"
    else:
        text = "no bfloat16 in the processor: training in float32"
    yield ok("precision", text, bfloat16=bool(native))


def _described(seen: Seen) -> str:
    answer = seen.answer
    parts = [answer["version"]]
    build, libraries = answer.get("build", {}), answer.get("libraries", {})
    if build.get("is_cuda_build") == "True":
        built = f"CUDA {build.get('cuda_version')}, cuDNN {build.get('cudnn_version')}"
        parts.append(f"built for {built}")
    elif seen.backend == "jax":
        plugin = answer.get("packages", {}).get("jax-cuda12-plugin")
        parts.append(f"CUDA plugin {plugin}" if plugin else "no CUDA plugin")
    named = (("cudart", "CUDA"), ("cudnn", "cuDNN"), ("cuda", "driver's CUDA"))
    loaded = [f"{label} {libraries[key]}" for key, label in named if key in libraries]
    parts += [f"loaded {', '.join(loaded)}"] if loaded else []
    for gpu in seen.gpus:
        memory = f" ({binary(gpu['memory'])} to use)" if gpu["memory"] else ""
        parts.append(f"{gpu['name']}{memory}")
    return "; ".join(parts)


def _causes(seen, driver, contained, environment) -> Iterator[str]:
    """What to do about GPUs that a backend does not see, the likeliest first."""
    for variable in ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES"):
        value = environment.get(variable)
        if value is not None and value not in ("all", ""):
            yield f"unset {variable} (it is {value!r})"
    if environment.get("CUDA_VISIBLE_DEVICES") == "":
        yield "unset CUDA_VISIBLE_DEVICES (it is empty)"
    platforms = environment.get("JAX_PLATFORMS", "")
    if seen.backend == "jax" and platforms and "cuda" not in platforms:
        yield f"unset JAX_PLATFORMS (it is {platforms!r})"
    packages = seen.answer.get("packages", {})
    wanted = "jax-cuda12-plugin" if seen.backend == "jax" else "nvidia-cudnn-cu12"
    if wanted not in packages:
        yield (
            "install the packages for GPUs, these are for CPUs "
            "(requirements/gpu.lock, or the GPU image)"
        )
    if driver.too_old:
        yield f"update the driver {driver.version} to {OLDEST} or newer for CUDA 12"
    if seen.notes:
        yield f"heed what it says: {seen.notes.splitlines()[-1]}"
    if contained:
        yield "start the container with --gpus all"
    yield f"run python -m machine.backends {seen.backend} and read what it says"


def _telling(notes: str) -> Iterator[str]:
    for line in notes.splitlines():
        if any(word in line.lower() for word in _TELLING):
            # Date, thread and source line of the log say nothing here.
            yield line.rpartition("] ")[2].strip()[:200]
