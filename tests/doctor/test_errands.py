import os
import time

import pytest

from moksori.doctor.errands import ask


def test_an_answer():
    heard = []
    answer = ask(
        ["sh", "-c", "cat; echo bad >&2; exit 3"], 10, given="a\nb\n", hear=heard.append
    )
    assert (answer.code, answer.out, answer.err) == (3, "a\nb\n", "bad\n")
    assert heard == ["a\n", "b\n"]
    assert not answer.good
    assert answer.last_words() == "bad"


def test_no_such_program():
    answer = ask(["no-such-program-anywhere"], 1)
    assert answer.missing
    assert not answer.good


def test_a_file_that_is_no_program(tmp_path):
    (tmp_path / "thing").write_text("")
    answer = ask([str(tmp_path / "thing")], 1)
    assert not answer.missing
    assert answer.code is None
    assert "Permission denied" in answer.err


def test_one_that_hangs_is_ended_with_its_children(tmp_path):
    begun = time.monotonic()
    answer = ask(
        ["sh", "-c", f"echo begun; sleep 97 & echo $! >{tmp_path}/child; wait"], 0.5
    )
    assert answer.late
    assert answer.out == "begun\n"
    assert time.monotonic() - begun < 6
    child = int((tmp_path / "child").read_text())
    for _ in range(100):
        if _gone(child):
            break
        time.sleep(0.02)
    assert _gone(child)


def _gone(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(") ")[2].startswith("Z")
    except FileNotFoundError:
        return True


def test_killed_by_a_signal():
    assert ask(["sh", "-c", "kill -9 $$"], 10).code == -9


def test_more_given_than_it_reads():
    assert ask(["true"], 10, given="x" * 10_000_000).good


def test_bytes_that_are_no_text():
    answer = ask(["printf", r"\377\n"], 10)
    assert answer.out == "\N{REPLACEMENT CHARACTER}\n"


def test_ctrl_c_ends_what_was_asked(tmp_path):
    def interrupt(line):
        os.kill(os.getpid(), 2)

    with pytest.raises(KeyboardInterrupt):
        ask(
            ["sh", "-c", f"echo $$ >{tmp_path}/child; echo on; sleep 98"],
            30,
            hear=interrupt,
        )
    assert _gone(int((tmp_path / "child").read_text()))
