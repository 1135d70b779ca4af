"""What a training shows of its voice: fixed held-out sentences, heard and seen."""

from pathlib import Path

from keras import ops

import hangul
from audio.files import save
from hparams import Hparams
from training import figures
from training.callbacks import FlatAttention, Previews
from training.weights import arrays_of
from voices.acoustic import factor_at, network, objective
from voices.compiled import compiled
from voices.generation import Generator
from voices.griffin_lim import GriffinLim
from voices.twin import Twin


def watchers(trainer, settings: Hparams, batches, unseen: list[int], run, board):
    """What `training.loop.fit` is to ask and call: `(validate or None, hooks)`.

    `batches` is a `datasets.batches.Batches`, `unseen` the utterances held out.
    """
    t = settings.training
    alarm = FlatAttention(t.flat_attention_steps)
    if not unseen:
        return None, [alarm]
    model = network(settings, trainer.model.speaker.input_dim)
    twin = Twin(model, lambda: arrays_of(trainer.model))
    validate = HeldOut(twin, trainer, settings, batches.together(unseen))
    if not t.previews:
        return validate, [alarm]
    shown = batches.together(unseen[: t.previews])
    preview = Preview(twin, settings, shown, board)
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
        self._evaluate = compiled(twin.model, self._figures)

    def __call__(self) -> dict[str, float]:
        """The objective and its terms as they are now, without guided attention."""
        self._twin.refresh()
        factor = factor_at(self._settings, self._trainer.step_number)
        terms = self._evaluate(self._batch, factor=factor)
        return {
            name: float(ops.convert_to_numpy(value))
            for name, value in terms.items()
            if name != "guided_attention"
        }

    def _figures(self, batch, factor):
        values = {"factor": (factor,), "guided_weight": 0.0}
        return self._losses(batch, values, training=False)[1]


class Preview:
    """Pictures and sounds of one held-out batch, teacher-forced and free-running.

    `board` is a `training.board.Board`, which shows them too.
    """

    def __init__(self, twin: Twin, settings: Hparams, batch: dict, board):
        self._twin, self._settings, self._audio = twin, settings, settings.audio
        self._batch, self._board = batch, board
        self._generator = Generator(twin.model, settings.audio.frame_seconds)
        self._forced = compiled(twin.model, self._call)

    def _call(self, batch, factor):
        return self._twin.model(batch, factor=factor, training=False)

    def make(self, step: int, folder: Path) -> None:
        """Write each utterance's alignments, spectrograms and a wav into `folder`."""
        self._twin.refresh()
        batch, factor = self._batch, factor_at(self._settings, step)
        outputs = self._forced(batch, factor=factor)
        mels, walks = (ops.convert_to_numpy(outputs[n]) for n in ("mels", "alignments"))
        lengths = zip(batch["ids"], batch["symbols"], strict=True)
        lines = [ids[:length].tolist() for ids, length in lengths]
        said = self._generator.generate(lines, batch["speaker"].tolist(), factor)
        waves = GriffinLim(self._audio).generate([free.mel for free in said])
        for i, (ids, free) in enumerate(zip(lines, said, strict=True)):
            frames = int(batch["frames"][i])
            walk = walks[i, : -(-frames // factor), : len(ids)]
            for kind, weights in (("free", free.alignment), ("forced", walk)):
                self._show(
                    f"alignment_{kind}",
                    (step, i, folder),
                    figures.alignment,
                    weights,
                    [hangul.ALPHABET[symbol] for symbol in ids],
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
