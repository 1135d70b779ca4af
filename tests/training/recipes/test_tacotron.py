import logging
from types import SimpleNamespace

import numpy as np
import pytest
from keras import ops

import hangul
import hparams
from datasets.store.features import FeatureStore
from moksori.training.kinds import TACOTRON
from moksori.training.recipes.tacotron import TacotronRecipe
from moksori.training.runs import Run, RunError
from moksori.training.weights import arrays_of
from tests.voices.runs import make_run

TINY = hparams.preset("tiny")


def arguments(preset=None, overrides=()):
    return SimpleNamespace(preset=preset, hparams=None, overrides=list(overrides))


def begin(folder, *overrides, speakers=("a", "b"), fingerprint="abc"):
    settings = TINY.override(overrides)
    store = SimpleNamespace(speakers=list(speakers), fingerprint=fingerprint)
    return TacotronRecipe.resume_or_create(folder, settings, store)


def test_network_has_the_sizes_of_its_settings():
    model = TacotronRecipe(TINY, list("abc")).network()
    assert tuple(model.speaker.embeddings.shape) == (3, TINY.tacotron.speaker_dim)
    symbols = model.encoder.embedding.embeddings
    assert tuple(symbols.shape) == (len(hangul.ALPHABET), TINY.tacotron.symbol_dim)
    assert model.mels == TINY.audio.mels
    assert model.reduction_factor == TINY.tacotron.reduction_factor


def test_a_run_describes_itself(tmp_path):
    begin(tmp_path / "run")
    kept = Run.open(tmp_path / "run").settings
    assert kept["kind"] == "tacotron"
    assert hparams.Hparams.from_dict(kept["hparams"]) == TINY
    assert kept["alphabet"] == list(hangul.ALPHABET)
    assert (kept["speakers"], kept["fingerprint"]) == (["a", "b"], "abc")


def test_a_run_continues_with_the_same_settings_in_silence(tmp_path, caplog):
    begin(tmp_path / "run")
    with caplog.at_level(logging.INFO):
        run = begin(tmp_path / "run", "tacotron_training.keep=7")
    assert run.keep == 7
    caplog.clear()
    with caplog.at_level(logging.INFO):
        begin(tmp_path / "run")
    assert caplog.messages == []


def test_a_run_of_an_older_version_continues(tmp_path, caplog):
    begin(tmp_path / "run")
    file = tmp_path / "run" / "run.json"
    text = file.read_text("utf-8")
    assert '"tacotron_training"' in text
    file.write_text(text.replace('"tacotron_training"', '"training"'), "utf-8")
    with caplog.at_level(logging.INFO):
        begin(tmp_path / "run")
    assert caplog.messages == []
    with pytest.raises(RunError, match="dim"):
        begin(tmp_path / "run", "tacotron.attention_dim=10")


def test_other_training_settings_are_named(tmp_path, caplog):
    begin(tmp_path / "run")
    with caplog.at_level(logging.INFO):
        begin(tmp_path / "run", "tacotron_training.steps=9", "wavenet.layers=2")
    assert caplog.messages == ["tacotron_training.steps is 9 now, was 4"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"overrides": ["tacotron.prenet_dims=8,8"]},
            "prenet_dims: [16, 16] -> [8, 8]",
        ),
        ({"overrides": ["audio.fmin=30"]}, "hparams.audio.fmin: 0.0 -> 30.0"),
        ({"overrides": ["text.phonetic=true"]}, "hparams.text.phonetic"),
        ({"speakers": ("a", "c")}, 'speakers: ["a", "b"] -> ["a", "c"]'),
        ({"fingerprint": "abd"}, 'fingerprint: "abc" -> "abd"'),
    ],
)
def test_another_network_or_other_features_are_refused(tmp_path, changed, words):
    begin(tmp_path / "run")
    with pytest.raises(RunError, match="other settings") as refusal:
        begin(tmp_path / "run", *changed.pop("overrides", ()), **changed)
    assert words in str(refusal.value)


def test_settings_are_those_of_the_run_or_of_the_preset(tmp_path):
    store = SimpleNamespace(audio=TINY.audio, text=TINY.text)
    run = tmp_path / "run"
    assert TacotronRecipe.settings_for(arguments("demo"), run, store) == hparams.preset(
        "demo"
    )
    begin(run, "tacotron.attention_dim=10")
    again = TacotronRecipe.settings_for(
        arguments(overrides=["tacotron_training.steps=9"]), run, store
    )
    assert again == TINY.override(
        ["tacotron.attention_dim=10", "tacotron_training.steps=9"]
    )
    asked = TacotronRecipe.settings_for(arguments("tiny"), run, store)
    assert asked.tacotron.attention_dim == 12


