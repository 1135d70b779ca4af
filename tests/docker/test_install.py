"""docker/install.sh, with a stand-in for Python; .ci/run runs the real thing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docker.container import ROOT
from tests.docker.test_locks import lock

INSIDE = "lib/python3.11/site-packages"
# `-m venv` makes an environment that holds itself; every call is a line in `calls`, and
# files say how installing and checking end, and what machine and Python this is.
PYTHON = """#!/bin/sh
echo "$*" >> "FOLDER/calls"
case "$*" in
    "-c import sysconfig"*) echo "${0%/bin/python}/lib/python3.11/site-packages" ;;
    "-c import platform"*) exit "$(cat FOLDER/machine)" ;;
    "-c import sys"*) exit "$(cat FOLDER/version)" ;;
    "-m venv "*) rm -rf "$4"; mkdir -p "$4/bin" "$4/lib/python3.11/site-packages"
        touch "$4/pyvenv.cfg"; cp "$0" "$4/bin/python" ;;
    *"pip"*"install "*) . FOLDER/pip ;;
    -) . FOLDER/try ;;
esac
"""
# What pip leaves of XTTS in the folder of its --prefix, and what it was asked for.
PIP = """
for word; do last=$word; done
cp "$last" "FOLDER/asked.lock"
added=${last%/*}/lib/python3.11/site-packages
mkdir -p "$added/torchaudio/lib" "$added/torch/lib" "$added/benchmarks"
touch "$added/torchaudio/lib/_torchaudio.abi3.so" "$added/torch/lib/libtorch.so"
"""


class House:
    """A folder with the script, the locks and a stand-in for Python 3.11.

    `pip`, `try`, `machine` and `version` in it say how each of these ends."""

    def __init__(self, folder: Path):
        self.folder, self.prefix = folder, folder / "env"
        shutil.copytree(ROOT / "docker", folder / "docker")
        shutil.copytree(ROOT / "requirements", folder / "requirements")
        self.python = folder / "python"
        self.python.write_text(PYTHON.replace("FOLDER", str(folder)))
        self.python.chmod(0o755)
        self.say(version="0", machine="0", pip="true", **{"try": ""})

    def say(self, **files: str) -> None:
        for name, text in files.items():
            (self.folder / name).write_text(text)

    def install(self, what: str, *more: str) -> subprocess.CompletedProcess:
        (self.folder / "calls").write_text("")
        return subprocess.run(
            [self.folder / "docker/install.sh", what, str(self.prefix), *more],
            env={**os.environ, "PYTHON": str(self.python)},
            capture_output=True,
            text=True,
            check=False,
        )

    def installs(self) -> list[str]:
        lines = (self.folder / "calls").read_text().splitlines()
        return [line for line in lines if " install " in line]


@pytest.fixture
def house(tmp_path) -> House:
    return House(tmp_path)


@pytest.fixture
def xtts(house) -> House:
    """With an environment in it, to which XTTS is added."""
    house.install("cpu")
    house.pip = PIP.replace("FOLDER", str(house.folder))
    house.say(pip=house.pip)
    house.stamp = house.prefix / "xtts/installed-from.lock"
    house.path = house.prefix / INSIDE / "moksori-xtts.pth"
    return house


@pytest.mark.parametrize("target", ["cpu", "gpu"])
def test_everything_comes_from_the_lock_once(house, target):
    answer = house.install(target)
    assert answer.returncode == 0, answer.stderr
    (install,) = house.installs()
    source = house.folder / f"docker/../requirements/{target}.lock"
    flags = "--require-hashes --no-deps --only-binary :all: --requirement "
    assert install.endswith(f"{flags}{source}")
    assert (house.prefix / "installed-from.lock").read_bytes() == source.read_bytes()
    assert "is installed already" in house.install(target).stdout
    assert house.installs() == []
    source.write_text("six==1.17.0\n")
    assert house.install(target).returncode == 0
    assert len(house.installs()) == 1


@pytest.mark.parametrize("end", ["exit 1", "kill -9 $PPID; exit 1"])
def test_an_interrupted_installation_starts_over(house, end):
    house.say(pip=end)
    assert house.install("cpu").returncode != 0
    house.say(pip="true")
    answer = house.install("cpu")
    assert answer.returncode == 0, answer.stderr
    assert len(house.installs()) == 1


def test_a_folder_of_someone_else_is_not_touched(house):
    house.prefix.mkdir()
    (house.prefix / "thesis.txt").write_text("years of work")
    answer = house.install("cpu")
    assert answer.returncode == 2
    assert "is no virtual environment" in answer.stderr
    assert (house.prefix / "thesis.txt").exists()


@pytest.mark.parametrize(
    ("words", "version", "said"),
    [
        (["cpu"], "1", "is not Python 3.11"),
        (["tpu"], "0", "use: install.sh system | cpu PREFIX"),
        (["cpu", "b"], "0", "use: install.sh system | cpu PREFIX"),
        (["xtts", "tpu"], "0", "use: install.sh system | cpu PREFIX"),
        (["xtts"], "0", "no environment at"),
    ],
)
def test_mistakes_are_one_line(house, words, version, said):
    house.say(version=version)
    answer = house.install(*words)
    assert answer.returncode == 2
    (line,) = answer.stderr.splitlines()
    assert said in line


@pytest.mark.parametrize(
    ("what", "locks"),
    [("speakers", ("speakers", "weights")), ("service", ("service",))],
)
def test_what_is_added_comes_from_its_locks_once(house, what, locks):
    assert house.install(what).returncode == 2  # there is nothing to add it to
    house.install("cpu")
    house.say(pip="exit 1")
    assert house.install(what).returncode != 0
    house.say(pip="true")
    assert house.install(what).returncode == 0
    (install,) = house.installs()
    folder = house.folder / "docker/../requirements"
    files = " ".join(f"--requirement {folder}/{name}.lock" for name in locks)
    assert install.endswith(f"--require-hashes --no-deps --only-binary :all: {files}")
    assert " already" in house.install(what).stdout
    assert house.installs() == []


def test_xtts_comes_from_its_lock_into_a_folder_of_its_own(xtts):
    answer = xtts.install("xtts")
    assert answer.returncode == 0, answer.stderr
    (install,) = xtts.installs()
    assert "--require-hashes --no-deps --only-binary :all: " in install
    assert f"--prefix {xtts.prefix}/xtts " in install
    assert xtts.stamp.read_bytes() == (ROOT / "requirements/xtts.lock").read_bytes()
    added = (xtts.path.parent / xtts.path.read_text().strip()).resolve()
    assert added == (xtts.prefix / "xtts" / INSIDE).resolve()
    # What needs CUDA and what has the name of a folder of ours does not stay.
    assert [path.name for path in added.rglob("*.so")] == ["libtorch.so"]
    assert not (added / "benchmarks").exists()
    assert "has XTTS already" in xtts.install("xtts", "cuda").stdout
    assert xtts.install("xtts", "cpu").returncode == 0
    assert len(xtts.installs()) == 1


def test_without_a_card_only_torch_is_another_and_cuda_is_left_out(xtts):
    assert xtts.install("xtts", "cpu").returncode == 0
    whole = lock(ROOT / "requirements/xtts.lock")
    asked = lock(xtts.folder / "asked.lock")
    assert asked.pop("torch").version == whole.pop("torch").version + "+cpu"
    left_out = set(whole) - set(asked)
    assert {name: whole[name] for name in asked} == asked
    assert {"cuda-toolkit", "nvidia-cudnn-cu13"} <= left_out
    assert all(name.startswith(("nvidia-", "cuda-")) for name in left_out)


@pytest.mark.parametrize(
    ("step", "end"),
    [("pip", "exit 1"), ("pip", "kill -9 $PPID; exit 1"), ("try", "exit 1")],
)
def test_xtts_that_is_not_whole_is_not_seen_and_starts_over(xtts, step, end):
    xtts.say(**{step: end})
    assert xtts.install("xtts").returncode != 0
    assert not xtts.path.exists()
    assert not xtts.stamp.exists()
    xtts.say(pip=xtts.pip, **{"try": ""})
    assert xtts.install("xtts").returncode == 0


def test_cuda_12_and_13_do_not_meet(xtts):
    (xtts.prefix / INSIDE / "nvidia/cudnn").mkdir(parents=True)
    answer = xtts.install("xtts")
    assert answer.returncode == 2
    assert "CUDA 12" in answer.stderr
    assert xtts.install("xtts", "cpu").returncode == 0
