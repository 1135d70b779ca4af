"""A vocoder: loaded, heard, streamed, refused."""

import copy
import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

import hparams
from moksori.training.kinds import TACOTRON
from moksori.training.recipes.wavenet import WaveNetRecipe
from moksori.training.runs import Run, RunError
from moksori.training.weights import arrays_of, assign, averaged
from moksori.voices import vocoder
from moksori.voices.networks import build_wavenet
from moksori.voices.vocoder import WaveNetVocoder
from tests.voices.runs import SPEAKERS, copy_run, make_vocoder_run

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
    model = build_wavenet(TINY, len(SPEAKERS))
    assign(model, None, arrays)
    return WaveNetVocoder(model, TINY, SPEAKERS)


def begin(folder, *overrides, speakers=("a", "b")):
    store = SimpleNamespace(speakers=list(speakers))
    return WaveNetRecipe.resume_or_create(folder, TINY.override(overrides), store)


def test_a_wave_is_as_long_as_its_mel(waves, mels):
    assert [wave.shape for wave in waves] == [(len(mel) * HOP,) for mel in mels]
    for wave in waves:
        assert wave.dtype == np.float32
        assert 0.01 < np.abs(wave).max() <= 1.0


def test_the_vocoder_uses_averaged_weights(folder, waves, mels):
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


def test_a_stream_equals_the_generated_wave(loaded, mels):
    whole = loaded.generate(mels[:1], SPEAKERS[1], seed=4)[0]
    seconds = 100 / TINY.audio.sample_rate
    stream = loaded.stream(mels[0], SPEAKERS[1], seed=4, chunk_seconds=seconds)
    pieces = list(stream)
    assert {piece.size for piece in pieces[:-1]} == {100}
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-6)


@pytest.mark.parametrize("seconds", [0.001, 0.02])
def test_bands_are_streamed_too(tmp_path, mels, seconds):
    """By a decoder that looks a little ahead and gives the rest at the end."""
    bands = ("wavenet.bands=4", "wavenet.lpc_order=12", "wavenet.upsample=[4,8]")
    logistic = ("wavenet.distribution=logistic", "wavenet.mixtures=1")
    made = WaveNetVocoder.load(make_vocoder_run(tmp_path / "run", *bands, *logistic))
    whole = made.generate(mels[:1], SPEAKERS[1], seed=4)[0]
    assert whole.shape == (5 * HOP,)
    assert 0 < np.abs(whole).max() <= 1.0
    pieces = list(made.stream(mels[0], SPEAKERS[1], seed=4, chunk_seconds=seconds))
    assert all(piece.size for piece in pieces)
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-5)


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
        TACOTRON.settings_of(Run.open(folder))
    strange = copy_run(folder, tmp_path / "strange", kind="xtts")
    with pytest.raises(RunError, match="is no run of this program, not a vocoder"):
        WaveNetVocoder.load(strange)


def test_runs_that_cannot_speak_are_refused_in_a_line(tmp_path, folder):
    begin(tmp_path / "empty")
    bare = Run.open(begin(tmp_path / "bare").folder)
    arrays = {"optimizer/iterations": np.int64(1)}
    bare.save(1, {**arrays_of(build_wavenet(TINY, 2)), **arrays}, {})
    cases = {
        folder.parent / "wav": "nearest: wave",
        tmp_path / "empty": "no checkpoint yet: train it first",
        tmp_path / "bare": "no moving average",
    }
    for each, reason in cases.items():
        with pytest.raises(RunError, match=reason) as raised:
            WaveNetVocoder.load(each)
        assert "\n" not in str(raised.value)
