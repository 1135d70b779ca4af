"""`make xtts` and `make test-xtts`: what they call, with a stand-in for the script."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docker.read import ROOT

MAKE = shutil.which("make")
pytestmark = pytest.mark.skipif(not MAKE, reason="needs make")

# Writes the stamp as docker/install.sh does, and fails on TORCH=broken.
SCRIPT = """#!/bin/sh
echo "install $*" >> calls
[ "$3" != broken ] || exit 3
mkdir -p "$2/xtts"
case $3 in
    cpu) echo 'torch==1.0+cpu \\\\' > "$2/xtts/installed-from.lock" ;;
    *) echo 'torch==1.0 \\\\' > "$2/xtts/installed-from.lock" ;;
esac
"""
PYTHON = """#!/bin/sh
echo "python $* MOKSORI_XTTS=$MOKSORI_XTTS" >> calls
"""


class House:
    """A folder with the Makefile and an environment that is there."""

    def __init__(self, folder: Path):
        self.folder = folder
        shutil.copy(ROOT / "Makefile", folder)
        (folder / "requirements").mkdir()
        (folder / "requirements/dev.lock").write_text("")
        for path, text in (("docker/install.sh", SCRIPT), (".venv/bin/python", PYTHON)):
            (folder / path).parent.mkdir(parents=True)
            (folder / path).write_text(text)
            (folder / path).chmod(0o755)
        (folder / ".venv/installed").touch()

    def make(self, *words: str) -> tuple[int, list[str]]:
        """The exit code, and what was called."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
        clean.pop("MOKSORI_XTTS", None)
        calls = self.folder / "calls"
        calls.write_text("")
        run = subprocess.run(
            [MAKE, *words], cwd=self.folder, env=clean, capture_output=True, check=False
        )
        return run.returncode, calls.read_text().splitlines()


@pytest.fixture
def house(tmp_path) -> House:
    return House(tmp_path)


def test_xtts_is_added_to_the_environment_with_cuda_or_as_said(house):
    assert house.make("xtts") == (0, ["install xtts .venv cuda"])
    assert house.make("xtts", "TORCH=cpu") == (0, ["install xtts .venv cpu"])


def test_torch_stays_what_it_is(house):
    house.make("xtts", "TORCH=cpu")
    assert house.make("xtts")[1] == ["install xtts .venv cpu"]
    house.make("xtts", "TORCH=cuda")
    assert house.make("xtts")[1] == ["install xtts .venv cuda"]


def test_the_tests_are_those_that_need_xtts_and_none_may_be_skipped(house):
    house.make("xtts", "TORCH=cpu")
    code, (first, second) = house.make("test-xtts", "ARGS=-x")
    assert code == 0
    assert first == "install xtts .venv cpu"
    assert second == "python -m pytest --xtts -x MOKSORI_XTTS=required"


def test_without_xtts_nothing_is_tested(house):
    code, calls = house.make("test-xtts", "TORCH=broken")
    assert code != 0
    assert calls == ["install xtts .venv broken"]


def test_a_voice_needs_none_of_it():
    run = [MAKE, "--dry-run", "--always-make", "demo", "test", "lint"]
    said = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "xtts" not in said.stdout
