import fcntl
import json
from argparse import Namespace

import numpy as np
import pytest

import hparams
from datasets.store.features import FeatureStore
from moksori.doctor import materials
from moksori.doctor.findings import Level
from moksori.training.recipes.tacotron import TacotronRecipe
from moksori.training.runs import Run
from tests.datasets.made import folder_corpus
from tests.trainings import tones

TINY = hparams.preset("tiny")


def flags(preset=None, *overrides):
    return Namespace(preset=preset, hparams=None, overrides=list(overrides))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return FeatureStore.open(tones(tmp_path_factory.mktemp("tones"), count=20))


@pytest.fixture
def run(tmp_path, store):
    run = TacotronRecipe.resume_or_create(tmp_path / "run", TINY, store)
    run.save(1, {"model/a": np.ones(3, np.float32)}, {})
    run.save(2, {"model/a": np.ones(3, np.float32)}, {})
    return run


def one(findings):
    (found,) = findings
    return found


def test_a_corpus(tmp_path):
    found = one(materials.on_corpus(folder_corpus(tmp_path, 3, ("a", "b"))))
    assert found.level is Level.OK
    assert found.text.endswith("folder, 6 utterances, 2 speakers")
    (tmp_path / "a" / "000.wav").unlink()
    found = one(materials.on_corpus(tmp_path))
    assert found.level is Level.WARNING
    assert found.values["problems"]


def test_no_corpus(tmp_path):
    assert one(materials.on_corpus(tmp_path)).level is Level.ERROR
    assert one(materials.on_corpus(tmp_path / "none")).level is Level.ERROR


def test_features(store):
    found = one(materials.on_features(store, TINY))
    assert found.level is Level.OK
    assert found.values["utterances"] == 20
    assert found.values["fingerprint"] == store.fingerprint
    # 20 tones of 1 or 1.5 seconds, with a tail and padding to whole frames.
    assert 20 < found.values["seconds"] < 40


def test_features_of_other_settings(store):
    found = one(materials.on_features(store, hparams.preset("korean")))
    assert found.level is Level.ERROR
    assert "audio.sample_rate: 8000 != 24000" in found.text


def test_features_that_are_torn(tmp_path):
    folder = tones(tmp_path, count=4)
    found = one(materials.on_features(FeatureStore.open(folder), TINY))
    assert found.level is Level.WARNING
    assert "nothing can be held out" in found.advice
    (mels,) = (folder / "shards").glob("*.mel")
    # A whole number of rows, and not even that.
    for size in (1000, 999):
        mels.write_bytes(mels.read_bytes()[:size])
        found = one(materials.on_features(FeatureStore.open(folder), TINY))
        assert found.level is Level.ERROR
        assert "torn" in found.text
    mels.unlink()
    found = one(materials.on_features(FeatureStore.open(folder), TINY))
    assert found.level is Level.ERROR


def test_settings(store, run):
    def name(arguments, folder, features, model="tacotron"):
        settings = materials.settings_for(arguments, folder, features, model)
        return materials.on_settings(settings).text

    assert name(flags(), None, None) == "preset korean"
    assert name(flags("demo"), None, None) == "preset demo"
    # That of the features, and that of the run.
    assert name(flags(), None, store) == "preset tiny"
    assert name(flags(), run.folder, None) == "preset tiny"
    changed = flags("lean", "tacotron_training.steps=7", "tacotron_training.keep=9")
    assert name(changed, None, None) == (
        "preset lean with 2 changes: "
        "tacotron_training.steps=7, tacotron_training.keep=9"
    )
    settings = hparams.preset("lean").override(changed.overrides)
    assert materials.on_settings(settings, "wavenet").text == "preset lean"


def test_settings_that_cannot_be(store):
    with pytest.raises(hparams.HparamsError, match="did you mean demo"):
        materials.settings_for(flags("demmo"), None, None, "tacotron")


def test_a_run_that_can_go_on(run, store):
    found = one(materials.on_run(run.folder, store, TINY))
    assert found.level is Level.OK
    assert found.values["step"] == 2
    assert found.values["checkpoints"] == 2
    assert materials.kind_of(run.folder) == "tacotron"


def test_a_run_to_come(tmp_path, store):
    found = one(materials.on_run(tmp_path / "new", store, TINY))
    assert (found.level, found.values["step"]) == (Level.OK, None)
    (tmp_path / "thing").touch()
    assert one(materials.on_run(tmp_path, store, TINY)).level is Level.WARNING
    assert materials.kind_of(tmp_path) is None
    assert not (tmp_path / "new").exists()


def test_a_run_of_other_settings(run, store):
    other = TINY.override(["tacotron.encoder_dim=32"])
    found = one(materials.on_run(run.folder, store, other))
    assert found.level is Level.ERROR
    assert "encoder_dim" in found.text


def test_a_run_whose_features_are_others(run, store):
    path = run.folder / "run.json"
    path.write_text(path.read_text().replace(store.fingerprint, "0123456789ab"))
    found = one(materials.on_run(run.folder, store, TINY))
    assert found.level is Level.ERROR
    assert f'fingerprint: "0123456789ab" -> "{store.fingerprint}"' in found.text


def test_a_run_whose_checkpoints_are_damaged(run, store):
    paths = sorted((run.folder / "checkpoints").iterdir())
    paths[1].write_bytes(b"torn")
    found = one(materials.on_run(run.folder, store, TINY))
    assert (found.level, found.values["step"]) == (Level.WARNING, 1)
    assert paths[1].name in found.text
    paths[0].write_bytes(b"torn")
    found = one(materials.on_run(run.folder, store, TINY))
    assert found.level is Level.ERROR
    assert paths[0].exists(), "nothing is put aside by looking"


@pytest.mark.parametrize("text", ["torn", "[]", "{}", json.dumps({"version": 99})])
def test_a_run_that_cannot_be_read(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    assert one(materials.on_run(tmp_path, None, None)).level is Level.ERROR
    assert materials.kind_of(tmp_path) is None


def test_a_run_that_is_being_trained(run, store):
    with Run.open(run.folder).lock():
        found = one(materials.on_run(run.folder, store, TINY))
    assert found.level is Level.WARNING
    assert "is being trained by process" in found.text
    # Looking leaves the lock to others.
    with open(run.folder / "lock") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert one(materials.on_run(run.folder, store, TINY)).level is Level.OK
