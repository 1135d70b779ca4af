"""How a vocoder is trained: its run, its crops, its trainer, its warm start."""

import json
import logging
from types import SimpleNamespace

import numpy as np
import pytest

import hparams
from datasets.store.features import FeatureStore
from moksori.training.recipes.wavenet import WaveNetRecipe
from moksori.training.runs import Run, RunError
from moksori.training.session import load_initial_weights
from moksori.training.weights import averaged
from tests.voices.runs import SPEAKERS, make_run, make_vocoder_run

TINY = hparams.preset("tiny")


BANDS = TINY.override(
    [
        "wavenet.bands=4",
        "wavenet.lpc_order=12",
        "wavenet.upsample=[4,8]",
        "wavenet.distribution=logistic",
        "wavenet.mixtures=1",
    ]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_vocoder_run(tmp_path_factory.mktemp("logs") / "wave", steps=(3, 5))


def begin(folder, *overrides, speakers=("a", "b")):
    store = SimpleNamespace(speakers=list(speakers))
    return WaveNetRecipe.resume_or_create(folder, TINY.override(overrides), store)


def test_a_run_describes_itself_and_goes_on(tmp_path, caplog):
    begin(tmp_path / "run")
    kept = Run.open(tmp_path / "run").settings
    assert (kept["kind"], kept["speakers"]) == ("wavenet", ["a", "b"])
    assert hparams.Hparams.from_dict(kept["hparams"]) == TINY
    with caplog.at_level(logging.INFO):
        run = begin(
            tmp_path / "run",
            "wavenet_training.keep=7",
            "tacotron.postnet_dim=8",
            "tacotron_training.steps=9",
            "text.phonetic=true",
        )
    assert run.keep == 7
    assert caplog.messages == ["wavenet_training.keep is 7 now, was 3"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"overrides": ["audio.fmin=9"]}, r"hparams\.audio\.fmin: 0\.0 -> 9\.0"),
        ({"overrides": ["wavenet.layers=2"]}, r"hparams\.wavenet\.layers: 4 -> 2"),
        ({"speakers": ("a",)}, r'speakers: \["a", "b"\] -> \["a"\]'),
    ],
)
def test_another_network_or_other_features_are_refused(tmp_path, changed, words):
    begin(tmp_path / "run")
    with pytest.raises(RunError, match=words):
        begin(tmp_path / "run", *changed.pop("overrides", ()), **changed)


@pytest.mark.parametrize(("settings", "bands"), [(TINY, 1), (BANDS, 4)])
def test_crops_are_what_the_network_asks_for(tiny_store, settings, bands):
    store, t = FeatureStore.open(tiny_store), settings.wavenet_training
    recipe = WaveNetRecipe(settings, store.speakers)
    model = recipe.network()
    crops = recipe.crops(store, range(4), model)
    batch = crops.at(0)[1]
    hop = settings.audio.hop_length // bands
    assert batch["target"].shape == (t.batch, t.crop_frames * hop, bands)
    past = model.receptive_field - 1
    assert batch["signal"].shape == (t.batch, past + t.crop_frames * hop, bands)
    assert crops.frames_in(batch) == t.batch * t.crop_frames


def test_bands_with_prediction_learn(tiny_store):
    """Updates on one batch make it likelier."""
    store = FeatureStore.open(tiny_store)
    recipe = WaveNetRecipe(BANDS, store.speakers)
    trainer = recipe.trainer()
    batch = recipe.crops(store, range(4), trainer.model).at(0)[1]
    losses = []
    for trainer.step_number in range(20):
        losses.append(float(trainer.step(batch, 1e-2)["loss"]))
    assert losses[-1] < losses[0] - 0.2


def test_a_run_from_before_there_were_bands_goes_on(tmp_path):
    begin(tmp_path / "run")
    path = tmp_path / "run" / "run.json"
    described = json.loads(path.read_text("utf-8"))
    for name in ("bands", "lpc_order"):
        del described["hparams"]["wavenet"][name]
    path.write_text(json.dumps(described), "utf-8")
    begin(tmp_path / "run")
    with pytest.raises(RunError, match=r"wavenet\.lpc_order: 0 -> 8"):
        begin(tmp_path / "run", "wavenet.lpc_order=8")


@pytest.mark.parametrize("compute", ["float32", "bfloat16"])
def test_the_trainer_has_the_training_settings(compute):
    settings = TINY.override(
        [f"wavenet_training.compute={compute}", "wavenet_training.average=0.75"]
    )
    trainer = WaveNetRecipe(settings, SPEAKERS).trainer()
    assert trainer.model.compute == compute
    assert trainer.optimizer.average == 0.75
    assert trainer.clip_norm == settings.wavenet_training.clip_norm
    assert {v.dtype for v in trainer.model.variables} == {"float32"}


def test_warm_start_takes_averages_and_rows_by_name(folder):
    recipe = WaveNetRecipe(TINY, ["new", SPEAKERS[1]])
    trainer = recipe.trainer()
    account = recipe.warm_start(trainer.model, folder)
    theirs = averaged(Run.open(folder).restore().arrays)
    ours = trainer.arrays()
    assert "1 rows by name; new: new; dropped: 나" in account
    for name, array in theirs.items():
        if name.endswith("speakers/embeddings"):
            np.testing.assert_array_equal(ours[name][1], array[1])
            assert (ours[name][0] != array[0]).any()
        else:
            np.testing.assert_array_equal(ours[name], array, err_msg=name)


def test_after_a_warm_start_the_average_begins_there_too(folder):
    """The first checkpoint speaks as the run did from which it begins."""
    recipe = WaveNetRecipe(TINY, SPEAKERS)
    trainer = recipe.trainer()
    load_initial_weights(trainer, recipe, folder)
    found, theirs = (
        averaged(arrays)
        for arrays in (trainer.arrays(), Run.open(folder).restore().arrays)
    )
    for name, array in theirs.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


def test_warm_start_says_what_does_not_fit(folder):
    other = TINY.override(["wavenet.skip_channels=5"])
    recipe = WaveNetRecipe(other, SPEAKERS)
    account = recipe.warm_start(recipe.network(), folder)
    left = [line for line in account.splitlines() if "left as it was" in line]
    names = [line.partition(": model/")[2].partition(":")[0] for line in left]
    layers = ["skip/kernel", "skip/bias", "head/kernel", "head/bias", "out/kernel"]
    assert names == layers


def test_warm_start_needs_a_checkpoint(tmp_path):
    begin(tmp_path / "empty")
    recipe = WaveNetRecipe(TINY, SPEAKERS)
    model = recipe.network()
    with pytest.raises(RunError, match="no checkpoint to begin from"):
        recipe.warm_start(model, tmp_path / "empty")
    with pytest.raises(RunError, match="not a vocoder"):
        recipe.warm_start(model, make_run(tmp_path / "tacotron"))
