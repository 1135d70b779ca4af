"""The script as a person runs it: stopped, killed, continued, misused."""

import os
import shutil
import signal
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import hparams
from moksori.commands import train_tacotron
from moksori.training import export
from moksori.training.checkpoints import read
from moksori.training.recipes.tacotron import TacotronRecipe
from moksori.training.runs import Run
from tests.trainings import Program, finish, last, newest, tiny

CONSENT = "Minji, 20 November 2026, for this test"

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


def main(store, run, *words) -> int:
    """The command within this process, where TensorFlow is loaded already."""
    return train_tacotron.main([str(store), "--run", str(run), *map(str, words)])


@pytest.fixture
def run(tiny_run, tmp_path):
    """A copy of a run, to continue."""
    return shutil.copytree(tiny_run, tmp_path / "run")


@pytest.fixture(scope="module")
def story(tiny_store, tmp_path_factory):
    """One training asked to stop, then killed, then finished; another left in peace."""
    logs = tmp_path_factory.mktemp("logs")
    code, out, err = TACOTRON.stop(tiny_store, logs / "torn", signal.SIGTERM, after=2)
    asked = newest(logs / "torn")
    kill, _, _ = TACOTRON.stop(
        tiny_store, logs / "torn", signal.SIGKILL, after=asked + 3
    )
    killed = newest(logs / "torn")
    steps = f"tacotron_training.steps={killed + 5}"
    last_two = [
        TACOTRON.start(tiny_store, logs / name, steps) for name in ("torn", "calm")
    ]
    again, calm = map(finish, last_two)
    return {
        "logs": logs,
        "asked": (code, asked, out, err),
        "killed": (kill, killed),
        "again": again,
        "calm": calm,
    }


@pytest.mark.program
def test_a_request_to_stop_saves_and_says_so(story):
    code, step, out, err = story["asked"]
    assert code == 143, err
    assert f"stopped after step {step}; the same command continues" in out
    assert "SIGTERM: stopping after this step and saving" in err
    assert step >= 2


@pytest.mark.program
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


def test_another_network_is_refused_with_the_difference(run, tiny_store, capsys):
    before = newest(run)
    assert main(tiny_store, run, "--set", "tacotron.attention_dim=11") == 2
    error = capsys.readouterr().err
    assert "hparams.tacotron.attention_dim: 12 -> 11" in error
    assert "begin a new run" in error
    assert newest(run) == before


def test_from_begins_with_the_weights_of_another_run(
    tiny_run, tiny_store, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(export, "SHIPPED_VOICE", tiny_run)
    words = tiny("tacotron_training", tiny_store, tmp_path / "run")
    words += ["--from", str(tiny_run), "--set", "tacotron.decoder_lstm=20"]
    words += ["--consent", CONSENT]
    assert train_tacotron.main([*words, "--set", "tacotron_training.steps=1"]) == 0
    said = capsys.readouterr().out
    assert "warm start: " in said
    assert "begins with the shipped voice; --from none begins with nothing" in said
    assert Run.open(tmp_path / "run").settings["consent"] == CONSENT
    assert "left as it was: model/tacotron" not in said.partition("\n")[0]
    lines = [line for line in said.splitlines() if "left as it was" in line]
    assert any("decoder_lstm" in line for line in lines)
    assert not any("encoder" in line for line in lines)
    theirs = last(tiny_run).arrays
    first = read(tmp_path / "run/checkpoints/step-00000000.safetensors").arrays
    name = next(name for name in first if "symbols/embeddings" in name)
    np.testing.assert_array_equal(first[name], theirs[name])


def test_without_from_the_shipped_voice_is_begun_with_where_it_fits(
    tiny_run, tmp_path, monkeypatch
):
    def start(settings, flag):
        return TacotronRecipe.initial_run(Namespace(start=flag), settings)

    monkeypatch.setattr(export, "SHIPPED_VOICE", tiny_run)
    same = hparams.preset("tiny")
    assert start(same, None) == tiny_run
    assert start(same, "none") is None
    assert start(same, tmp_path) == tmp_path
    of_no_weight = ("tacotron_training.steps=9", "audio.griffin_lim_iterations=3")
    assert start(same.override(of_no_weight), None) == tiny_run
    assert start(same.override(["tacotron.decoder_lstm=20"]), None) is None
    assert start(same.override(["text.phonetic=true"]), None) is None
    monkeypatch.setattr(export, "SHIPPED_VOICE", tmp_path / "not shipped")
    assert start(same, None) is None


def test_a_new_run_takes_the_preset_of_its_features():
    def chosen(audio, flag=None):
        given = Namespace(preset=None, hparams=None, overrides=[], start=flag)
        store = Namespace(audio=audio, text=hparams.preset("demo").text)
        return TacotronRecipe.settings_for(given, Path("new"), store)

    audio = replace(hparams.preset("demo").audio, griffin_lim_iterations=7)
    assert chosen(audio) == hparams.preset("voice")
    assert chosen(audio, "none") == hparams.preset("demo")


def test_consent_is_refused_where_it_says_nothing_or_another_thing(
    run, tiny_store, capsys
):
    assert main(tiny_store, run, "--consent", "yes") == 2
    assert "does not say enough" in capsys.readouterr().err
    assert main(tiny_store, run, "--consent", CONSENT) == 2
    assert f'consent: absent -> "{CONSENT}"' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--preset", "tyni"], "did you mean tiny?"),
        (["--set", "tacotron.prenet=3"], "did you mean tacotron.prenet_dims?"),
        (["--preset", "tiny", "--set", "audio.fmin=50"], "audio.fmin: 0.0 != 50.0"),
        (["--preset", "tiny", "--from", "nowhere"], "no run nowhere"),
    ],
)
def test_mistakes_are_exit_code_2(tiny_store, tmp_path, capsys, words, said):
    assert main(tiny_store, tmp_path / "run", *words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.strip().splitlines()) == 1


def test_features_must_be_complete(tmp_path, capsys):
    assert main(tmp_path, tmp_path / "run", "--preset", "tiny") == 2
    assert "run preprocess.py" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_run_is_trained_by_one_process_at_a_time(run, tiny_store, capsys):
    with Run.open(run).lock():
        assert main(tiny_store, run, "--set", "tacotron_training.steps=9") == 2
    assert f"being trained already (process {os.getpid()})" in capsys.readouterr().err
