"""A vocoder's run as a program meets it: begun, continued, loaded, heard, misused."""

import copy
import dataclasses
import logging
from types import SimpleNamespace

import numpy as np
import pytest

import hparams
from moksori.training.runs import Run, RunError
from moksori.training.weights import arrays_of, assign, averaged
from moksori.voices import acoustic, lineage, vocoder
from moksori.voices.vocoder import WaveNetVocoder
from tests.voices.runs import SPEAKERS, make_run, make_vocoder_run

TINY = hparams.preset("tiny")
HOP = TINY.audio.hop_length


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_vocoder_run(tmp_path_factory.mktemp("logs") / "wave", steps=(3, 5))


@pytest.fixture(scope="module")
def loaded(folder):
    return WaveNetVocoder.load(folder)


@pytest.fixture(scope="module")
def mels():
    random = np.random.default_rng(0)
    shapes = ((5, TINY.audio.mels), (3, TINY.audio.mels))
    return [random.normal(size=shape).astype(np.float32) for shape in shapes]


@pytest.fixture(scope="module")
def waves(loaded, mels):
    return loaded.generate(mels, SPEAKERS, seed=1)


def speaking(arrays) -> WaveNetVocoder:
    """A vocoder with just these weights."""
    model = vocoder.network(TINY, len(SPEAKERS))
    assign(model, None, arrays)
    return WaveNetVocoder(model, TINY, SPEAKERS)


def begin(folder, *overrides, speakers=("a", "b")):
    store = SimpleNamespace(speakers=list(speakers))
    return vocoder.resume_or_create(folder, TINY.override(overrides), store)


def test_a_wave_is_as_long_as_its_mel(waves, mels):
    assert [wave.shape for wave in waves] == [(len(mel) * HOP,) for mel in mels]
    for wave in waves:
        assert wave.dtype == np.float32
        assert 0.01 < np.abs(wave).max() <= 1.0


def test_averaged_weights_are_what_speaks(folder, waves, mels):
    arrays = Run.open(folder).restore().arrays
    expected = speaking(averaged(arrays)).generate(mels, SPEAKERS, seed=1)
    weights = {n: a for n, a in arrays.items() if n.startswith("model/")}
    raw = speaking(weights).generate(mels, SPEAKERS, seed=1)
    for found, right, wrong in zip(waves, expected, raw, strict=True):
        np.testing.assert_array_equal(found, right)
        assert np.abs(found - wrong).max() > 0.1


def test_the_checkpoint_may_be_chosen(folder, waves, mels):
    for chosen in ({"step": 3}, {"best": True}):
        other = WaveNetVocoder.load(folder, **chosen).generate(mels, SPEAKERS, seed=1)
        expected = speaking(averaged(Run.open(folder).restore(step=3).arrays))
        expected = expected.generate(mels, SPEAKERS, seed=1)
        np.testing.assert_array_equal(other[0], expected[0])
        assert np.abs(other[0] - waves[0]).max() > 0.01
    with pytest.raises(RunError, match="keeps no step 4; there are: 3, 5"):
        WaveNetVocoder.load(folder, step=4)


def test_seed_and_speaker_are_heard(loaded, waves, mels):
    again = loaded.generate(mels, SPEAKERS, seed=1)
    np.testing.assert_array_equal(again[0], waves[0])
    for changed in ({"seed": 2}, {"seed": 1, "speaker": SPEAKERS[1]}):
        other = loaded.generate(mels, **{"speaker": SPEAKERS[0], **changed})
        assert np.abs(other[0] - waves[0]).max() > 0.01


def test_an_unknown_speaker_sounds_like_the_first(loaded, mels):
    first = loaded.generate(mels[:1], SPEAKERS[0])[0]
    for unknown in (None, "그", ["그"]):
        other = loaded.generate(mels[:1], unknown)[0]
        np.testing.assert_array_equal(other, first)


def test_what_is_streamed_is_what_is_generated(loaded, mels):
    whole = loaded.generate(mels[:1], SPEAKERS[1], seed=4)[0]
    seconds = 100 / TINY.audio.sample_rate
    stream = loaded.stream(mels[0], SPEAKERS[1], seed=4, chunk_seconds=seconds)
    pieces = list(stream)
    assert {piece.size for piece in pieces[:-1]} == {100}
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-6)


def test_progress_counts_seconds(loaded, mels, monkeypatch):
    calls = []
    monkeypatch.setattr(loaded, "progress", lambda *call: calls.append(call))
    loaded.generate(mels)
    total = 8 * HOP / TINY.audio.sample_rate
    assert calls[-1] == (pytest.approx(total), pytest.approx(total))
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)


