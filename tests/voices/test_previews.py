import logging

import numpy as np
import pytest

import hangul
import hparams
from moksori.audio import files
from moksori.training import figures
from moksori.training.callbacks import Previews
from moksori.training.runs import Run
from moksori.training.weights import arrays_of
from moksori.voices import acoustic
from moksori.voices.generation import Generated, Generator
from moksori.voices.previews import RANK, Aloud, HeldOut, Preview, watchers
from moksori.voices.stopping import CAP, TOKEN
from moksori.voices.twin import Twin
from tests.tacotron.made import together, utterance

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
def generator(twin):
    return Generator(twin.model, SETTINGS.audio.frame_seconds)


@pytest.fixture(scope="module")
def preview(twin, generator):
    return Preview(twin, generator, SETTINGS, BATCH, Board())


class Listener:
    """A judge that remembers what it was asked, and finds what it is told to."""

    def __init__(self, references, symbols, audio):
        self.references, self.symbols, self.audio = references, symbols, audio
        self.heard = []

    def judge(self, spoken):
        self.heard.append(spoken)
        return {"rank": float(np.mean([mel.mean() for mel, _, _ in spoken]))}


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


def aloud(trainer, twin, generator, batch):
    judges = []

    def judging(*arguments):
        judges.append(Listener(*arguments))
        return judges[0]

    spoken = Aloud(twin, generator, trainer, SETTINGS, batch, judging)
    return spoken, judges[0]


def test_a_judge_hears_each_sentence_beside_its_recording(trainer, twin, generator):
    spoken, judge = aloud(trainer, twin, generator, BATCH)
    assert judge.audio == SETTINGS.audio
    assert [len(mel) for mel in judge.references] == [8, 11]
    np.testing.assert_array_equal(judge.references[0], BATCH["mels"][1, :8])
    letters = [hangul.ALPHABET[symbol] for symbol in BATCH["ids"][1, :4]]
    assert judge.symbols[0] == tuple(letters)
    assert len(judge.symbols[1]) == 6
    before = kept(trainer)
    figures = spoken()
    assert list(figures) == [RANK]
    for name, array in kept(trainer).items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)
    for (mel, alignment, _), symbols in zip(judge.heard[0], (4, 6), strict=True):
        assert mel.shape == (len(alignment) * 2, SETTINGS.audio.mels)
        assert alignment.shape[1] == symbols
    assert spoken() == figures


def test_a_judge_hears_the_weights_as_they_are(trainer, twin, generator):
    spoken, _ = aloud(trainer, twin, generator, BATCH)
    bias = trainer.model.decoder.frames.bias
    before, old = spoken()[RANK], np.array(bias)
    try:
        bias.assign(old + 3.0)
        assert abs(spoken()[RANK] - before) > 1
    finally:
        bias.assign(old)


def test_a_judge_is_told_how_a_sentence_ended(trainer, twin):
    class Said:
        def generate(self, lines, speakers, factor):
            self.asked = (lines, speakers, factor)
            mel = np.zeros((2, SETTINGS.audio.mels))
            return [
                Generated(mel, None, np.ones((1, len(line))), stopped)
                for line, stopped in zip(lines, (TOKEN, CAP), strict=True)
            ]

    generator = Said()
    spoken, judge = aloud(trainer, twin, generator, BATCH)
    spoken()
    assert [on_token for _, _, on_token in judge.heard[0]] == [True, False]
    lines, speakers, factor = generator.asked
    assert ([len(line) for line in lines], speakers, factor) == ([4, 6], [1, 0], 2)


def test_sixteen_are_spoken_from_the_shortest_to_the_longest(trainer, twin, generator):
    many = [utterance(seed, symbols=2, frames=2 + seed) for seed in range(40)]
    order = np.random.default_rng(4).permutation(40)
    batch = together(*(many[i] for i in order), frames=42, symbols=2)
    _, judge = aloud(trainer, twin, generator, batch)
    lengths = [len(mel) for mel in judge.references]
    assert len(lengths) == 16
    assert (lengths[0], lengths[-1]) == (2, 41)
    assert set(np.diff(lengths)) == {2, 3}
    for mel, length in zip(judge.references, lengths, strict=True):
        np.testing.assert_array_equal(mel, many[length - 2]["mels"])


def test_weights_are_judged_by_the_factor_they_were_trained_with(trainer, twin):
    """At the very step where the schedule goes on to another one."""
    schedule = "tacotron_training.reduction_schedule=[[0,2],[4,1]]"
    settings = SETTINGS.override([schedule])

    class Deaf:
        def generate(self, lines, speakers, factor):
            raise RuntimeError(f"factor {factor}")

    spoken = Aloud(twin, Deaf(), trainer, settings, BATCH, Listener)
    before = trainer.step_number
    try:
        for step, factor in ((0, 2), (3, 2), (4, 2), (5, 1)):
            trainer.step_number = step
            with pytest.raises(RuntimeError, match=f"factor {factor}"):
                spoken()
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
    settings = SETTINGS.override([f"tacotron_training.previews={previews}"])
    run = Run.create(tmp_path / "run", {})
    asked = (settings, Together(), unseen, run, Board(), Listener)
    validate, hooks = watchers(trainer, *asked)
    assert (validate is not None, len(hooks)) == expected


def test_losses_remain_when_the_judge_fails(trainer, tmp_path, caplog):
    class Failing(Listener):
        def judge(self, spoken):
            if self.heard:
                raise ValueError("no ears")
            return super().judge(spoken)

    run = Run.create(tmp_path / "run", {})
    asked = (SETTINGS, Together(), [4, 7], run, Board(), Failing)
    validate, _ = watchers(trainer, *asked)
    both, alone = validate(), validate()
    assert set(both) - set(alone) == {RANK}
    assert alone["loss"] == pytest.approx(both["loss"])
    failed = "judging free-running speech failed: ValueError: no ears"
    assert caplog.messages == [failed]
