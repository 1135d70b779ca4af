"""The script as a person runs it: stopped, killed, continued, misused."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from moksori.commands import train_tacotron
from moksori.training.checkpoints import read
from moksori.training.runs import Run
from tests.trainings import ROOT, Program, finish, last, newest, tones

TACOTRON = Program(
    "train_tacotron.py",
    (
        "tacotron.encoder_layers=1",
        "tacotron.postnet_layers=1",
        "tacotron_training.batch_frames=300",
        "tacotron_training.preview_every=100000",
    ),
    endless="tacotron_training.steps=100000",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Tones of two lengths, so that there are batches of two shapes to compile for."""
    return tones(tmp_path_factory.mktemp("features"))


def main(monkeypatch, store, run, *words) -> int:
    """The script within this process, where TensorFlow is loaded already."""
    argv = ["train_tacotron.py", str(store), "--run", str(run), *map(str, words)]
    monkeypatch.setattr(sys, "argv", argv)
    return train_tacotron.main()


@pytest.fixture(scope="module")
def story(store, tmp_path_factory):
    """One training asked to stop, then killed, then finished; another left in peace."""
    logs = tmp_path_factory.mktemp("logs")
    code, out, err = TACOTRON.stop(store, logs / "torn", signal.SIGTERM, after=2)
    asked = newest(logs / "torn")
    kill, _, _ = TACOTRON.stop(store, logs / "torn", signal.SIGKILL, after=asked + 3)
    killed = newest(logs / "torn")
    steps = f"tacotron_training.steps={killed + 5}"
    last_two = [TACOTRON.start(store, logs / name, steps) for name in ("torn", "calm")]
    again, calm = map(finish, last_two)
    return {
        "logs": logs,
        "asked": (code, asked, out, err),
        "killed": (kill, killed),
        "again": again,
        "calm": calm,
    }


def test_a_request_to_stop_saves_and_says_so(story):
    code, step, out, err = story["asked"]
    assert code == 143, err
    assert f"stopped after step {step}; the same command continues" in out
    assert "SIGTERM: stopping after this step and saving" in err
    assert step >= 2


def test_a_training_stopped_killed_and_continued_is_one_left_in_peace(story):
    """To the last bit: weights, statistics, optimizer, noise and the loss's mean."""
    code, step = story["killed"]
    assert code == -signal.SIGKILL
    assert step > story["asked"][1]
    for ended, out, err in (story["again"], story["calm"]):
        assert ended == 0, err
        assert "stopped" not in out
        assert "synthesize.py --voice" in out
    assert f"after step {step}" in story["again"][2]
    torn, calm = (last(story["logs"] / name) for name in ("torn", "calm"))
    assert torn.step == calm.step == step + 5
    assert set(torn.arrays) == set(calm.arrays)
    for name, array in calm.arrays.items():
        np.testing.assert_array_equal(torn.arrays[name], array, err_msg=name)
    assert torn.metric == calm.metric
    assert torn.ranked_by == calm.ranked_by == "free_rank"
    assert np.isfinite(torn.metric)
    earlier = read(Run.open(story["logs"] / "calm").checkpoints()[0].path)
    moved = [n for n, a in calm.arrays.items() if (a != earlier.arrays[n]).any()]
    assert any(name.endswith("moving_mean") for name in moved)
    assert any(name.startswith("optimizer/") for name in moved)


def test_another_network_is_refused_with_the_difference(story, store):
    before = newest(story["logs"] / "calm")
    other = TACOTRON.start(store, story["logs"] / "calm", "tacotron.attention_dim=11")
    code, _, error = finish(other)
    assert code == 2
    assert "hparams.tacotron.attention_dim: 12 -> 11" in error
    assert "begin a new run" in error
    assert "Traceback" not in error
    assert newest(story["logs"] / "calm") == before


def test_from_begins_with_the_weights_of_another_run(
    story, store, tmp_path, monkeypatch, capsys
):
    begun = story["logs"] / "calm"
    alone = (
        "tacotron_training.steps=1",
        "tacotron_training.held_out=0",
        "tacotron_training.previews=0",
    )
    words = ["--preset", "tiny", "--from", begun]
    for each in (*TACOTRON.settings, *alone, "tacotron.decoder_lstm=20"):
        words += ["--set", each]
    assert main(monkeypatch, store, tmp_path / "run", *words) == 0
    said = capsys.readouterr().out
    assert "warm start: " in said
    assert "left as it was: model/tacotron" not in said.partition("\n")[0]
    lines = [line for line in said.splitlines() if "left as it was" in line]
    assert any("decoder_lstm" in line for line in lines)
    assert not any("encoder" in line for line in lines)
    theirs = last(begun).arrays
    first = read(tmp_path / "run/checkpoints/step-00000000.safetensors").arrays
    name = next(name for name in first if "symbols/embeddings" in name)
    np.testing.assert_array_equal(first[name], theirs[name])


def test_an_unknown_key_is_one_line(store, tmp_path):
    code, _, error = finish(
        TACOTRON.start(store, tmp_path / "run", "tacotron.prenet=3")
    )
    assert code == 2
    assert len(error.strip().splitlines()) == 1
    assert "tacotron.prenet" in error
    assert "did you mean tacotron.prenet_dims?" in error
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--preset", "tyni"], "did you mean tiny?"),
        (["--preset", "tiny", "--set", "audio.fmin=50"], "audio.fmin: 0.0 != 50.0"),
        (["--preset", "tiny", "--from", "nowhere"], "no run nowhere"),
    ],
)
def test_mistakes_are_exit_code_2(store, tmp_path, monkeypatch, capsys, words, said):
    assert main(monkeypatch, store, tmp_path / "run", *words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


def test_features_must_be_complete(tmp_path, monkeypatch, capsys):
    assert main(monkeypatch, tmp_path, tmp_path / "run", "--preset", "tiny") == 2
    assert "run preprocess.py" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_run_is_trained_by_one_process_at_a_time(story, store, monkeypatch, capsys):
    with Run.open(story["logs"] / "calm").lock():
        steps = ["--set", "tacotron_training.steps=100000"]
        assert main(monkeypatch, store, story["logs"] / "calm", *steps) == 2
    assert f"being trained already (process {os.getpid()})" in capsys.readouterr().err


def test_help_imports_nothing_heavy():
    code = (
        "import sys, runpy\n"
        "sys.argv = ['train_tacotron.py', '--help']\n"
        "try:\n    runpy.run_path('train_tacotron.py', run_name='__main__')\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "heavy = {'numpy', 'tensorflow', 'jax', 'keras', 'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert run.stdout.strip().endswith("[]"), run.stdout + run.stderr
