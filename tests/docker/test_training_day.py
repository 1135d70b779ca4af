"""A training through the entrypoint: begun, stopped as an engine stops, continued."""

import shutil
import signal
import subprocess
import time

import pytest

from tests.docker.container import clean, contained, namespaces, run
from tests.trainings import Program, finish, newest, tones

TACOTRON = Program(
    "train_tacotron",
    (
        "tacotron.encoder_layers=1",
        "tacotron.postnet_layers=1",
        "tacotron_training.batch_frames=300",
        "tacotron_training.preview_every=100000",
    ),
    endless="tacotron_training.steps=100000",
)


def words(*overrides: str) -> list[str]:
    """What a person types after `docker run … moksori:gpu`."""
    return ["train_tacotron.py", *TACOTRON.words("data/me", "logs/me", *overrides)]


def start(command, cwd) -> subprocess.Popen:
    return subprocess.Popen(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """Stopped in a clean environment, then continued: contained, where that can be."""
    folder = tmp_path_factory.mktemp("day")
    (folder / "logs").mkdir()
    (folder / "data").mkdir()
    tones(folder / "made", count=10)
    shutil.move(folder / "made/out", folder / "data/me")
    process = start(clean(*words(TACOTRON.endless)), folder)
    while process.poll() is None and (newest(folder / "logs/me") or 0) < 2:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    stopped = (*finish(process), newest(folder / "logs/me"))
    steps = f"tacotron_training.steps={stopped[3] + 2}"
    again = clean(*words(steps))
    if namespaces():
        again = contained(folder / "data", folder / "logs", *words(steps))
    continued = (*finish(start(again, folder)), newest(folder / "logs/me"))
    return folder, stopped, continued


def test_a_stop_saves_a_checkpoint_and_says_with_143_that_it_is_not_the_end(day):
    _, (code, out, err, step), _ = day
    assert code == 128 + signal.SIGTERM, err
    assert step >= 2
    assert f"stopped after step {step}; the same command continues" in out


def test_the_same_command_continues_there_and_ends(day):
    _, (*_, before), (code, out, err, after) = day
    assert code == 0, err
    assert f"after step {before}" in err
    assert after == before + 2
    assert "synthesize.py --voice logs/me" in out


def test_the_voice_speaks_through_the_entrypoint(day):
    folder, _, _ = day
    spoken = run(clean("synthesize", "--voice", "logs/me", "--text", "네."), folder)
    assert spoken.returncode == 0, spoken.stderr
    assert "1 of 1 lines spoken: logs/me/speech" in spoken.stdout
    assert (folder / "logs/me/speech/0001.wav").stat().st_size > 44


def test_files_belong_to_the_caller(day):
    folder, _, _ = day
    owners = {path.stat().st_uid for path in (folder / "logs").rglob("*")}
    assert owners == {folder.stat().st_uid}


def test_without_a_voice_it_speaks_from_a_read_only_checkout(tmp_path):
    for name in ("data", "logs"):
        (tmp_path / name).mkdir()
    words = "synthesize.py", "--text", "안녕하세요."
    if namespaces():
        command = contained(tmp_path / "data", tmp_path / "logs", *words)
    else:
        command = clean(*words)
    spoken = run(command, tmp_path)
    assert spoken.returncode == 0, spoken.stderr
    assert (tmp_path / "logs/speech/0001.wav").stat().st_size > 44
