"""How programs end: exit codes and the lines that go with them."""

import signal

import pytest

from moksori.training.devices import Lost
from moksori.training.loop import Diverged, Outcome
from moksori.training.program import ended, stopped
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
        (Lost("another host has gone"), 75),
    ],
)
def test_mistakes_are_one_line(error, code, capsys):
    assert ended("train.py", raising(error), (KeyError,)) == code
    assert capsys.readouterr().err == f"train.py: {error}\n"


def test_other_errors_pass():
    with pytest.raises(ZeroDivisionError):
        ended("train.py", raising(ZeroDivisionError()))


def test_work_says_how_it_ended(capsys):
    assert ended("train.py", lambda: None) == 0
    assert ended("train.py", lambda: 143) == 143
    assert ended("train.py", raising(KeyboardInterrupt())) == 130
    assert "what was finished is kept" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (0, 143)]
)
def test_a_training_that_was_stopped_is_not_finished(number, code, capsys):
    """0: another host received the signal."""
    assert stopped(Outcome(12, True, number)) == code
    assert "stopped after step 12; the same" in capsys.readouterr().out


def test_a_training_that_is_finished():
    assert stopped(Outcome(12, False)) == 0