def test_only_settings_that_shape_mels_must_agree(loaded, folder):
    indifferent = ("griffin_lim_iterations=3", "trim_decibel=20", "linear=true")
    same = TINY.override([f"audio.{each}" for each in indifferent]).audio
    loaded.check(same)
    vocoder.check(folder, same)
    other = TINY.override(["audio.fmin=9", "audio.mel_range=2"]).audio
    for check in (loaded.check, lambda audio: vocoder.check(folder, audio)):
        with pytest.raises(RunError, match=r"vocoder != voice") as raised:
            check(other)
        text = str(raised.value)
        assert "audio.fmin: 0.0 != 9.0; audio.mel_range: 4.0 != 2.0" in text
        assert "\n" not in text


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(TINY.audio)])
def test_every_setting_of_audio_counts_unless_named_here(loaded, name):
    other = copy.copy(TINY.audio)
    # Past all checks: it need not be a value that is allowed.
    object.__setattr__(other, name, "another")
    indifferent = {
        "griffin_lim_iterations",
        "griffin_lim_momentum",
        "linear",
        "trim_decibel",
        "tail_seconds",
        "min_seconds",
        "max_seconds",
    }
    if name in indifferent:
        loaded.check(other)
    else:
        with pytest.raises(RunError, match=rf"audio\.{name}: .* != another"):
            loaded.check(other)


def test_another_kind_of_run_is_refused(tmp_path, run_folder, folder):
    with pytest.raises(RunError, match="is an acoustic model, not a vocoder"):
        WaveNetVocoder.load(run_folder)
    with pytest.raises(RunError, match="is an acoustic model, not a vocoder"):
        vocoder.check(run_folder, TINY.audio)
    with pytest.raises(RunError, match="is a vocoder, not an acoustic model"):
        acoustic.settings_of(Run.open(folder))
    strange = make_run(tmp_path / "strange", kind="xtts")
    with pytest.raises(RunError, match="is no run of this program, not a vocoder"):
        WaveNetVocoder.load(strange)


def test_runs_that_cannot_speak_are_refused_in_a_line(tmp_path, folder):
    begin(tmp_path / "empty")
    bare = Run.open(begin(tmp_path / "bare").folder)
    bare.save(1, arrays_of(vocoder.network(TINY, 2)), {})
    cases = {
        folder.parent / "wav": "nearest: wave",
        tmp_path / "empty": "no checkpoint yet: train it first",
        tmp_path / "bare": "no moving average",
    }
    for each, reason in cases.items():
        with pytest.raises(RunError, match=reason) as raised:
            WaveNetVocoder.load(each)
        assert "\n" not in str(raised.value)


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


def test_crops_are_what_the_network_asks_for():
    model = vocoder.network(TINY, 1)
    t = TINY.wavenet_training
    asked = vocoder.cropping(TINY, model)
    coding = asked.pop("coding")
    assert (coding.preemphasis, coding.companded) == (TINY.wavenet.preemphasis, True)
    assert asked == {
        "batch": t.batch,
        "frames": t.crop_frames,
        "past": model.receptive_field - 1,
        "context": model.context,
        "dither": t.dither,
        "input_noise": t.input_noise,
        "seed": t.seed,
    }


@pytest.mark.parametrize("compute", ["float32", "bfloat16"])
def test_the_trainer_has_the_training_settings(compute):
    settings = TINY.override(
        [f"wavenet_training.compute={compute}", "wavenet_training.average=0.75"]
    )
    trainer = vocoder.trainer(settings, 2)
    assert trainer.model.compute == compute
    assert trainer.optimizer.average == 0.75
    assert trainer.clip_norm == settings.wavenet_training.clip_norm
    assert {v.dtype for v in trainer.model.variables} == {"float32"}


def test_warm_start_takes_averages_and_rows_by_name(folder):
    trainer = vocoder.trainer(TINY, 2)
    account = vocoder.warm_start(trainer.model, folder, ["new", SPEAKERS[1]])
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
    trainer = vocoder.trainer(TINY, 2)
    lineage.begin_with(trainer, lambda m: vocoder.warm_start(m, folder, SPEAKERS))
    found, theirs = (
        averaged(arrays)
        for arrays in (trainer.arrays(), Run.open(folder).restore().arrays)
    )
    for name, array in theirs.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


def test_warm_start_says_what_does_not_fit(folder):
    other = TINY.override(["wavenet.skip_channels=5"])
    account = vocoder.warm_start(vocoder.network(other, 2), folder, SPEAKERS)
    left = [line for line in account.splitlines() if "left as it was" in line]
    names = [line.partition(": model/")[2].partition(":")[0] for line in left]
    layers = ["skip/kernel", "skip/bias", "head/kernel", "head/bias", "out/kernel"]
    assert names == layers


def test_warm_start_needs_a_checkpoint(tmp_path, run_folder):
    begin(tmp_path / "empty")
    trainer = vocoder.trainer(TINY, 2)
    with pytest.raises(RunError, match="no checkpoint to begin from"):
        vocoder.warm_start(trainer.model, tmp_path / "empty", SPEAKERS)
    with pytest.raises(RunError, match="not a vocoder"):
        vocoder.warm_start(trainer.model, run_folder, SPEAKERS)
