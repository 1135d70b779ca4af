"""What a training shows of its voice: fixed held-out sentences, heard, seen, judged."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from keras import ops

import hangul
from hparams import Audio, Hparams
from moksori.audio.files import save
from moksori.backend.compilation import compile_model
from moksori.training import figures
from moksori.training.callbacks import FlatAttention, Previews, guarded
from moksori.training.weights import arrays_of
from moksori.voices.acoustic import factor_at, network, objective
from moksori.voices.generation import Generated, Generator
from moksori.voices.griffin_lim import GriffinLim
from moksori.voices.stopping import TOKEN
from moksori.voices.twin import Twin

RANK = "free_rank"
_SPOKEN = 16


class Judge(Protocol):
    """Who says what speech is worth, such as `metrics.free_running.Judge`."""

    def judge(
        self, spoken: Sequence[tuple[np.ndarray, np.ndarray, bool]]
    ) -> dict[str, float]:
        """Figures, `rank` among them, of mel [frames, mels], alignment [steps, symbols]
        and whether the stop token ended it, for each sentence."""


Judging = Callable[[list[np.ndarray], list[tuple[str, ...]], Audio], Judge]


def watchers(
    trainer, settings: Hparams, batches, unseen: list[int], run, board, judging: Judging
):
    """What `training.loop.fit` is to ask and call: `(validate or None, hooks)`.

    `batches` is a `datasets.batches.Batches`, `unseen` the utterances held out, and
    `judging` makes a judge of their recordings and symbols. The figure `RANK` of what
    `validate` gives is the one to choose checkpoints by.
    """
    t = settings.tacotron_training
    alarm = FlatAttention(t.flat_attention_steps)
    if not unseen:
        return None, [alarm]
    model = network(settings, trainer.model.speaker.input_dim)
    twin = Twin(model, lambda: arrays_of(trainer.model))
    generator = Generator(model, settings.audio.frame_seconds)
    batch = batches.together(unseen)
    held_out = HeldOut(twin, trainer, settings, batch)
    aloud = Aloud(twin, generator, trainer, settings, batch, judging)

    def validate() -> dict[str, float]:
        return held_out() | (guarded("judging free-running speech", aloud) or {})

    if not t.previews:
        return validate, [alarm]
    shown = batches.together(unseen[: t.previews])
    preview = Preview(twin, generator, settings, shown, board)
    return validate, [alarm, Previews(t.preview_every, run.previews, preview.make)]


class HeldOut:
    """The figures of utterances that are not trained on, teacher-forced.

    `trainer` is the `training.steps.Trainer` at work, `twin` what follows its model,
    `batch` one as `Tacotron.call` takes it.
    """

    def __init__(self, twin: Twin, trainer, settings: Hparams, batch: dict):
        self._twin, self._trainer = twin, trainer
        self._settings, self._batch = settings, batch
        self._losses = objective(settings, twin.model)
        self._evaluate = compile_model(twin.model, self._figures)

    def __call__(self) -> dict[str, float]:
        """The objective and its terms as they are now, without guided attention."""
        self._twin.refresh()
        factor = _factor_of(self._settings, self._trainer.step_number)
        terms = self._evaluate(self._batch, factor=factor)
        return {
            name: float(ops.convert_to_numpy(value))
            for name, value in terms.items()
            if name != "guided_attention"
        }

    def _figures(self, batch, factor):
        values = {"factor": (factor,), "guided_weight": 0.0}
        return self._losses(batch, values, training=False)[1]


class Aloud:
    """The figures of utterances that are not trained on, spoken from their text alone.

    At most sixteen of `batch` are spoken, always the same: from the shortest to the
    longest, as many places apart.
    """

    def __init__(
        self, twin: Twin, generator: Generator, trainer, settings, batch, judging
    ):
        self._twin, self._generator = twin, generator
        self._trainer, self._settings = trainer, settings
        chosen = _spread(batch["frames"])
        self._batch = {
            name: batch[name][chosen] for name in ("ids", "symbols", "speaker")
        }
        pairs = zip(batch["mels"][chosen], batch["frames"][chosen], strict=True)
        references = [mel[:frames] for mel, frames in pairs]
        symbols = [_letters(ids) for ids in _lines(self._batch)]
        self._judge = judging(references, symbols, settings.audio)

    def __call__(self) -> dict[str, float]:
        """What the judge says of the voice as it now is, as `free_…`."""
        self._twin.refresh()
        factor = _factor_of(self._settings, self._trainer.step_number)
        said = _spoken(self._generator, self._batch, factor)
        judged = self._judge.judge(
            [(line.mel, line.alignment, line.stopped == TOKEN) for line in said]
        )
        return {f"free_{name}": value for name, value in judged.items()}


class Preview:
    """Pictures and sounds of one held-out batch, teacher-forced and free-running.

    `board` is a `training.board.Board`, which shows them too.
    """

    def __init__(
        self, twin: Twin, generator: Generator, settings: Hparams, batch: dict, board
    ):
        self._twin, self._settings, self._audio = twin, settings, settings.audio
        self._batch, self._board = batch, board
        self._generator = generator
        self._forced = compile_model(twin.model, self._call)

    def _call(self, batch, factor):
        return self._twin.model(batch, factor=factor, training=False)

    def make(self, step: int, folder: Path) -> None:
        """Write each utterance's alignments, spectrograms and a wav into `folder`."""
        self._twin.refresh()
        batch, factor = self._batch, _factor_of(self._settings, step)
        outputs = self._forced(batch, factor=factor)
        mels, walks = (ops.convert_to_numpy(outputs[n]) for n in ("mels", "alignments"))
        said = _spoken(self._generator, batch, factor)
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
                    _letters(ids),
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


def _factor_of(settings: Hparams, step: int) -> int:
    """The reduction factor that the weights after `step` steps were last trained with,
    and so will speak with, also where the next step takes another."""
    return factor_at(settings, max(0, step - 1))


def _spread(lengths: np.ndarray) -> np.ndarray:
    """Places of at most `_SPOKEN` of the lengths, evenly from shortest to longest."""
    order = np.argsort(lengths, kind="stable")
    count = min(_SPOKEN, len(order))
    return order[np.linspace(0, len(order) - 1, count).round().astype(int)]


def _lines(batch: dict) -> list[list[int]]:
    """The symbols of each utterance, without padding."""
    lengths = zip(batch["ids"], batch["symbols"], strict=True)
    return [ids[:length].tolist() for ids, length in lengths]


def _letters(ids: list[int]) -> tuple[str, ...]:
    return tuple(hangul.ALPHABET[symbol] for symbol in ids)


def _spoken(generator: Generator, batch: dict, factor: int) -> list[Generated]:
    """Each utterance of `batch` from its text alone."""
    return generator.generate(_lines(batch), batch["speaker"].tolist(), factor)
