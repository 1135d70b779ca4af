from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moksori.doctor import packages
from moksori.doctor.findings import Level
from tests.doctor.made import at

LOCK = """# made by a program
absl-py==2.5.1 \\
    --hash=sha256:286e71c82c1a38e75bbcf185f9b37d0305ad7786535107cb49bf4df9ff2e1f95
    # via keras
Keras==3.15.1
tensorflow[and-cuda]==2.21.0
win-only==1.0 ; sys_platform == 'win32'
zope.interface==5.0
not a pin
"""
ALL = {
    "absl-py": "2.5.1",
    "keras": "3.15.1",
    "tensorflow": "2.21.0",
    "zope-interface": "5.0",
}


def examined(root, there, gpu=False):
    (found,) = packages.examine(root, gpu, there.get)
    return found


def test_pins():
    assert packages.pins(LOCK) == ALL
    assert packages.pins("") == {}


@given(st.text())
def test_pins_of_garbage(text):
    packages.pins(f"{text}\na=={text}")


def test_our_own_locks_are_read():
    for name in (packages.GPU_LOCK, *packages.LOCKS):
        path = Path(__file__).parents[2] / name
        if path.exists():
            assert packages.pins(path.read_text())["tensorflow"] == "2.21.0"


def test_all_as_pinned(tmp_path):
    found = examined(at(tmp_path, {"requirements/dev.lock": LOCK}), ALL)
    assert (found.level, found.text) == (
        Level.OK,
        "all 4 as pinned in requirements/dev.lock",
    )


def test_what_differs(tmp_path):
    there = {**ALL, "keras": "3.0.0"}
    del there["absl-py"]
    found = examined(at(tmp_path, {"requirements/dev.lock": LOCK}), there)
    assert found.level is Level.WARNING
    assert found.text == (
        "requirements/dev.lock: 1 package is missing (absl-py), 1 version is other "
        "(keras 3.0.0, not 3.15.1)"
    )
    assert "make venv" in found.advice
    assert found.values["other"] == {"keras": ("3.0.0", "3.15.1")}


@pytest.mark.parametrize(
    ("gpu", "locks", "chosen"),
    [
        (True, ("requirements/dev.lock", packages.GPU_LOCK), packages.GPU_LOCK),
        (True, ("requirements/dev.lock",), "requirements/dev.lock"),
        (False, ("requirements/dev.lock", packages.GPU_LOCK), "requirements/dev.lock"),
        (False, packages.LOCKS, "requirements/dev.lock"),
        (False, ("requirements/cpu.lock",), "requirements/cpu.lock"),
    ],
)
def test_which_lock(tmp_path, gpu, locks, chosen):
    root = at(tmp_path, dict.fromkeys(locks, LOCK))
    assert examined(root, ALL, gpu).values["lock"] == chosen


def test_the_nearest_lock(tmp_path):
    far, near = LOCK + "pytest==9.0\n", LOCK
    root = at(tmp_path, dict(zip(packages.LOCKS, (far, near), strict=True)))
    assert examined(root, ALL).values["lock"] == packages.LOCKS[1]


@pytest.mark.parametrize("files", [{}, {"requirements/dev.lock": "# nothing\n"}])
def test_no_lock(tmp_path, files):
    found = examined(at(tmp_path, files), ALL)
    assert found.level is Level.WARNING
    assert "no lock" in found.text
