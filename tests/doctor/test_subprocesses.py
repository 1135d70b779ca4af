"""Programs that end too late, or not at all."""

import time

import pytest

from moksori.doctor import subprocesses

pytestmark = pytest.mark.program


def test_a_program_is_given_text_and_answers():
    answer = subprocesses.run("json.tool", timeout=20, stdin="[1]")
    assert (answer.code, answer.out.split()) == (0, ["[", "1", "]"])
    answer = subprocesses.run("json.tool", timeout=20, stdin="[")
    assert answer.code == 1
    assert answer.error_line.startswith("Expecting value")


def test_a_program_that_hangs_is_given_up():
    begun = time.perf_counter()
    answer = subprocesses.run("http.server", "0", timeout=0.5)
    assert answer.code is None
    assert time.perf_counter() - begun < 10


def test_a_program_that_cannot_be_killed_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(subprocesses.subprocess.Popen, "kill", lambda process: None)
    begun = time.perf_counter()
    assert subprocesses.run("timeit", "-s", "import time", "time.sleep(6)", timeout=0.1)
    assert time.perf_counter() - begun < 5
