"""How programs end: exit codes and the lines that go with them."""

import signal

import pytest

from moksori.backend.errors import PeerLost
from moksori.training.cli import exit_code, run_main
from moksori.training.loop import Diverged, Outcome
from moksori.training.runs import RunError


def raising(error):
    def work():
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RunError("no run"), 2),
        (OSError("no space"), 2),
        (MemoryError("too large"), 2),
        (KeyError("mine"), 2),
        (Diverged("too often"), 1),
        (PeerLost("another host has gone"), 75),
    ],
)
def test_mistakes_are_one_line(error, code, capsys):
    assert run_main("train.py", raising(error), (KeyError,)) == code
    assert capsys.readouterr().err == f"train.py: {error}\n"


def test_other_errors_pass():
    with pytest.raises(ZeroDivisionError):
        run_main("train.py", raising(ZeroDivisionError()))


def test_work_says_how_it_run_main(capsys):
    assert run_main("train.py", lambda: None) == 0
    assert run_main("train.py", lambda: 143) == 143
    assert run_main("train.py", raising(KeyboardInterrupt())) == 130
    assert "what was finished is kept" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (0, 143)]
)
def test_a_training_that_was_stopped_is_not_finished(number, code, capsys):
    """0: another host received the signal."""
    assert exit_code(Outcome(12, True, number)) == code
    assert "stopped after step 12; the same" in capsys.readouterr().out


def test_a_training_that_is_finished():
    assert exit_code(Outcome(12, False)) == 0
