"""Train the vocoder: data, objective, evaluation."""

from collections.abc import Sequence

from datasets.batches import split
from datasets.crops import AlignedMels, Crops
from hparams import Hparams
from moksori.audio.coding import Coding
from moksori.training.callbacks import Previews
from moksori.training.checkpoints import LOSS
from moksori.training.kinds import WAVENET
from moksori.training.recipe import Data, Evaluation, Recipe
from moksori.training.runs import Run
from moksori.training.weights import averaged
from moksori.voices import networks

_HELD_OUT_BATCHES = 4


class WaveNetRecipe(Recipe):
    """Features -> a vocoder, judged by the likelihood of held-out recordings.

    `mels(index)` gives other mels than those of the store.
    """

    kind = WAVENET
    usage = "python synthesize.py --voice RUN --vocoder {} …"

    def __init__(self, settings: Hparams, speakers: Sequence[str], mels=None):
        super().__init__(settings, speakers)
        self._mels = mels

    @classmethod
    def of(cls, arguments, settings: Hparams, store) -> "WaveNetRecipe":
        mels = AlignedMels(arguments.mels, store) if arguments.mels else None
        return cls(settings, store.speakers, mels)

    @classmethod
    def begin(cls, arguments, store) -> tuple[Hparams, Run]:
        if arguments.mels:
            AlignedMels(arguments.mels, store)  # refused before a run is created
        return super().begin(arguments, store)

    @classmethod
    def check_features(cls, settings: Hparams, store) -> None:
        """Refuse features of other audio settings; a text does not concern it."""
        store.check(settings.audio, store.text)

    def network(self, compute: str = "float32"):
        """Build a freshly initialised `wavenet.model.WaveNet`."""
        return networks.build_wavenet(self.settings, len(self.speakers), compute)

    def trainer(self, devices=None):
        """Build a `training.steps.Trainer` with averaged Adam and the likelihood, on
        `devices` (one if None)."""
        from moksori.backend.hardware import preferred_compute_dtype
        from moksori.backend.setup import single_device
        from moksori.training.averaging import AveragedAdam
        from moksori.training.recipes.copy_synthesis import likelihood
        from moksori.training.steps import Trainer

        t, devices = self.training, devices or single_device()
        compute = preferred_compute_dtype() if t.compute == "auto" else t.compute
        with devices.scope():
            model = self.network(compute)
            return Trainer(
                model,
                AveragedAdam(t.learning_rate, t.average, epsilon=t.adam_epsilon),
                likelihood(model),
                clip_norm=t.clip_norm,
                weight_decay=t.weight_decay,
                seed=t.seed,
                memory_advice=self.kind.memory_advice,
                devices=devices,
            )

    def crops(self, store, indices: Sequence[int], model) -> Crops:
        """Return the crops of some utterances, with the past that `model` needs."""
        t = self.training
        return Crops(
            store,
            indices,
            Coding.of(self.settings),
            batch=t.batch,
            frames=t.crop_frames,
            past=model.receptive_field - 1,
            context=model.context,
            dither=t.dither,
            input_noise=t.input_noise,
            seed=t.seed,
            mels=self._mels,
        )

    def data(self, store, model) -> Data:
        train_on, held_out = split(store, self.training.held_out)
        crops = self.crops(store, train_on, model)
        return Data(crops, crops.at(0)[1], crops.frames_in, held_out)

    def evaluation(self, trainer, store, data: Data, run, board) -> Evaluation:
        """Return how a training is judged and shown, by the averaged weights, which are
        those that will speak."""
        from moksori.training.recipes import copy_synthesis as judged
        from moksori.training.recipes.eval_model import EvalModel

        t = self.training
        if not data.held_out:
            return Evaluation(None, [], LOSS)
        network = self.network(trainer.model.compute)
        model = EvalModel(network, lambda: averaged(trainer.arrays()))
        crops = self.crops(store, data.held_out, network)
        validate = judged.LikelihoodValidation(model, crops.fixed(_HELD_OUT_BATCHES))
        hooks, shown = [], data.held_out[: t.previews]
        if shown:
            preview = judged.CopySynthesisPreview(
                model, self.settings, store, shown, board
            )
            hooks.append(Previews(t.preview_every, run.previews, preview.make))
        return Evaluation(validate, hooks, LOSS)

    def _initial_arrays(self, run):
        checkpoint = run.restore()
        return checkpoint and averaged(checkpoint.arrays)
