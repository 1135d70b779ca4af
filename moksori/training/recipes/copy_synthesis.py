"""Judge and show a vocoder in training: held-out recordings, copied from their mels."""

from pathlib import Path

from keras import ops

from hparams import Hparams
from moksori.audio.files import save
from moksori.audio.spectrum import mel_spectrogram
from moksori.backend.compilation import compile_model
from moksori.training import figures
from moksori.training.recipes.eval_model import EvalModel
from moksori.voices.vocoder import WaveNetVocoder


def likelihood(model):
    """Return the training's objective: the weighted mean over a batch of crops, in nats
    a sample; a crop of weight 0 fills a batch up and is not counted."""

    def losses(batch, values, training=True):
        each = ops.mean(_loss(model, batch), axis=(1, 2))
        loss = ops.sum(each * batch["weight"])
        return loss, {"loss": loss}

    return losses


def _loss(model, batch):
    """Return the loss of every sample, [B, steps, bands]."""
    parameters = model(
        batch["signal"],
        batch["mels"],
        batch["speaker"],
        output_length=batch["target"].shape[1],
    )
    return model.distribution.loss(parameters, batch["target"])


class LikelihoodValidation:
    """Computes the likelihood of fixed crops that are not trained on."""

    def __init__(self, model: EvalModel, batches: list[dict]):
        self._model, self._batches = model, batches
        self._evaluate = compile_model(
            model.network, lambda batch: ops.mean(_loss(model.network, batch))
        )

    def __call__(self) -> dict[str, float]:
        """Return the mean over all crops, in nats a sample."""
        self._model.refresh()
        losses = [ops.convert_to_numpy(self._evaluate(b)) for b in self._batches]
        return {"loss": float(sum(losses) / len(losses))}


class CopySynthesisPreview:
    """Shows some recordings beside what the vocoder makes of their mels.

    `board` is a `training.tensorboard.TensorBoardWriter`, which shows them too.
    """

    def __init__(self, model: EvalModel, settings: Hparams, store, indices, board):
        self._model, self._settings, self._store = model, settings, store
        self._indices, self._board = list(indices), board

    def make(self, step: int, folder: Path) -> None:
        """Write each recording, its copy and their spectrograms into `folder`."""
        store, audio, rows = self._store, self._settings.audio, self._store.rows
        self._model.refresh()
        vocoder = WaveNetVocoder(self._model.network, self._settings, store.speakers)
        mels = [store.mel(i) for i in self._indices]
        names = [rows[i].speaker for i in self._indices]
        waves = vocoder.generate(mels, names)
        for place, (i, mel, wave) in enumerate(
            zip(self._indices, mels, waves, strict=True)
        ):
            figure = figures.spectrograms(
                [("recording", mel), ("copy", mel_spectrogram(wave, audio))],
                audio.frame_seconds,
                folder / f"{place}_spectrogram.png",
                title=f"step {step}",
            )
            self._board.image(step, f"spectrogram/{place}", figure)
            for kind, sound in (("recording", store.wave(i)), ("copy", wave)):
                save(folder / f"{place}_{kind}.wav", sound, audio.sample_rate)
                self._board.audio(step, f"{kind}/{place}", sound, audio.sample_rate)
