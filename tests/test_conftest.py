"""Tests that need XTTS: which files they are, and when they may be skipped."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Put together here, so that this file is none of those that need XTTS.
SKIP = "importorskip" + "('resemblyzer', exc_type=ImportError)"
TWIN = "tiny_" + "xtts"
# A module that cannot be imported, whether it is installed or not.
GONE = "import sys, pytest\nsys.modules['resemblyzer'] = None\n"
TEST = "def test_it():\n    pass\n"
MODULE = f"{GONE}pytest.{SKIP}\n{TEST}"
WITHIN = f"{GONE}def test_it():\n    pytest.{SKIP}\n"
FIXTURE = f"""{GONE}
@pytest.fixture
def encoder():
    pytest.{SKIP}

def test_it(encoder):
    pass
"""


def run(folder: Path, *flags: str, required: bool = False, **files: str):
    """Our conftest over test files, name -> text."""
    shutil.copy(Path(__file__).with_name("conftest.py"), folder)
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    variables = {k: v for k, v in os.environ.items() if k != "MOKSORI_XTTS"}
    if required:
        variables["MOKSORI_XTTS"] = "required"
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider", *flags],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("text", [MODULE, WITHIN, FIXTURE])
def test_a_skip_for_want_of_xtts_is_a_failure_where_it_is_required(tmp_path, text):
    answer = run(tmp_path, test_a=text)
    assert "1 skipped" in answer.stdout
    assert "failed" not in answer.stdout
    answer = run(tmp_path, required=True)
    assert answer.returncode in (1, 2), answer.stdout
    assert "MOKSORI_XTTS=required, and yet: Skipped: could not import" in answer.stdout


def test_our_own_words_for_it_count_as_well(tmp_path):
    text = (
        f"import pytest\n# {TWIN}\ndef test_it():\n    pytest.skip('run `make xtts`')\n"
    )
    assert run(tmp_path, test_a=text).returncode == 0
    assert run(tmp_path, required=True).returncode == 1


def test_another_skip_stays_one(tmp_path):
    text = "import pytest\ndef test_it():\n    pytest.importorskip('no_such_module')\n"
    answer = run(tmp_path, required=True, test_a=text, test_b=TEST)
    assert answer.returncode == 0, answer.stdout
    assert "1 passed, 1 skipped" in answer.stdout


def test_the_flag_leaves_the_files_that_need_xtts(tmp_path):
    shared = f"from {TWIN} import x\n{TEST}"
    files = {"test_a": TEST, "test_b": shared, "test_c": WITHIN, TWIN: "x = 1\n"}
    answer = run(tmp_path, "--xtts", **files)
    assert "1 passed, 1 skipped" in answer.stdout
    assert "test_a" not in answer.stdout


def test_a_test_that_the_flag_would_not_find_may_not_be_skipped(tmp_path):
    asking = f"{GONE}def ask():\n    pytest.{SKIP}\n"
    hidden = "from asking import ask\n\n\ndef test_it():\n    ask()\n"
    answer = run(tmp_path, asking=asking, test_a=hidden)
    assert answer.returncode == 1
    assert "no importorskip by which --xtts finds" in answer.stdout
