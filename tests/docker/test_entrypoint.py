"""The entrypoint: a command of moksori or a program, as any user, in any folder."""

import contextlib
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from moksori.__main__ import listing
from tests.docker.container import clean, run, somebody


@pytest.mark.parametrize("words", [[], ["help"], ["--help"]])
def test_help_lists_the_commands(words):
    answer = run(clean(*words))
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout == listing() + "\n"


@pytest.mark.parametrize("word", ["synthesize", "train_tacotron.py"])
def test_a_command_runs_in_any_folder_also_beside_files_of_its_names(word, tmp_path):
    (tmp_path / "hparams.py").write_text("raise SystemExit('the wrong one')")
    answer = run(clean(word, "--help"), tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith(f"usage: moksori {word.removesuffix('.py')} ")


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("train_", "; did you mean train_tacotron or train_wavenet?"),
        ("synthesise.py", "; did you mean synthesize?"),
        ("데모", ""),
    ],
)
def test_an_unknown_word_is_one_line_with_the_nearest(word, near):
    answer = run(clean(word))
    name = word.removesuffix(".py")
    assert answer.returncode == 2
    assert answer.stderr == f"moksori: no command {name}{near} (help lists them all)\n"


def test_other_programs_run_with_our_python_first():
    answer = run(clean("python", "-c", "import sys; print(sys.executable)"))
    assert answer.stdout.strip() == str(Path(sys.executable).with_name("python"))
    assert run(clean("sh", "-c", "exit 7")).returncode == 7


def test_without_python_one_line_says_what_to_do(tmp_path):
    answer = run(clean("demo", MOKSORI_PYTHON=str(tmp_path / "python")))
    assert answer.returncode == 2
    assert "run make venv, or set MOKSORI_PYTHON" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_no_shell_is_left_between_the_caller_and_the_program():
    command = clean("python", "-c", "import os; print(os.getpid())")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.communicate()[0].strip() == str(process.pid)


@pytest.mark.parametrize("home", [{}, {"HOME": "/"}, {"HOME": "/proc/no/such"}])
def test_a_home_and_a_user_are_made_up_where_there_is_none(home):
    code = "import getpass, os; print(os.path.expanduser('~'), getpass.getuser())"
    folder, name = run(clean("python", "-c", code, **home)).stdout.split()
    assert folder != "/"
    assert name
    Path(folder).rmdir()


def test_a_home_and_a_user_that_are_there_stay(tmp_path):
    show = ("sh", "-c", 'echo "$HOME $USER $LOGNAME"')
    answer = run(clean(*show, HOME=str(tmp_path / "a/b"), USER="suho"))
    assert answer.stdout == f"{tmp_path}/a/b suho suho\n"


@pytest.mark.parametrize(
    "words",
    [
        ["train_tacotron", "data/me", "--run", "logs/me"],
        ["preprocess", "data/me", "--out", "logs"],
        ["synthesize", "--voice", "logs/me", "--text", "네"],
        ["synthesize", "--voice", "x", "--text", "네", "--stream", "logs/a.wav"],
        ["clone", "--reference", "me.wav", "--save-voice", "logs/me.voice"],
    ],
)
def test_a_folder_that_cannot_be_written_is_said_before_any_work(tmp_path, words):
    (tmp_path / "logs").mkdir(mode=0o555)
    if run(somebody(["sh", "-c", "test -w logs"]), tmp_path).returncode != 1:
        pytest.skip("no user here whom permissions bind")
    answer = run(somebody(clean(*words)), tmp_path)
    assert answer.returncode == 2
    line = answer.stderr.splitlines()[-1]
    assert f"{tmp_path}/logs belongs to" in line
    assert "mode 555" in line
    assert '--user "$(id -u):$(id -g)"' in line


def test_tensorboard_answers_here_alone_and_ends_when_asked(tmp_path):
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    (tmp_path / "logs").mkdir()
    command = clean("tensorboard", "--port", str(port))
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        page, ends = b"", time.monotonic() + 60
        while not page and process.poll() is None and time.monotonic() < ends:
            with contextlib.suppress(urllib.error.URLError):
                address = f"http://localhost:{port}/data/logdir"
                page = urllib.request.urlopen(address, timeout=10).read()
        assert b"logs" in page
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    assert b"http://localhost:" in said


def test_without_a_home_a_missing_tmp_is_said():
    answer = run(clean("help", TMPDIR="/no/such"))
    assert answer.returncode == 2
    assert "moksori: /no/such cannot be written: add --tmpfs /tmp\n" in answer.stderr
