"""What a training shows of its voice: fixed held-out sentences, heard and seen.

The script hands in what it draws and shows with, so this room needs neither.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from keras import ops

from audio.files import save
from audio.spectrum import griffin_lim
from hparams import Audio
from voices.compiled import compiled
from voices.generation import Generator


class HeldOut:
    """The loss on utterances that are not trained on, teacher-forced.

    `objective` is a `tacotron.loss.TacotronLoss`, `batches` a list of batches as
    `Tacotron.call` takes them.
    """

    def __init__(self, objective, batches: Sequence[dict]):
        self._batches = batches
        self._evaluate = compiled(objective.model, self._figures)
        self._objective = objective

    def __call__(self, factor: int) -> dict[str, float]:
        """The figures of the objective, averaged over batches; no guided attention."""
        figures = [self._evaluate(batch, factor=factor) for batch in self._batches]
        return {
            name: float(np.mean([float(np.asarray(f[name])) for f in figures]))
            for name in figures[0]
            if name != "guided_attention"
        }

    def _figures(self, batch, factor):
        values = {"factor": (factor,), "guided_weight": 0.0}
        return self._objective(batch, values, training=False)[1]


class Preview:
    """Pictures and sounds of one held-out batch, teacher-forced and free-running.

    `symbols` turns ids into the strings of an axis; `figures` is a module with
    `alignment` and `spectrograms`, `board` has `image` and `audio`.
    """

    def __init__(
        self,
        model,
        audio: Audio,
        batch: dict,
        symbols: Callable[[Sequence[int]], list[str]],
        figures,
        board,
    ):
        self._audio, self._batch, self._symbols = audio, batch, symbols
        self._figures, self._board = figures, board
        self._generator = Generator(model, audio.frame_seconds)
        self._forced = compiled(model, self._call)
        self._model = model

    def _call(self, batch, factor):
        return self._model(batch, factor=factor, training=False)

    def make(self, step: int, folder: Path, factor: int) -> None:
        """Write a picture of each alignment and spectrogram and a wav into `folder`."""
        batch = self._batch
        outputs = self._forced(batch, factor=factor)
        forced = {
            name: ops.convert_to_numpy(outputs[name]) for name in ("mels", "alignments")
        }
        lines = [
            batch["ids"][i, :size].tolist() for i, size in enumerate(batch["symbols"])
        ]
        spoken = self._generator.generate(lines, batch["speaker"].tolist(), factor)
        for i, (ids, said) in enumerate(zip(lines, spoken, strict=True)):
            length = int(batch["frames"][i])
            steps = -(-length // factor)
            self._alignment(step, folder, i, "free", said.alignment, ids, factor)
            walked = forced["alignments"][i, :steps, : len(ids)]
            self._alignment(step, folder, i, "forced", walked, ids, factor)
            panels = [
                ("recording", batch["mels"][i, :length]),
                ("teacher-forced", forced["mels"][i, :length]),
                ("free-running", said.mel),
            ]
            path = folder / f"{i}_spectrogram.png"
            figure = self._figures.spectrograms(
                panels, self._audio.frame_seconds, path, title=f"step {step}"
            )
            self._board.image(step, f"spectrogram/{i}", figure)
            wave = griffin_lim(said.mel, self._audio)
            save(folder / f"{i}.wav", wave, self._audio.sample_rate)
            self._board.audio(step, f"free/{i}", wave, self._audio.sample_rate)

    def _alignment(self, step, folder, i, kind, weights, ids, factor):
        figure = self._figures.alignment(
            weights,
            self._symbols(ids),
            folder / f"{i}_alignment_{kind}.png",
            title=f"step {step}, {kind}",
            step_seconds=factor * self._audio.frame_seconds,
        )
        self._board.image(step, f"alignment_{kind}/{i}", figure)
