import logging

import numpy as np
import pytest

import hangul
import hparams
from moksori.audio import files
from moksori.metrics.free_running import FREE_RUNNING_SCORE
from moksori.training import figures
from moksori.training.callbacks import Previews
from moksori.training.recipe import Data
from moksori.training.recipes import free_running
from moksori.training.recipes.eval_model import EvalModel
from moksori.training.recipes.free_running import (
    FreeRunningValidation,
    SpeechPreview,
    TeacherForcedValidation,
)
from moksori.training.recipes.tacotron import TacotronRecipe
from moksori.training.runs import Run
from moksori.training.weights import arrays_of
from moksori.voices.generation import Generated, Generator
from moksori.voices.stopping import CAP, TOKEN
from tests.tacotron.made import together, utterance

SETTINGS = hparams.preset("tiny")
RECIPE = TacotronRecipe(SETTINGS, ["a", "b"])
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
    return RECIPE.trainer()


@pytest.fixture(scope="module")
def model(trainer):
    return EvalModel(RECIPE.network(), lambda: arrays_of(trainer.model))


@pytest.fixture(scope="module")
def generator(model):
    return Generator(model.network, SETTINGS.audio.frame_seconds)


@pytest.fixture(scope="module")
def preview(model, generator):
    return SpeechPreview(RECIPE, model, generator, BATCH, Board())


class Listener:
    """A judge that remembers what it was asked, and finds what it is told to."""

    def __init__(self, references, symbols, audio):
        self.references, self.symbols, self.audio = references, symbols, audio
        self.heard = []

    def evaluate(self, spoken):
        self.heard.append(spoken)
        return {
            FREE_RUNNING_SCORE: float(np.mean([mel.mean() for mel, _, _ in spoken]))
        }


def kept(trainer):
    return {n: a for n, a in trainer.arrays().items() if "noise" not in n}


def test_held_out_figures_change_nothing(model, trainer):
    held_out = TeacherForcedValidation(RECIPE, model, trainer, BATCH)
    before = kept(trainer)
    figures = held_out()
    for name, array in kept(trainer).items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)
    expected = {"loss", "mel_before", "mel_after", "stop", "focus", "diagonality"}
    assert set(figures) == expected
    parts = figures["mel_before"] + figures["mel_after"] + figures["stop"]
    assert figures["loss"] == pytest.approx(parts, rel=1e-5)


def test_held_out_figures_follow_the_weights(model, trainer):
    held_out = TeacherForcedValidation(RECIPE, model, trainer, BATCH)
    bias = trainer.model.decoder.frames.bias
    before = held_out()["loss"]
    old = np.array(bias)
    try:
        bias.assign(old + 3.0)
        assert held_out()["loss"] > before + 1.0
    finally:
        bias.assign(old)


@pytest.fixture
def evaluators(monkeypatch):
    """Those that were made, instead of the real one."""
    made = []

    def listener(*arguments):
        made.append(Listener(*arguments))
        return made[-1]

    monkeypatch.setattr(free_running, "FreeRunningEvaluator", listener)
    return made


@pytest.fixture
def validation(trainer, model, generator, evaluators):
    return FreeRunningValidation(RECIPE, model, generator, trainer, BATCH)


def test_each_sentence_is_compared_with_its_recording(trainer, validation, evaluators):
    (judge,) = evaluators
    assert judge.audio == SETTINGS.audio
    assert [len(mel) for mel in judge.references] == [8, 11]
    np.testing.assert_array_equal(judge.references[0], BATCH["mels"][1, :8])
    letters = [hangul.ALPHABET[symbol] for symbol in BATCH["ids"][1, :4]]
    assert judge.symbols[0] == tuple(letters)
    assert len(judge.symbols[1]) == 6
    before = kept(trainer)
    figures = validation()
    assert list(figures) == [FREE_RUNNING_SCORE]
    for name, array in kept(trainer).items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)
    for (mel, alignment, _), symbols in zip(judge.heard[0], (4, 6), strict=True):
        assert mel.shape == (len(alignment) * 2, SETTINGS.audio.mels)
        assert alignment.shape[1] == symbols
    assert validation() == figures


