"""The doctor as a person, or a program, runs it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from moksori.commands import doctor
from moksori.doctor import backends, forecast, gpus
from moksori.doctor.findings import OK, Finding

ROOT = Path(__file__).parents[2]
ANSWER = {
    "version": "2.21",
    "build": {},
    "devices": [{"kind": "CPU", "name": "CPU", "capability": None, "memory": None}],
    "works": True,
    "failure": "",
    "compute": "float32",
}


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run the command in this process, on a machine that is all made up: no GPU, both
    backends at work. Returns its code and what it printed."""
    asked = []

    def check_training(model, settings, features, *_):
        asked.append((model, features))
        text, values = "4 steps take 3 s", {"checkpoint_bytes": 2**20}
        return Finding(f"{model} training", OK, text, "", values)

    monkeypatch.setattr(gpus, "query_driver", lambda: gpus.Driver(absent=True))
    probe = backends.BackendProbe
    monkeypatch.setattr(backends, "probe", lambda name: probe(name, ANSWER))
    monkeypatch.setattr(forecast, "check_training", check_training)
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    folders = ["--data", str(tmp_path), "--logs", str(tmp_path)]

    def call(*words):
        code = doctor.main([*folders, *map(str, words)])
        return code, capsys.readouterr()

    call.asked = asked
    return call


def checked(code: int, printed) -> dict:
    """What `--json` printed, of the documented shape; findings by their names."""
    told = json.loads(printed.out)
    assert set(told) == {"schema", "when", "worst", "findings"}
    levels = ["OK", "WARNING", "ERROR"]
    for finding in told["findings"]:
        assert set(finding) == {"name", "level", "text", "advice", "values"}
        assert finding["advice"] or finding["level"] == "OK"
        assert "could not be checked" not in finding["text"]
    assert code == max(levels.index(finding["level"]) for finding in told["findings"])
    assert told["worst"] == levels[code]
    return {finding["name"]: finding for finding in told["findings"]}


def test_what_a_person_sees(run):
    code, printed = run("--model", "none")
    lines = printed.out.splitlines()
    assert lines[0] == "This machine"
    assert any(line.split()[:2] == ["ok", "driver"] for line in lines)
    assert lines[-1].startswith(("Nothing stands in the way", "1 ", "2 "))
    assert code in (0, 1)
    assert printed.err.splitlines()[1] == "starting tensorflow …"


def test_a_training_is_forecast(run, tiny_store):
    words = ("--features", tiny_store, "--corpus", tiny_store.parent / "corpus")
    found = checked(*run("--json", *words))
    assert run.asked == [("tacotron", tiny_store), ("wavenet", tiny_store)]
    assert found["settings"]["values"]["preset"] == "tiny"
    assert found["corpus"]["values"]["utterances"] == 20
    assert found["tacotron training"]["level"] == "OK"
    assert found["logs folder"]["values"]["needed"] == 2 * (5 * 2**20 + 2**30)


@pytest.mark.parametrize(
    ("words", "models"),
    [
        ((), []),
        (("--preset", "tiny"), ["tacotron", "wavenet"]),
        (("--preset", "tiny", "--model", "wavenet"), ["wavenet"]),
        (("--preset", "tiny", "--model", "none"), []),
    ],
)
def test_which_models_are_forecast(run, words, models):
    run(*words)
    assert [model for model, _ in run.asked] == models


def test_a_run_says_which_model(run, tiny_vocoder_run):
    run("--run", tiny_vocoder_run)
    assert [model for model, _ in run.asked] == ["wavenet"]


def test_everything_is_wrong(run, tmp_path, monkeypatch):
    monkeypatch.setattr(gpus, "query_driver", lambda: gpus.Driver(trouble="ill"))
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setenv("TF_CONFIG", "{")
    words = ("--features", tmp_path / "none", "--corpus", tmp_path / "none")
    found = checked(*run("--json", "--preset", "korea", *words, "--logs", "/proc/x"))
    wrong = {name for name, finding in found.items() if finding["level"] == "ERROR"}
    assert wrong >= {"driver", "backend", "hosts", "settings", "features", "corpus"}
    assert "logs folder" in wrong
    assert run.asked == []
    assert "before the errors above are mended" in found["forecast"]["text"]


@pytest.mark.parametrize("words", [("--model", "both?"), ("--nonsense",)])
def test_wrong_flags(run, words, capsys):
    with pytest.raises(SystemExit) as ended:
        run(*words)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_python_without_packages(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "moksori.doctor.doctor", None)
    assert doctor.main([]) == 2
    assert "make venv" in capsys.readouterr().err


@pytest.mark.program
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_what_it_started(tmp_path, number):
    asked = tmp_path / "asked"
    (tmp_path / "tensorflow.py").write_text(
        "import os, pathlib, time\n"
        f"pathlib.Path({str(asked)!r}).write_text(str(os.getpid()))\n"
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
    while not asked.exists() or not asked.read_text():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    with pytest.raises(ProcessLookupError):
        os.kill(int(asked.read_text()), 0)
