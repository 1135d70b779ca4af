"""docker/install.sh, with a stand-in for Python; .ci/run runs the real thing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docker.read import ROOT

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
    *"pip"*" check") . FOLDER/check ;;
    -) . FOLDER/try ;;
esac
"""


class House:
    """A folder with the script, its locks and a stand-in for Python 3.11.

    `pip`, `check`, `try`, `machine` and `version` in it say how each of these ends."""

    def __init__(self, folder: Path):
        self.folder = folder
        shutil.copytree(ROOT / "docker", folder / "docker")
        shutil.copy(ROOT / "requirements/xtts.lock", folder)
        self.python = folder / "python"
        self.python.write_text(PYTHON.replace("FOLDER", str(folder)))
        self.python.chmod(0o755)
        self.say(
            version="0", machine="0", pip="exit 0", check="exit 0", **{"try": "true"}
        )

    def say(self, **files: str) -> None:
        for name, text in files.items():
            (self.folder / name).write_text(text)

    def install(self, *words: str) -> subprocess.CompletedProcess:
        (self.folder / "calls").write_text("")
        return subprocess.run(
            [self.folder / "docker/install.sh", *words],
            env={**os.environ, "PYTHON": str(self.python)},
            capture_output=True,
            text=True,
            check=False,
        )

    def calls(self) -> str:
        return (self.folder / "calls").read_text()


@pytest.fixture
def house(tmp_path) -> House:
    return House(tmp_path)


@pytest.mark.parametrize("target", ["cpu", "gpu"])
def test_everything_comes_from_the_lock_of_the_target(house, target):
    prefix = house.folder / "opt/moksori"
    answer = house.install(target, str(prefix))
    assert answer.returncode == 0, answer.stderr
    lines = house.calls().splitlines()
    (install,) = [line for line in lines if " install " in line]
    flags = "--require-hashes --no-deps --only-binary :all: --requirement "
    lock = house.folder / f"requirements/{target}.lock"
    assert install.endswith(f"{flags}{lock}")
    assert "index" not in install
    assert any("pip --disable-pip-version-check check" in line for line in lines)
    assert (prefix / "installed-from.lock").read_bytes() == lock.read_bytes()


def test_a_second_call_does_nothing_and_another_lock_starts_over(house):
    prefix = str(house.folder / "opt")
    house.install("cpu", prefix)
    assert "is installed already" in house.install("cpu", prefix).stdout
    assert "venv" not in house.calls()
    assert house.install("gpu", prefix).returncode == 0
    assert "-m venv --clear" in house.calls()


@pytest.mark.parametrize("end", ["exit 1", "kill -9 $PPID; exit 1"])
def test_an_interrupted_installation_starts_over(house, end):
    prefix = str(house.folder / "opt")
    house.say(pip=end)
    assert house.install("cpu", prefix).returncode != 0
    house.say(pip="exit 0")
    answer = house.install("cpu", prefix)
    assert answer.returncode == 0, answer.stderr
    assert "-m venv --clear" in house.calls()


def test_a_folder_of_someone_else_is_not_touched(house):
    prefix = house.folder / "mine"
    prefix.mkdir()
    (prefix / "thesis.txt").write_text("years of work")
    answer = house.install("cpu", str(prefix))
    assert answer.returncode == 2
    assert "is no virtual environment" in answer.stderr
    assert (prefix / "thesis.txt").exists()


def test_another_python_is_refused(house):
    house.say(version="1")
    answer = house.install("cpu", str(house.folder / "opt"))
    assert answer.returncode == 2
    assert "is not Python 3.11" in answer.stderr


@pytest.mark.parametrize(
    "words",
    [
        *([], ["cpu"], ["tpu", "x"], ["system", "x"], ["check"], ["cpu", "a", "b"]),
        *(["xtts"], ["xtts", "a", "tpu"], ["xtts", "a", ""], ["xtts", "a", "cpu", "b"]),
    ],
)
def test_misuse_is_one_line(house, words):
    answer = house.install(*words)
    assert answer.returncode == 2
    assert answer.stderr.startswith("install.sh: use: install.sh system | cpu PREFIX")
    assert len(answer.stderr.splitlines()) == 1


def test_a_check_of_nothing_is_one_line(house):
    answer = house.install("check", str(house.folder / "nowhere"))
    assert answer.returncode == 2
    assert "no Python in" in answer.stderr