def test_settings_default_to_the_preset_of_the_features(tmp_path):
    store = SimpleNamespace(audio=TINY.audio, text=TINY.text)
    assert TacotronRecipe.settings_for(arguments(), tmp_path, store) == TINY
    other = TINY.override(["audio.mels=21"])
    store = SimpleNamespace(audio=other.audio, text=other.text)
    assert TacotronRecipe.settings_for(arguments(), tmp_path, store) == hparams.preset(
        "korean"
    )


def test_another_kind_of_run_is_refused(tmp_path):
    run = Run.create(tmp_path / "run", {"kind": "wavenet"})
    with pytest.raises(RunError, match="is a vocoder, not an acoustic model"):
        TACOTRON.settings_of(run)


def test_warm_start_takes_rows_by_name(tmp_path):
    start = make_run(tmp_path / "start")  # speakers 나 and 너
    settings = TINY.override(["tacotron_training.seed=9"])
    recipe = TacotronRecipe(settings, ["너", "우리"])
    model = recipe.network()
    fresh = {n: a.copy() for n, a in arrays_of(model).items()}
    account = recipe.warm_start(model, start)
    theirs = Run.open(start).restore().arrays
    taken = arrays_of(model)
    names = {name.rpartition("model/")[2]: name for name in taken}
    speakers = next(name for name in names.values() if "speakers" in name)
    np.testing.assert_array_equal(taken[speakers][0], theirs[speakers][1])
    np.testing.assert_array_equal(taken[speakers][1], fresh[speakers][1])
    floats = [n for n, a in taken.items() if a.dtype == np.float32 and n != speakers]
    for name in floats:
        np.testing.assert_array_equal(taken[name], theirs[name], err_msg=name)
    assert "1 rows by name; new: 우리; dropped: 나" in account
    assert account.startswith(f"warm start: {len(floats) + 1} of {len(floats) + 1} ")


def test_warm_start_says_what_does_not_fit(tmp_path):
    start = make_run(tmp_path / "start")
    settings = TINY.override(["tacotron.decoder_lstm=20"])
    recipe = TacotronRecipe(settings, ["나", "너"])
    model = recipe.network()
    account = recipe.warm_start(model, start)
    lines = [line for line in account.splitlines() if "left as it was" in line]
    assert any("decoder_lstm" in line and "24" in line for line in lines)
    assert np.isfinite(ops.convert_to_numpy(model.decoder.frames.kernel)).all()


def test_warm_start_needs_a_checkpoint(tmp_path):
    begin(tmp_path / "start")
    recipe = TacotronRecipe(TINY, ["a", "b"])
    with pytest.raises(RunError, match="no checkpoint to begin from"):
        recipe.warm_start(recipe.network(), tmp_path / "start")


def test_the_schedule_of_a_training():
    settings = TINY.override(
        [
            "tacotron.reduction_factor=5",
            "tacotron_training.reduction_schedule=[[0, 5], [3, 2]]",
            "tacotron_training.learning_rate=0.01",
            "tacotron_training.final_learning_rate=0.001",
            "tacotron_training.guided_attention=4",
        ]
    )
    recipe = TacotronRecipe(settings, [])
    at = recipe.schedule
    assert [at(step)["factor"] for step in range(5)] == [(5,), (5,), (5,), (2,), (2,)]
    assert [recipe.state(step)["reduction_factor"] for step in (0, 3, 4)] == [5, 5, 2]
    rates = [at(step)["learning_rate"] for step in range(5)]
    expected = [0.005, 0.01, 0.01, 0.01 * 0.1**0.5, 0.001]
    np.testing.assert_allclose(rates, expected, rtol=1e-6)
    weights = [at(step)["guided_weight"] for step in (0, 1, 4, 9)]
    assert weights == [4.0, 3.0, 0.0, 0.0]


def test_frames_divide_by_every_factor(tiny_store):
    store = FeatureStore.open(tiny_store)
    schedule = "tacotron_training.reduction_schedule=[[0,5],[3,2]]"
    settings = TINY.override(["tacotron.reduction_factor=5", schedule])
    batches = TacotronRecipe(settings, store.speakers).batches(store, range(4))
    (_, frames, _), batch = batches.at(0)
    assert frames % 10 == 0
    assert "linear" not in batch


def test_the_trainer_has_the_training_settings():
    changed = ["tacotron_training.clip_norm=0.5", "tacotron_training.weight_decay=0.25"]
    changed += ["tacotron_training.seed=12", "tacotron_training.adam_epsilon=0.125"]
    settings = TINY.override(changed)
    made = TacotronRecipe(settings, ["a"]).trainer()
    assert (made.clip_norm, made.weight_decay, made.seed) == (0.5, 0.25, 12)
    assert made.optimizer.epsilon == 0.125


def test_features_fit_their_preset_however_they_become_sound(tmp_path):
    older = TINY.override(["audio.griffin_lim_iterations=60"])
    store = SimpleNamespace(audio=older.audio, text=older.text)
    assert TacotronRecipe.settings_for(arguments(), tmp_path, store) == TINY