def test_the_weights_are_judged_as_they_are(trainer, validation):
    bias = trainer.model.decoder.frames.bias
    before, old = validation()[FREE_RUNNING_SCORE], np.array(bias)
    try:
        bias.assign(old + 3.0)
        assert abs(validation()[FREE_RUNNING_SCORE] - before) > 1
    finally:
        bias.assign(old)


def test_the_evaluator_gets_how_a_sentence_ended(trainer, model, evaluators):
    class Said:
        def generate(self, lines, speakers, factor):
            self.asked = (lines, speakers, factor)
            mel = np.zeros((2, SETTINGS.audio.mels))
            return [
                Generated(mel, None, np.ones((1, len(line))), stopped)
                for line, stopped in zip(lines, (TOKEN, CAP), strict=True)
            ]

    generator = Said()
    FreeRunningValidation(RECIPE, model, generator, trainer, BATCH)()
    (judge,) = evaluators
    assert [on_token for _, _, on_token in judge.heard[0]] == [True, False]
    lines, speakers, factor = generator.asked
    assert ([len(line) for line in lines], speakers, factor) == ([4, 6], [1, 0], 2)


def test_sixteen_are_spoken_from_the_shortest_to_the_longest(
    trainer, model, generator, evaluators
):
    many = [utterance(seed, symbols=2, frames=2 + seed) for seed in range(40)]
    order = np.random.default_rng(4).permutation(40)
    batch = together(*(many[i] for i in order), frames=42, symbols=2)
    FreeRunningValidation(RECIPE, model, generator, trainer, batch)
    (judge,) = evaluators
    lengths = [len(mel) for mel in judge.references]
    assert len(lengths) == 16
    assert (lengths[0], lengths[-1]) == (2, 41)
    assert set(np.diff(lengths)) == {2, 3}
    for mel, length in zip(judge.references, lengths, strict=True):
        np.testing.assert_array_equal(mel, many[length - 2]["mels"])


def test_weights_are_judged_by_the_factor_they_were_trained_with(
    trainer, model, evaluators
):
    """At the very step where the schedule goes on to another one."""
    schedule = "tacotron_training.reduction_schedule=[[0,2],[4,1]]"
    settings = SETTINGS.override([schedule])

    class Deaf:
        def generate(self, lines, speakers, factor):
            raise RuntimeError(f"factor {factor}")

    recipe = TacotronRecipe(settings, ["a", "b"])
    validation = FreeRunningValidation(recipe, model, Deaf(), trainer, BATCH)
    before = trainer.step_number
    try:
        for step, factor in ((0, 2), (3, 2), (4, 2), (5, 1)):
            trainer.step_number = step
            with pytest.raises(RuntimeError, match=f"factor {factor}"):
                validation()
    finally:
        trainer.step_number = before


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
    """As much of the batches as an evaluation needs: a row for each index."""

    def together(self, indices):
        assert indices
        return {name: array[: len(indices)] for name, array in BATCH.items()}


def evaluation(trainer, folder, unseen, previews=1):
    settings = SETTINGS.override([f"tacotron_training.previews={previews}"])
    recipe = TacotronRecipe(settings, ["a", "b"])
    data = Data(Together(), {}, len, unseen)
    run = Run.create(folder / "run", {})
    return recipe.evaluation(trainer, None, data, run, Board())


@pytest.mark.parametrize(
    ("unseen", "previews", "expected"),
    [([], 1, (False, 1)), ([4, 7], 0, (True, 1)), ([4, 7], 1, (True, 2))],
)
def test_what_is_held_out_and_shown_is_what_the_settings_ask_for(
    trainer, tmp_path, evaluators, unseen, previews, expected
):
    made = evaluation(trainer, tmp_path, unseen, previews)
    assert (made.validate is not None, len(made.hooks)) == expected
    assert made.score == FREE_RUNNING_SCORE


def test_losses_remain_when_the_evaluator_fails(
    trainer, tmp_path, caplog, evaluators, monkeypatch
):
    validate = evaluation(trainer, tmp_path, [4, 7]).validate
    both = validate()

    def fail(self, spoken):
        raise ValueError("no ears")

    monkeypatch.setattr(Listener, "evaluate", fail)
    alone = validate()
    assert set(both) - set(alone) == {FREE_RUNNING_SCORE}
    assert alone["loss"] == pytest.approx(both["loss"])
    failed = "judging free-running speech failed: ValueError: no ears"
    assert failed in caplog.messages
