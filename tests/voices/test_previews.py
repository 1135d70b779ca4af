import logging

import numpy as np
import pytest

import hparams
from audio import files
from tests.tacotron.made import together, utterance
from training import figures
from training.callbacks import Previews
from training.runs import Run
from training.weights import arrays_of
from voices import acoustic
from voices.previews import HeldOut, Preview, watchers
from voices.twin import Twin

SETTINGS = hparams.preset("tiny")
BATCH = together(
    utterance(1, symbols=6, frames=11),
    utterance(2, symbols=4, frames=8, speaker=1),
    frames=12,
    symbols=6,
)


class Board:
    """A board that remembers the names of what it is shown."""

    def __init__(self):
        self.images, self.sounds = [], []

    def image(self, step, name, figure):
        self.images.append((step, name))

    def audio(self, step, name, wave, rate):
        self.sounds.append((step, name, rate))


@pytest.fixture(scope="module")
def trainer():
    return acoustic.trainer(SETTINGS, 2)


@pytest.fixture(scope="module")
def twin(trainer):
    return Twin(acoustic.network(SETTINGS, 2), lambda: arrays_of(trainer.model))


@pytest.fixture(scope="module")
def preview(twin):
    return Preview(twin, SETTINGS, BATCH, Board())


def kept(trainer):
    return {n: a for n, a in trainer.arrays().items() if "noise" not in n}


def test_held_out_figures_change_nothing(twin, trainer):
    held_out = HeldOut(twin, trainer, SETTINGS, BATCH)
    before = kept(trainer)
    figures = held_out()
    for name, array in kept(trainer).items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)
    expected = {"loss", "mel_before", "mel_after", "stop", "focus", "diagonality"}
    assert set(figures) == expected
    parts = figures["mel_before"] + figures["mel_after"] + figures["stop"]
    assert figures["loss"] == pytest.approx(parts, rel=1e-5)


def test_held_out_figures_follow_the_weights(twin, trainer):
    held_out = HeldOut(twin, trainer, SETTINGS, BATCH)
    bias = trainer.model.decoder.frames.bias
    before = held_out()["loss"]
    old = np.array(bias)
    try:
        bias.assign(old + 3.0)
        assert held_out()["loss"] > before + 1.0
    finally:
        bias.assign(old)


def test_a_preview_shows_and_says_every_utterance(preview, tmp_path):
    preview.make(7, tmp_path)
    names = [f"{i}_alignment_{kind}.png" for i in (0, 1) for kind in ("free", "forced")]
    names += [f"{i}_spectrogram.png" for i in (0, 1)]
    names += ["0.wav", "1.wav"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    for path in tmp_path.glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")
    rate = SETTINGS.audio.sample_rate
    for path in tmp_path.glob("*.wav"):
        wave = files.load(path, rate)
        assert 0.01 < len(wave) / rate < 10
        assert np.isfinite(wave).all()
    board = preview._board
    assert {step for step, _ in board.images} == {7}
    assert {name for _, name in board.images} == {
        f"{kind}/{i}"
        for kind in ("alignment_free", "alignment_forced", "spectrogram")
        for i in (0, 1)
    }
    assert board.sounds == [(7, "free/0", rate), (7, "free/1", rate)]


def test_a_picture_that_fails_does_not_stop_a_training(
    preview, tmp_path, monkeypatch, caplog
):
    def broken(*_, **__):
        raise ValueError("no font\nat all")

    hook = Previews(2, lambda step: tmp_path / f"step-{step}", preview.make)
    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING):
        patched.setattr(figures, "alignment", broken)
        hook(1, {})
        assert caplog.messages == []
        hook(2, {})
    assert caplog.messages == ["previews of step 2 failed: ValueError: no font"]
    assert not (tmp_path / "step-2").exists()
    hook(4, {})
    assert len(list((tmp_path / "step-4").iterdir())) == 8


class Together:
    """As much of the batches as `watchers` asks for: a row for each index."""

    def together(self, indices):
        assert indices
        return {name: array[: len(indices)] for name, array in BATCH.items()}


@pytest.mark.parametrize(
    ("unseen", "previews", "expected"),
    [([], 1, (False, 1)), ([4, 7], 0, (True, 1)), ([4, 7], 1, (True, 2))],
)
def test_watchers_want_what_is_held_out_and_asked_for(
    trainer, tmp_path, unseen, previews, expected
):
    settings = SETTINGS.override([f"training.previews={previews}"])
    run = Run.create(tmp_path / "run", {})
    validate, hooks = watchers(trainer, settings, Together(), unseen, run, Board())
    assert (validate is not None, len(hooks)) == expected
