"""Exit codes of commands, and the error lines that go with them."""

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
def test_a_user_error_is_one_line_and_its_exit_code(error, code, capsys):
    assert run_main("train", raising(error), (KeyError,)) == code
    assert capsys.readouterr().err == f"train: {error}\n"


def test_unexpected_errors_are_raised():
    with pytest.raises(ZeroDivisionError):
        run_main("train", raising(ZeroDivisionError()))


def test_the_exit_code_of_the_work_is_returned(capsys):
    assert run_main("train", lambda: None) == 0
    assert run_main("train", lambda: 143) == 143
    assert run_main("train", raising(KeyboardInterrupt())) == 130
    assert "what was finished is kept" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (0, 143)]
)
def test_a_stopped_training_ends_with_the_code_of_its_signal(number, code, capsys):
    """0: another host received the signal."""
    assert exit_code(Outcome(12, True, number)) == code
    assert "stopped after step 12; the same" in capsys.readouterr().out


def test_a_finished_training_ends_with_0():
    assert exit_code(Outcome(12, False)) == 0
