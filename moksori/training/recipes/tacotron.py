"""Train the acoustic model: data, objective, schedule, evaluation."""

import math
from collections.abc import Sequence
from pathlib import Path

import hangul
from datasets.batches import Batches, frames_in, split
from hparams import Hparams
from moksori.metrics.free_running import FREE_RUNNING_SCORE
from moksori.training import adaptation, export, schedules
from moksori.training.callbacks import FlatAttention, Previews, guarded
from moksori.training.kinds import TACOTRON
from moksori.training.recipe import Data, Evaluation, Recipe
from moksori.voices import networks


class TacotronRecipe(Recipe):
    """Features -> an acoustic model, judged by how it speaks held-out sentences."""

    kind = TACOTRON
    usage = "python synthesize.py --voice {} --text 안녕하세요."

    @classmethod
    def describe(cls, settings: Hparams, store) -> dict:
        return {
            **super().describe(settings, store),
            "alphabet": list(hangul.ALPHABET),
            "alphabet_version": hangul.ALPHABET_VERSION,
            "fingerprint": store.fingerprint,
        }

    @classmethod
    def initial_run(cls, arguments, settings: Hparams) -> Path | None:
        """Return the run of `--from`; without it the shipped voice, where that fits."""
        if arguments.start is None and adaptation.fits_shipped_voice(settings):
            return export.SHIPPED_VOICE
        return super().initial_run(arguments, settings)

    def network(self, compute: str = "float32", **choices):
        """Build a freshly initialised network; see `voices.networks.build_tacotron`."""
        speakers = len(self.speakers)
        return networks.build_tacotron(self.settings, speakers, compute, **choices)

    def objective(self, model):
        """Return what the training minimises, for a `model` of these settings."""
        from moksori.tacotron.loss import TacotronLoss

        t = self.training
        return TacotronLoss(
            model,
            l1_weight=t.l1_weight,
            l2_weight=t.l2_weight,
            stop_weight=t.stop_weight,
            stop_positive_weight=t.stop_positive_weight,
            guided_attention_width=t.guided_attention_width,
        )

    def trainer(self, devices=None, **choices):
        """Build a `training.steps.Trainer` with Adam, on `devices` (one if None), of a
        network with the further `choices`.

        Where `tacotron_training.compute` is auto, products are bfloat16 on a GPU that
        has it. On a CPU they are float32 even so: it gains nothing in small products.
        """
        import keras

        from moksori.backend.hardware import has_bfloat16
        from moksori.backend.setup import single_device
        from moksori.training.steps import Trainer

        t, devices = self.training, devices or single_device()
        compute = t.compute
        if compute == "auto":
            compute = "bfloat16" if has_bfloat16() else "float32"
        with devices.scope():
            model = self.network(compute, **choices)
            return Trainer(
                model,
                keras.optimizers.Adam(t.learning_rate, epsilon=t.adam_epsilon),
                self.objective(model),
                clip_norm=t.clip_norm,
                weight_decay=t.weight_decay,
                seed=t.seed,
                memory_advice=self.kind.memory_advice,
                devices=devices,
            )

    def schedule(self, step: int) -> dict:
        t = self.training
        guided = t.guided_attention, t.guided_attention_steps
        return {
            **super().schedule(step),
            "guided_weight": schedules.guided_attention(step, *guided),
            "factor": (networks.reduction_factor(self.settings, step),),
        }

    def state(self, step: int) -> dict:
        """Return the reduction factor that the weights were last trained with."""
        return {"reduction_factor": self.trained_factor(step)}

    def trained_factor(self, step: int) -> int:
        """Return the reduction factor that the weights after `step` steps were last
        trained with, and so will speak with, also where the next step takes another."""
        return networks.reduction_factor(self.settings, max(0, step - 1))

    def batches(self, store, indices: Sequence[int], **options) -> Batches:
        """Return the batches of some utterances, whose padded lengths are divisible by
        every reduction factor that will be in force."""
        t = self.training
        factors = [factor for _, factor in t.reduction_schedule]
        return Batches(
            store,
            indices,
            batch_frames=t.batch_frames,
            max_batch=t.max_batch,
            frame_multiple=math.lcm(self.settings.tacotron.reduction_factor, *factors),
            linear=self.settings.tacotron.linear,
            seed=t.seed,
            **options,
        )

    def data(self, store, model) -> Data:
        train_on, held_out = split(store, self.training.held_out)
        batches = self.batches(store, train_on)
        return Data(batches, batches.largest()[1], frames_in, held_out)

    def evaluation(self, trainer, store, data: Data, run, board) -> Evaluation:
        from moksori.training.recipes import free_running as judged
        from moksori.training.recipes.eval_model import EvalModel
        from moksori.training.weights import arrays_of
        from moksori.voices.generation import Generator

        t = self.training
        alarm = FlatAttention(t.flat_attention_steps)
        if not data.held_out:
            return Evaluation(None, [alarm], FREE_RUNNING_SCORE)
        model = EvalModel(self.network(), lambda: arrays_of(trainer.model))
        generator = Generator(model.network, self.settings.audio.frame_seconds)
        batch = data.batches.together(data.held_out)
        forced = judged.TeacherForcedValidation(self, model, trainer, batch)
        spoken = judged.FreeRunningValidation(self, model, generator, trainer, batch)

        def validate() -> dict[str, float]:
            return forced() | (guarded("judging free-running speech", spoken) or {})

        hooks = [alarm]
        if t.previews:
            shown = data.batches.together(data.held_out[: t.previews])
            preview = judged.SpeechPreview(self, model, generator, shown, board)
            hooks.append(Previews(t.preview_every, run.previews, preview.make))
        return Evaluation(validate, hooks, FREE_RUNNING_SCORE)

    def _initial_arrays(self, run):
        checkpoint = run.restore(prefix="model/")
        return checkpoint and checkpoint.arrays

    def _named_rows(self, run):
        symbols = (hangul.ALPHABET, run.settings["alphabet"])
        return {"symbols/embeddings": symbols, **super()._named_rows(run)}
