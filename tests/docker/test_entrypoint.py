"""The entrypoint: one word for each script, the same inside and outside a container."""

import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.docker.container import (
    ENTRYPOINT,
    UID,
    WORK,
    clean,
    contained,
    namespaces,
    run,
    somebody,
)
from tests.docker.read import ROOT
from tests.docker.words import NAMES

CONTRACT = {
    *("preprocess", "train_tacotron", "train_wavenet", "align", "synthesize"),
    *("clone", "compare", "doctor", "tensorboard", "demo"),
}

in_a_container = pytest.mark.skipif(
    not namespaces(), reason="this system allows no namespaces"
)


def test_the_names_are_those_agreed_and_there():
    assert set(NAMES) == CONTRACT
    there = {path.stem for path in ROOT.glob("*.py")} | {"tensorboard"}
    assert there - {"hparams"} == CONTRACT


@pytest.mark.parametrize("words", [[], ["help"], ["--help"], ["-h"]])
def test_help_lists_what_there_is(words):
    answer = run(clean(*words))
    assert (answer.returncode, answer.stderr) == (0, "")
    lines = re.findall(r"^  (\w+) +(\S.*)$", answer.stdout, re.MULTILINE)
    there = {path.stem for path in ROOT.glob("*.py")} | {"tensorboard"}
    assert [name for name, _ in lines] == [name for name in NAMES if name in there]


@pytest.mark.parametrize("word", ["synthesize", "train_tacotron.py"])
def test_a_name_runs_its_script_from_any_folder(word, tmp_path):
    answer = run(clean(word, "--help"), cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith(f"usage: {word.removesuffix('.py')}.py")


def test_what_a_script_answers_is_the_answer(tmp_path):
    answer = run(clean("synthesize", "--voice", "nowhere", "--text", "네"), tmp_path)
    assert answer.returncode == 2
    assert answer.stderr == "synthesize: no run nowhere, and no other run in .\n"


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("train", "; did you mean train_tacotron or train_wavenet?"),
        ("tensorbord", "; did you mean tensorboard?"),
        ("synthesise.py", "; did you mean synthesize?"),
        ("데모", ""),
    ],
)
def test_an_unknown_word_is_one_line_with_the_nearest(word, near):
    answer = run(clean(word))
    assert answer.returncode == 2
    assert answer.stderr == f"moksori: no command {word}{near} (help lists them all)\n"


def test_a_script_that_is_not_there_yet_is_one_line(tmp_path):
    shutil.copytree(ROOT / "docker", tmp_path / "docker")
    command = clean("demo")
    command[command.index(str(ENTRYPOINT))] = str(tmp_path / "docker/entrypoint.sh")
    answer = run(command)
    assert answer.returncode == 2
    assert answer.stderr == "moksori: demo is not in this version\n"


def test_other_commands_run_with_our_python_first():
    answer = run(clean("python", "-c", "import sys; print(sys.executable)"))
    assert answer.stdout.strip() == str(Path(sys.executable).with_name("python"))
    assert run(clean("sh", "-c", "exit 7")).returncode == 7


def test_the_python_of_the_checkout_is_found_without_being_named(tmp_path):
    shutil.copytree(ROOT / "docker", tmp_path / "docker")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").write_text("#!/bin/sh\necho ours $*\n")
    (tmp_path / ".venv/bin/python").chmod(0o755)
    (tmp_path / "demo.py").touch()
    entry = str(tmp_path / "docker/entrypoint.sh")
    answer = run(["env", "-i", entry, "demo", "--help"])
    assert answer.stdout == f"ours {tmp_path}/demo.py --help\n"
    (tmp_path / ".venv/bin/python").unlink()
    answer = run(["env", "-i", entry, "demo"])
    assert answer.returncode == 2
    assert len(answer.stderr.splitlines()) == 1
    assert "run make venv, or set MOKSORI_PYTHON" in answer.stderr


def test_no_shell_is_left_between_the_caller_and_the_command():
    command = clean("python", "-c", "import os; print(os.getpid())")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.communicate()[0].strip() == str(process.pid)


@pytest.mark.parametrize("home", [{}, {"HOME": "/"}, {"HOME": "/proc/no/such"}])
def test_a_home_and_a_name_are_made_up_where_there_is_none(home):
    code = "import getpass, os; print(os.path.expanduser('~'), getpass.getuser())"
    answer = run(clean("python", "-c", code, **home))
    folder, name = answer.stdout.split()
    assert Path(folder).is_dir()
    assert folder != "/"
    assert name
    Path(folder).rmdir()


def test_a_home_that_is_there_stays(tmp_path):
    show = ("sh", "-c", 'echo "$HOME $USER $LOGNAME"')
    answer = run(clean(*show, HOME=str(tmp_path / "a/b"), USER="suho"))
    assert answer.stdout == f"{tmp_path}/a/b suho suho\n"
    assert (tmp_path / "a/b").is_dir()


