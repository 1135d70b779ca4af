"""doctor.py as a person, or a program, runs it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.doctor.made import card, nvidia_smi, program
from tests.trainings import tones

ROOT = Path(__file__).parents[2]
LEVELS = ("OK", "WARNING", "ERROR")


def doctor(*arguments, **environment) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "moksori", "doctor", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def bare(tmp_path):
    """A machine without backends, and folders of its own: quick to look at."""
    for name in ("tensorflow", "jax"):
        missing = f"No module named {name!r}"
        code = f"raise ModuleNotFoundError({missing!r}, name={name!r})"
        (tmp_path / "stubs" / name).mkdir(parents=True)
        (tmp_path / "stubs" / name / "__init__.py").write_text(code)
    for name in ("data", "logs", "bin"):
        (tmp_path / name).mkdir()

    def run(*arguments, path=tmp_path / "bin", **environment):
        folders = ("--data", tmp_path / "data", "--logs", tmp_path / "logs")
        told = {"PYTHONPATH": str(tmp_path / "stubs"), "PATH": f"{path}:/usr/bin:/bin"}
        return doctor(*folders, *arguments, **{**told, **environment})

    return run


def checked(run: subprocess.CompletedProcess) -> dict:
    """What `--json` printed, of the documented shape; findings by their names."""
    told = json.loads(run.stdout)
    assert set(told) == {"schema", "when", "worst", "findings"}
    assert told["schema"] == 1
    for finding in told["findings"]:
        assert set(finding) == {"name", "level", "text", "advice", "values"}
        assert finding["level"] in LEVELS
        assert finding["text"]
        assert finding["advice"] or finding["level"] == "OK"
    worst = max(LEVELS.index(finding["level"]) for finding in told["findings"])
    assert told["worst"] == LEVELS[worst]
    assert run.returncode == worst
    assert "Traceback" not in run.stderr
    found = {finding["name"]: finding for finding in told["findings"]}
    broken = [f for f in found.values() if "could not be checked" in f["text"]]
    assert broken == []
    return found


def test_the_eve_of_a_training(tmp_path):
    """The real thing: both backends woken, both models rehearsed."""
    features, run_folder = tones(tmp_path), tmp_path / "run"
    quicker = ("tacotron.encoder_layers=0", "tacotron.postnet_layers=1")
    quicker += ("wavenet.layers=1", "wavenet.cycles=1")
    run = doctor(
        *("--features", features, "--run", run_folder, "--corpus", tmp_path / "corpus"),
        *("--data", tmp_path, "--logs", tmp_path, "--seconds", 1, "--json"),
        *(word for each in quicker for word in ("--set", each)),
        KERAS_BACKEND="tensorflow",
    )
    found = checked(run)
    assert found["backend"]["values"]["backend"] == "tensorflow"
    assert found["tensorflow"]["values"]["works"]
    assert found["jax"]["values"]["works"]
    assert found["settings"]["values"]["preset"] == "tiny"
    assert set(found["settings"]["values"]["changes"]) == set(quicker)
    assert found["features"]["values"]["utterances"] == 20
    assert found["corpus"]["values"]["utterances"] == 20
    assert found["run"]["values"]["step"] is None
    for model in ("tacotron", "wavenet"):
        told = found[f"{model} training"]
        assert told["level"] == "OK", told
        assert told["values"]["step_seconds"] > 0
        assert told["values"]["peak_memory"] > 2**28
        assert "made up" not in told["text"]
    needed = found["logs disk"]["values"]["needed"]
    checkpoints = [
        found[f"{m} training"]["values"]["checkpoint"] for m in ("tacotron", "wavenet")
    ]
    assert needed == 5 * sum(checkpoints) + 2 * 2**30
    assert "rehearsing wavenet: compiling" in run.stderr
    assert not run_folder.exists()


def test_nothing_is_installed(bare):
    found = checked(bare("--json", KERAS_BACKEND="tensorflow"))
    assert found["tensorflow"]["level"] == found["backend"]["level"] == "ERROR"
    assert "make venv" in found["tensorflow"]["advice"]
    # The other one is nobody's trouble.
    assert found["jax"]["level"] == "OK"
    assert found["driver"]["level"] == "OK"
    assert found["training"]["level"] == "OK"
    assert found["data folder"]["level"] == found["logs folder"]["level"] == "OK"


def test_everything_is_wrong(bare, tmp_path):
    said = "echo could not communicate with the NVIDIA driver; exit 9"
    ill = program(tmp_path / "ill", "nvidia-smi", said)
    found = checked(
        bare(
            *("--json", "--preset", "korea", "--features", tmp_path / "none"),
            *("--run", tmp_path, "--corpus", tmp_path / "none", "--logs", "/proc/none"),
            path=ill,
            KERAS_BACKEND="torch",
            TF_CONFIG="{",
            HOME="/proc/none",
        )
    )
    for name in ("driver", "backend", "hosts", "settings", "features", "corpus"):
        assert found[name]["level"] == "ERROR", name
    assert "did you mean korean" in found["settings"]["text"]
    assert found["logs folder"]["level"] == "ERROR"
    assert found["run"]["level"] == "WARNING"


def test_gpus_that_no_backend_sees(bare, tmp_path):
    cards = nvidia_smi(tmp_path / "cards", card(0), card(1))
    (tmp_path / "stubs" / "jax" / "__init__.py").write_text(
        "__version__ = '0'\n"
        "def default_backend(): return 'cpu'\n"
        "def local_devices(): return []\n"
    )
    found = checked(bare("--json", path=cards, KERAS_BACKEND="jax"))
    assert found["driver"]["values"]["gpus"] == 2
    assert found["gpu 1"]["level"] == "OK"
    assert found["jax"]["level"] == "ERROR"


def test_a_person_sees_a_table(bare):
    run = bare("--model", "none", NO_COLOR="")
    assert run.returncode == 2
    lines = run.stdout.splitlines()
    assert lines[0] == "This machine"
    assert "\x1b" not in run.stdout + run.stderr
    place = next(
        i for i, line in enumerate(lines) if "tensorflow" in line and "ERROR" in line
    )
    assert "→" in "".join(lines[place : place + 4])
    assert "1 error" in lines[-1] or "errors" in lines[-1]
    assert "waking tensorflow" in run.stderr


def test_a_python_without_packages(tmp_path):
    for name in ("tensorflow", "jax"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('none')")
    (tmp_path / "run.json").write_text('{"kind": "tacotron", "version": 1}')
    folders = ("--data", tmp_path, "--logs", tmp_path, "--run", tmp_path)
    asked = ("--features", tmp_path, "--model", "none", "--json")
    run = subprocess.run(
        [
            sys.executable,
            "-S",
            "-m",
            "moksori",
            "doctor",
            *map(str, (*folders, *asked)),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    told = json.loads(run.stdout)
    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    found = {finding["name"]: finding["text"] for finding in told["findings"]}
    assert "could not be checked: ModuleNotFoundError" in found["features"]
    assert "are missing" in found["packages"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_stopped(tmp_path, number):
    (tmp_path / "tensorflow.py").write_text(
        "import os, time\n"
        f"open({str(tmp_path / 'asked')!r}, 'w').write(str(os.getpid()))\n"
        "time.sleep(93)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "moksori", "doctor", "--model", "none"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    asked = tmp_path / "asked"
    while not asked.exists() or not asked.read_text():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    with pytest.raises(ProcessLookupError):
        os.kill(int(asked.read_text()), 0)


@pytest.mark.parametrize("arguments", [("--model", "both?"), ("--nonsense",)])
def test_wrong_flags(arguments):
    run = doctor(*arguments)
    assert run.returncode == 2
    assert run.stdout == ""
    assert "usage:" in run.stderr
