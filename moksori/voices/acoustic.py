"""A run of the acoustic model: its settings, its network, what it was trained for."""

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path

import hangul
from hparams import Hparams
from moksori.training import schedules
from moksori.training.runs import Run, RunError
from moksori.voices import lineage


def network(settings: Hparams, speakers: int, compute: str = "float32", **choices):
    """A freshly initialised `tacotron.model.Tacotron` for these settings, which takes
    its large products in `compute`; `choices` are further arguments of it."""
    from moksori.tacotron.model import Tacotron

    return Tacotron(
        symbols=len(hangul.ALPHABET),
        speakers=speakers,
        mels=settings.audio.mels,
        bins=settings.audio.bins,
        compute=compute,
        seed=settings.tacotron_training.seed,
        **dataclasses.asdict(settings.tacotron),
        **choices,
    )


def description(settings: Hparams, speakers: list[str], fingerprint: str) -> dict:
    """What a run folder records beside the weights, so that it describes itself."""
    return {
        "kind": "tacotron",
        "hparams": settings.to_dict(),
        "alphabet": list(hangul.ALPHABET),
        "alphabet_version": hangul.ALPHABET_VERSION,
        "speakers": list(speakers),
        "fingerprint": fingerprint,
    }


def resume_or_create(folder: Path, settings: Hparams, store) -> Run:
    """The run in `folder`, new or continued, of a voice for the speakers of `store`.

    A run may continue with other training settings (they are named in the log), but
    with no other audio, text, network, alphabet, speakers or features: `RunError`.
    """
    described = description(settings, store.speakers, store.fingerprint)
    others = ("wavenet", "wavenet_training")
    return lineage.resume_or_create(
        folder, described, "tacotron_training", others, settings.tacotron_training.keep
    )


def begin(arguments, store) -> tuple[Hparams, Run]:
    """What a training was asked for, settings and run, new or continued."""
    settings = settings_for(arguments, arguments.run, store)
    store.check(settings.audio, settings.text)
    return settings, resume_or_create(arguments.run, settings, store)


def settings_for(arguments, folder: Path, store) -> Hparams:
    """What `voices.lineage.settings_for` says of an acoustic model."""
    return lineage.settings_for(arguments, folder, store, "tacotron")


def settings_of(run: Run) -> Hparams:
    """The settings of an acoustic run. Raises `RunError` for another kind of run."""
    return lineage.settings_of(run, "tacotron")


def warm_start(model, start: Path, speakers: list[str]) -> str:
    """Take from the run `start` all that fits; returns the account for the person."""
    from moksori.training.weights import warm_start as take

    run = Run.open(start)
    settings_of(run)
    checkpoint = run.restore(prefix="model/")
    if checkpoint is None:
        raise RunError(f"{start} has no checkpoint to begin from")

    def rows(names):
        return {name: row for row, name in enumerate(names)}

    aligned = {
        "symbols/embeddings": (rows(hangul.ALPHABET), rows(run.settings["alphabet"])),
        "speakers/embeddings": (rows(speakers), rows(run.settings["speakers"])),
    }
    return str(take(model, checkpoint.arrays, aligned))


def objective(settings: Hparams, model):
    """What the training of these settings minimises, for a `model` of theirs."""
    from moksori.tacotron.loss import TacotronLoss

    training = settings.tacotron_training
    return TacotronLoss(
        model,
        l1_weight=training.l1_weight,
        l2_weight=training.l2_weight,
        stop_weight=training.stop_weight,
        stop_positive_weight=training.stop_positive_weight,
        guided_attention_width=training.guided_attention_width,
    )


def trainer(settings: Hparams, speakers: int, devices=None, **choices):
    """A `training.steps.Trainer` of a fresh network, with Adam and its objective, on
    `devices` (`training.devices.Devices`; one if None). `choices` are further
    arguments of the network.

    Where `tacotron_training.compute` is auto, products are bfloat16 on a GPU that has
    it. On a CPU they are float32 even so: it gains nothing in a loop of small products.
    """
    import keras

    from moksori.backend.hardware import has_bfloat16
    from moksori.training.devices import alone
    from moksori.training.steps import Trainer

    training, devices = settings.tacotron_training, devices or alone()
    compute = training.compute
    if compute == "auto":
        compute = "bfloat16" if has_bfloat16() else "float32"
    with devices.scope():
        model = network(settings, speakers, compute, **choices)
        return Trainer(
            model,
            keras.optimizers.Adam(
                training.learning_rate, epsilon=training.adam_epsilon
            ),
            objective(settings, model),
            clip_norm=training.clip_norm,
            weight_decay=training.weight_decay,
            seed=training.seed,
            smaller="lower tacotron_training.batch_frames, or reject long recordings "
            "with audio.max_seconds",
            devices=devices,
        )


def factor_at(settings: Hparams, step: int) -> int:
    """The reduction factor in force at `step`."""
    return schedules.reduction_factor(
        step,
        settings.tacotron_training.reduction_schedule,
        settings.tacotron.reduction_factor,
    )


def schedule(settings: Hparams) -> Callable[[int], dict]:
    """What changes with the step, as `training.loop.fit` takes it."""
    t = settings.tacotron_training

    def at(step: int) -> dict:
        return {
            "learning_rate": lineage.learning_rate(step, t),
            "guided_weight": schedules.guided_attention(
                step, t.guided_attention, t.guided_attention_steps
            ),
            "factor": (factor_at(settings, step),),
        }

    return at


def batching(settings: Hparams) -> dict:
    """The arguments of `datasets.batches.Batches` for a training of these settings.

    Padded lengths are divisible by every reduction factor that will be in force.
    """
    t = settings.tacotron_training
    factors = [factor for _, factor in t.reduction_schedule]
    return {
        "batch_frames": t.batch_frames,
        "max_batch": t.max_batch,
        "frame_multiple": math.lcm(settings.tacotron.reduction_factor, *factors),
        "linear": settings.tacotron.linear,
        "seed": t.seed,
    }