@pytest.fixture
def closed(tmp_path):
    """A folder in which nobody may write."""
    (tmp_path / "logs").mkdir(mode=0o555)
    probe = run(somebody(["sh", "-c", "test -w logs"]), tmp_path)
    if probe.returncode != 1:
        pytest.skip("no user here whom permissions bind")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["train_tacotron", "data/me", "--run", "logs/me"],
        ["train_wavenet", "data/me", "--run=logs/deep/er"],
        ["preprocess", "data/me", "--out", "logs"],
        ["align", "data/me", "--voice", "x", "--out", "logs/a"],
        ["synthesize", "--voice", "logs/me", "--text", "네"],
        ["synthesize", "--voice", "x", "--text", "네", "--stream", "logs/a.wav"],
        [
            "clone",
            "--reference",
            "me.wav",
            "you.wav",
            "--text",
            "네",
            "--out",
            "logs/a",
        ],
        ["clone", "--voice-file", "me", "--text", "네", "--stream", "logs/a.wav"],
        ["clone", "--reference", "me.wav", "--save-voice", "logs/me.voice"],
        ["clone", "--out", "here", "--save-voice=logs/deep/er/me.voice"],
        ["compare", "--voice", "x", "--reference", "me.wav", "--out", "logs/page"],
        ["demo"],
        ["demo", "--run", "logs/x", "--data", "here"],
    ],
)
def test_a_folder_that_cannot_be_written_is_one_line_before_any_work(closed, words):
    began = time.monotonic()
    answer = run(somebody(clean(*words)), closed)
    assert answer.returncode == 2
    (line,) = answer.stderr.splitlines()
    assert f"{closed}/logs belongs to" in line
    assert "mode 555" in line
    assert '--user "$(id -u):$(id -g)"' in line
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "words",
    [
        ["train_tacotron", "--run", "logs/me", "--help"],
        ["synthesize", "--voice", "logs/me", "--text", "네", "--stream", "-"],
        ["synthesize", "--voice", "logs/me", "--text", "네", "--out", "speech"],
        ["clone", "--voice-file", "logs/me.voice", "--text", "네", "--stream", "-"],
        ["clone", "--reference", "logs/me.wav", "--text", "네", "--out", "speech"],
        ["compare", "--voice", "logs/me", "--out", "page"],
    ],
)
def test_what_will_not_be_written_need_not_be_writable(closed, words):
    answer = run(somebody(clean(*words)), closed)
    assert "moksori: " not in answer.stderr


def test_of_several_hosts_only_the_first_needs_a_writable_run(closed):
    words = ("train_tacotron", "data/me", "--run", "logs/me")
    for number, refused in (("0", True), ("1", False)):
        command = clean(*words, KERAS_DISTRIBUTION_PROCESS_ID=number)
        answer = run(somebody(command), closed)
        assert ("belongs to" in answer.stderr) == refused


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
        page = _page(f"http://localhost:{port}/data/logdir", process)
        assert b'"logdir"' in page
        assert b"logs" in page
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    assert b"http://localhost:" in said


def _page(address: str, process) -> bytes:
    """A page as soon as it is served; fails when the server ended or takes too long."""
    for _ in range(600):
        assert process.poll() is None, process.stderr.read()
        try:
            return urllib.request.urlopen(address, timeout=10).read()
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError(f"nothing at {address}")


@in_a_container
def test_in_a_container_an_unknown_user_writes_where_it_may(tmp_path):
    for name in ("data", "logs"):
        (tmp_path / name).mkdir()
    script = (
        'echo "$(id -u) $(pwd) $HOME"; touch logs/mine "$HOME/cache" && '
        "! touch /usr/x data/../x 2>/dev/null && "
        "! touch $(dirname $(command -v python))/x 2>/dev/null"
    )
    command = contained(tmp_path / "data", tmp_path / "logs", "sh", "-c", script)
    answer = run(command)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == f"{UID} {WORK} /tmp/home\n"
    assert (tmp_path / "logs/mine").owner() == tmp_path.owner()


@in_a_container
def test_in_a_container_a_folder_that_was_not_mounted_is_refused(tmp_path):
    words = ("train_tacotron", "data/me", "--run", "runs/me")
    answer = run(contained(tmp_path, tmp_path, *words))
    assert answer.returncode == 2
    (line,) = answer.stderr.splitlines()
    assert f"user {UID}:{UID} cannot write runs/me: {WORK} belongs to" in line


@in_a_container
def test_in_a_container_a_missing_tmp_is_one_line(tmp_path):
    answer = run(contained(tmp_path, tmp_path, "demo", TMPDIR="/usr"))
    assert answer.returncode == 2
    assert answer.stderr == "moksori: /usr cannot be written: add --tmpfs /tmp\n"
