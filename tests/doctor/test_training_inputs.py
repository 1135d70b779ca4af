"""Corpora, features, settings and runs, before a training takes them."""

import shutil
from argparse import Namespace

import pytest

import hparams
from moksori import storage
from moksori.doctor import training_inputs
from moksori.doctor.findings import ERROR, OK, WARNING
from moksori.training.export import export_run
from moksori.training.runs import Run
from tests.datasets.made import folder_corpus


def inputs(model="tacotron", features=None, run=None, preset=None, overrides=()):
    flags = {"preset": preset, "hparams": None, "overrides": list(overrides)}
    arguments = Namespace(features=features, run=run, **flags)
    found = training_inputs.check_inputs(arguments, model)
    return {finding.name: finding for finding in found}


@pytest.fixture
def run(tiny_run, tmp_path):
    return shutil.copytree(tiny_run, tmp_path / "run")


@pytest.fixture
def store(tiny_store, tmp_path):
    return shutil.copytree(tiny_store, tmp_path / "store")


def test_a_corpus(tmp_path):
    corpus = folder_corpus(tmp_path / "corpus", 4)
    found = training_inputs.check_corpus(corpus)
    assert (found.level, found.values["utterances"]) == (OK, 4)
    next(corpus.rglob("*.txt")).unlink()
    assert training_inputs.check_corpus(corpus).level is WARNING
    assert training_inputs.check_corpus(tmp_path / "none").level is ERROR


def test_features_and_settings_that_fit(tiny_store):
    found = inputs(features=tiny_store)
    assert {each.level for each in found.values()} == {OK}
    assert found["settings"].values["preset"] == "tiny"
    assert found["features"].values["utterances"] == 20


def test_the_nearest_preset_and_its_changes():
    changed = hparams.preset("demo").override(["tacotron_training.steps=7"])
    found = training_inputs.check_settings(changed)
    assert found.text == "preset demo, tacotron_training.steps: 7 != 2200"


def test_everything_that_is_wrong_is_said(tmp_path):
    found = inputs(features=tmp_path / "none", preset="korea")
    assert "did you mean korean" in found["settings"].text
    assert "run preprocess.py" in found["features"].advice
    assert {each.level for each in found.values()} == {ERROR}


def test_features_of_other_settings(tiny_store):
    found = inputs(features=tiny_store, preset="korean")
    assert found["features"].level is ERROR
    assert "audio.sample_rate" in found["features"].text


def test_features_that_are_torn(store):
    shard = max((store / "shards").iterdir(), key=lambda path: path.stat().st_size)
    shard.write_bytes(shard.read_bytes()[:-50])
    assert inputs(features=store)["features"].level is ERROR


def test_a_new_run(tmp_path):
    assert inputs(run=tmp_path / "new")["run"].level is OK
    (tmp_path / "letter").touch()
    assert inputs(run=tmp_path)["run"].level is WARNING


def test_a_run_that_can_be_continued(run, tiny_store):
    found = inputs(features=tiny_store, run=run)["run"]
    assert (found.level, found.values) == (OK, {"kind": "tacotron", "step": 2})
    assert training_inputs.run_kind(run) == "tacotron"


def test_a_run_that_was_exported(run, tmp_path):
    voice = export_run(Run.open(run), tmp_path / "voice").folder
    found = inputs(run=voice)["run"]
    assert found.level is ERROR
    assert f"--from {voice}" in found.advice


def test_a_run_of_other_settings(run, tiny_store):
    other = ["tacotron.decoder_lstm=8"]
    found = inputs(features=tiny_store, run=run, overrides=other)["run"]
    assert found.level is ERROR
    assert "tacotron.decoder_lstm" in found.text


def test_a_run_that_is_trained_now(run):
    with storage.lock(run / "lock", "4711"):
        found = inputs(run=run)["run"]
    assert found.level is WARNING
    assert "process 4711 trains it" in found.text


def test_a_damaged_checkpoint(run):
    (run / "checkpoints" / "step-00000009.safetensors").write_bytes(b"torn")
    found = inputs(run=run)["run"]
    assert found.level is WARNING
    assert "step-00000009" in found.text
    assert found.values["step"] == 2
