"""What a training shows of its vocoder: held-out recordings, copied from their mels.

All of it is judged with the averaged weights, which are those that will speak.
"""

from pathlib import Path

from keras import ops

from hparams import Hparams
from moksori.audio.files import save
from moksori.audio.spectrum import mel_spectrogram
from moksori.backend.compilation import compile_model
from moksori.training import figures
from moksori.training.callbacks import Previews
from moksori.training.weights import averaged
from moksori.voices import vocoder
from moksori.voices.twin import Twin

_BATCHES = 4


def watchers(trainer, settings: Hparams, store, crops, unseen: list[int], run, board):
    """What `training.loop.fit` is to ask and call: `(validate or None, hooks)`.

    `crops` are `datasets.crops.Crops` of the utterances `unseen`, which were held out
    of `store`, or None where there are none.
    """
    t = settings.wavenet_training
    if crops is None:
        return None, []
    model = vocoder.network(settings, len(store.speakers), trainer.model.compute)
    twin = Twin(model, lambda: averaged(trainer.arrays()))
    validate = HeldOut(twin, crops.fixed(_BATCHES))
    shown = unseen[: t.previews]
    if not shown:
        return validate, []
    copies = Copies(twin, settings, store, shown, board)
    return validate, [Previews(t.preview_every, run.previews, copies.make)]


class HeldOut:
    """The likelihood of fixed crops that are not trained on."""

    def __init__(self, twin: Twin, batches: list[dict]):
        self._twin, self._batches = twin, batches
        self._evaluate = compile_model(twin.model, self._loss)

    def __call__(self) -> dict[str, float]:
        """The mean over all crops, in nats a sample."""
        self._twin.refresh()
        losses = [ops.convert_to_numpy(self._evaluate(b)) for b in self._batches]
        return {"loss": float(sum(losses) / len(losses))}

    def _loss(self, batch):
        model, target = self._twin.model, batch["target"]
        inputs = (batch["signal"], batch["mels"], batch["speaker"])
        parameters = model(*inputs, output_length=target.shape[1])
        return ops.mean(model.distribution.loss(parameters, target))


class Copies:
    """Sound and spectrogram of some recordings, beside what the vocoder makes of their
    mels. `board` is a `training.board.Board`, which shows them too."""

    def __init__(self, twin: Twin, settings: Hparams, store, indices, board):
        self._twin, self._settings, self._store = twin, settings, store
        self._indices, self._board = list(indices), board

    def make(self, step: int, folder: Path) -> None:
        """Write each recording, its copy and their spectrograms into `folder`."""
        store, audio, rows = self._store, self._settings.audio, self._store.rows
        self._twin.refresh()
        speaker = vocoder.WaveNetVocoder(
            self._twin.model, self._settings, store.speakers
        )
        mels = [store.mel(i) for i in self._indices]
        names = [rows[i].speaker for i in self._indices]
        waves = speaker.generate(mels, names)
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
