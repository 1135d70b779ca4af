"""The Makefile's set-up: finished installs are used, unfinished ones never."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAKE = shutil.which("make")

# Stands in for Python 3.11: `-m venv` makes an environment that holds itself, and
# `-m pip` does what the file `pip` says. Every call is a line in `calls`.
FAKE_PYTHON = """#!/bin/sh
echo "$*" >> calls
case "$*" in
    *flock*) exec "PYTHON" "$@" ;;
    "-m venv "*) rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
    "-m pip "*) sh ./pip ;;
    "-m pytest "*) echo "XTTS is ${MOKSORI_XTTS-not asked for}" >> calls ;;
esac
"""
# Stands in for docker/install.sh: writes the stamp as it does, and fails on `broken`.
FAKE_INSTALL = """#!/bin/sh
echo "install $*" >> calls
[ "$3" != broken ] || exit 3
mkdir -p "$2/xtts"
case $3 in cpu) build=+cpu ;; esac
echo "torch==1.0$build" > "$2/xtts/installed-from.lock"
"""

pytestmark = pytest.mark.skipif(not MAKE, reason="needs make")


class House:
    """A folder with the Makefile, a lock and a stand-in for Python."""

    def __init__(self, folder: Path):
        self.folder = folder
        shutil.copy(ROOT / "Makefile", folder)
        (folder / "requirements").mkdir()
        (folder / "requirements/dev.lock").write_text("")
        self.python = folder / "python"
        self.python.write_text(FAKE_PYTHON.replace("PYTHON", sys.executable))
        self.python.chmod(0o755)
        self.pip("exit 0")

    def pip(self, what: str) -> None:
        (self.folder / "pip").write_text(what)

    def start(self, *words: str, target: str = "venv") -> subprocess.Popen:
        words = words or (f"PYTHON={self.python}",)
        clean = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
        return subprocess.Popen(
            [MAKE, target, *words],
            cwd=self.folder,
            env=clean,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def make(self, *words: str, target: str = "venv") -> subprocess.CompletedProcess:
        (self.folder / "calls").write_text("")
        process = self.start(*words, target=target)
        told, complained = process.communicate()
        return subprocess.CompletedProcess(
            process.args, process.returncode, told, complained
        )

    def calls(self) -> str:
        return (self.folder / "calls").read_text()


@pytest.fixture
def house(tmp_path) -> House:
    return House(tmp_path)


def test_second_call_installs_nothing(house):
    assert house.make().returncode == 0
    assert "-m venv --clear" in house.calls()
    assert "--require-hashes" in house.calls()
    assert house.make().returncode == 0
    assert house.calls() == ""


@pytest.mark.parametrize("end", ["exit 1", "kill -9 $$", "kill -9 $PPID; exit 1"])
def test_unfinished_install_starts_over(house, end):
    house.pip(end)
    assert house.make().returncode != 0
    house.pip("exit 0")
    assert house.make().returncode == 0
    assert "-m venv --clear" in house.calls()


def test_another_lock_installs_again_and_an_unfinished_one_is_not_used(house):
    house.make()
    later = time.time() + 10
    os.utime(house.folder / "requirements/dev.lock", (later, later))
    house.pip("exit 1")
    assert house.make().returncode != 0
    earlier = later - 1000
    os.utime(house.folder / "requirements/dev.lock", (earlier, earlier))
    house.pip("exit 0")
    assert house.make().returncode == 0
    assert "-m venv --clear" in house.calls()


def test_two_at_once_install_once(house):
    house.pip("touch begun; while ! [ -e go ]; do sleep 0.05; done")
    (house.folder / "calls").write_text("")
    first = house.start()
    while not (house.folder / "begun").exists():
        assert first.poll() is None
        time.sleep(0.05)
    second = house.start()
    while house.calls().count("flock") < 2:
        assert second.poll() is None
        time.sleep(0.05)
    (house.folder / "go").touch()
    assert first.wait() == second.wait() == 0
    assert house.calls().count("-m venv --clear") == 1


def test_environment_without_its_python_is_made_again(house):
    house.make()
    (house.folder / ".venv/bin/python").unlink()
    (house.folder / ".venv/bin/python").symlink_to("/nowhere/python")
    assert house.make().returncode == 0
    assert "-m venv --clear" in house.calls()


def test_other_python_is_refused_in_one_line(house):
    answer = house.make("PYTHON=false")
    assert answer.returncode != 0
    assert "needs Python 3.11 or 3.12" in answer.stderr.splitlines()[0]
    assert not (house.folder / ".venv").exists()


def test_clean_leaves_data_and_logs(house):
    kept = [house.folder / name / "__pycache__/x.pyc" for name in ("data", "logs")]
    gone = house.folder / "audio/__pycache__/x.pyc"
    for path in [*kept, gone]:
        path.parent.mkdir(parents=True)
        path.touch()
    house.make()
    assert house.make("clean").returncode == 0
    assert all(path.exists() for path in kept)
    assert not gone.parent.exists()
    assert not (house.folder / ".venv").exists()


@pytest.fixture
def xtts(house) -> House:
    """With an environment, and docker/install.sh to add XTTS to it."""
    house.make()
    script = house.folder / "docker/install.sh"
    script.parent.mkdir()
    script.write_text(FAKE_INSTALL)
    script.chmod(0o755)
    return house


def test_xtts_is_added_with_cuda_and_torch_stays_what_it_is(xtts):
    for words, torch in (((), "cuda"), (("TORCH=cpu",), "cpu"), ((), "cpu")):
        xtts.make(*words, target="xtts")
        assert xtts.calls() == f"install xtts .venv {torch}\n"


def test_the_tests_of_xtts_require_it(xtts):
    assert xtts.make("TORCH=cpu", "ARGS=-x", target="test-xtts").returncode == 0
    assert xtts.calls().endswith("-m pytest -m xtts -x\nXTTS is required\n")
    assert xtts.make("TORCH=broken", target="test-xtts").returncode != 0
    assert xtts.calls() == "install xtts .venv broken\n"


def test_everyday_tests_leave_out_what_is_slow_and_all_tests_know_both_backends(xtts):
    xtts.make(target="test")
    assert "-m pytest --durations=25 -m not (program or distributed" in xtts.calls()
    xtts.make(target="test-all")
    assert "-m pytest --durations=25 -m not xtts" in xtts.calls()
    assert "-m pytest --durations=25 -m backend" in xtts.calls()
