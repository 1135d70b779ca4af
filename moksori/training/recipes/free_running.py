"""Judge and show an acoustic model in training: held-out sentences, heard and seen."""

from pathlib import Path

import numpy as np
from keras import ops

import hangul
from moksori.audio.files import save
from moksori.backend.compilation import compile_model
from moksori.metrics.free_running import FreeRunningEvaluator
from moksori.training import figures
from moksori.training.recipes.eval_model import EvalModel
from moksori.voices.generation import Generated, Generator
from moksori.voices.griffin_lim import GriffinLim
from moksori.voices.stopping import TOKEN

_MOST_SPOKEN = 16


class TeacherForcedValidation:
    """Computes the losses of utterances that are not trained on, teacher-forced.

    `recipe` is a `TacotronRecipe`, `trainer` the `training.steps.Trainer` at work,
    whose weights `model` follows; `batch` is one as `Tacotron.call` takes it.
    """

    def __init__(self, recipe, model: EvalModel, trainer, batch: dict):
        self._recipe, self._model, self._trainer = recipe, model, trainer
        self._batch, self._losses = batch, recipe.objective(model.network)
        self._evaluate = compile_model(model.network, self._figures)

    def __call__(self) -> dict[str, float]:
        """Return the objective and its terms as they are now, without guided
        attention."""
        self._model.refresh()
        factor = self._recipe.trained_factor(self._trainer.step_number)
        terms = self._evaluate(self._batch, factor=factor)
        return {
            name: float(ops.convert_to_numpy(value))
            for name, value in terms.items()
            if name != "guided_attention"
        }

    def _figures(self, batch, factor):
        values = {"factor": (factor,), "guided_weight": 0.0}
        return self._losses(batch, values, training=False)[1]


class FreeRunningValidation:
    """Judges utterances that are not trained on, spoken from their text alone.

    At most sixteen of `batch` are spoken, always the same: from the shortest to the
    longest, as many places apart.
    """

    def __init__(
        self, recipe, model: EvalModel, generator: Generator, trainer, batch: dict
    ):
        self._recipe, self._model, self._generator = recipe, model, generator
        self._trainer = trainer
        chosen = _evenly_by_length(batch["frames"])
        self._batch = {
            name: batch[name][chosen] for name in ("ids", "symbols", "speaker")
        }
        pairs = zip(batch["mels"][chosen], batch["frames"][chosen], strict=True)
        self._evaluator = FreeRunningEvaluator(
            [mel[:frames] for mel, frames in pairs],
            [_symbols(ids) for ids in _lines(self._batch)],
            recipe.settings.audio,
        )

    def __call__(self) -> dict[str, float]:
        """Return the figures of `FreeRunningEvaluator` for the voice as it is now."""
        self._model.refresh()
        factor = self._recipe.trained_factor(self._trainer.step_number)
        said = _speak(self._generator, self._batch, factor)
        return self._evaluator.evaluate(
            [(line.mel, line.alignment, line.stopped == TOKEN) for line in said]
        )


class SpeechPreview:
    """Draws and speaks one held-out batch, teacher-forced and free-running.

    `board` is a `training.tensorboard.TensorBoardWriter`, which shows it too.
    """

    def __init__(
        self, recipe, model: EvalModel, generator: Generator, batch: dict, board
    ):
        self._recipe, self._model, self._generator = recipe, model, generator
        self._audio, self._batch, self._board = recipe.settings.audio, batch, board
        self._forced = compile_model(model.network, self._call)

    def _call(self, batch, factor):
        return self._model.network(batch, factor=factor, training=False)

    def make(self, step: int, folder: Path) -> None:
        """Write each utterance's alignments, spectrograms and a wav into `folder`."""
        self._model.refresh()
        batch, factor = self._batch, self._recipe.trained_factor(step)
        outputs = self._forced(batch, factor=factor)
        mels, walks = (ops.convert_to_numpy(outputs[n]) for n in ("mels", "alignments"))
        said = _speak(self._generator, batch, factor)
        waves = GriffinLim(self._audio).generate([free.mel for free in said])
        for i, (ids, free) in enumerate(zip(_lines(batch), said, strict=True)):
            frames = int(batch["frames"][i])
            walk = walks[i, : -(-frames // factor), : len(ids)]
            for kind, weights in (("free", free.alignment), ("forced", walk)):
                self._show(
                    f"alignment_{kind}",
                    (step, i, folder),
                    figures.alignment,
                    weights,
                    _symbols(ids),
                    step_seconds=factor * self._audio.frame_seconds,
                )
            self._show(
                "spectrogram",
                (step, i, folder),
                figures.spectrograms,
                [
                    ("recording", batch["mels"][i, :frames]),
                    ("teacher-forced", mels[i, :frames]),
                    ("free-running", free.mel),
                ],
                self._audio.frame_seconds,
            )
            save(folder / f"{i}.wav", waves[i], self._audio.sample_rate)
            self._board.audio(step, f"free/{i}", waves[i], self._audio.sample_rate)

    def _show(self, name, place, draw, *arguments, **named):
        step, i, folder = place
        figure = draw(
            *arguments, folder / f"{i}_{name}.png", title=f"step {step}", **named
        )
        self._board.image(step, f"{name}/{i}", figure)


def _evenly_by_length(lengths: np.ndarray) -> np.ndarray:
    """Return the places of at most `_MOST_SPOKEN` lengths, evenly from the shortest to
    the longest."""
    order = np.argsort(lengths, kind="stable")
    count = min(_MOST_SPOKEN, len(order))
    return order[np.linspace(0, len(order) - 1, count).round().astype(int)]


def _lines(batch: dict) -> list[list[int]]:
    """Return the ids of each utterance, without padding."""
    lengths = zip(batch["ids"], batch["symbols"], strict=True)
    return [ids[:length].tolist() for ids, length in lengths]


def _symbols(ids: list[int]) -> tuple[str, ...]:
    return tuple(hangul.ALPHABET[symbol] for symbol in ids)


def _speak(generator: Generator, batch: dict, factor: int) -> list[Generated]:
    """Speak each utterance of `batch` from its text alone."""
    return generator.generate(_lines(batch), batch["speaker"].tolist(), factor)
