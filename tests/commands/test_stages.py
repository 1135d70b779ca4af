"""Stages: a command that is asked to stop ends by itself, and its code is passed on."""

import signal
import subprocess
import sys

import pytest

from moksori import __main__ as program
from moksori.commands import stages

# What a stage does instead of a command: it takes a moment to save what it has.
STAGE = """
import os, signal, sys, time
def save(*_):
    time.sleep(0.4)
    sys.exit(130)
signal.signal(signal.SIGTERM, save)
os.kill(os.getppid(), signal.SIGTERM)
time.sleep(20)
"""


def test_a_stage_runs_a_command(capfd):
    stages.run_stage("list", "help")
    out = capfd.readouterr().out
    assert out.startswith("\n== list\n$ moksori help\n")
    assert "train_tacotron" in out


def test_a_signal_is_left_to_the_stage(monkeypatch):
    real = subprocess.Popen
    monkeypatch.setattr(
        stages.subprocess, "Popen", lambda words: real([sys.executable, "-c", STAGE])
    )
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(subprocess.CalledProcessError) as failed:
        stages.run_stage("one", "word")
    assert failed.value.returncode == 130
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (subprocess.CalledProcessError(3, ["x"]), 3, ""),
        (subprocess.CalledProcessError(-signal.SIGINT, ["x"]), 130, ""),
        (ValueError("no such folder"), 2, "train: no such folder\n"),
        (OSError("the disk is full"), 2, "train: the disk is full\n"),
    ],
)
def test_an_error_becomes_an_exit_code(error, code, said, capsys):
    def work():
        raise error

    assert stages.run_stages("train", work) == code
    assert capsys.readouterr().err == said


def test_ctrl_c_while_a_command_loads_is_one_line(monkeypatch, capsys):
    def load(name):
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "_command", load)
    monkeypatch.setattr(sys, "argv", ["moksori", "train"])
    assert program.main() == 130
    assert capsys.readouterr().err == "moksori train: stopped\n"
