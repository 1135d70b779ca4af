"""Build the networks that settings describe, for those who speak or train with them."""

import dataclasses

import numpy as np

import hangul
from hparams import Hparams
from moksori.audio.coding import Coding
from moksori.training import schedules

_RANDOM = ("glorot_uniform", "glorot_normal", "he_normal", "orthogonal", "uniform")


def blank_weights():
    """Return a context in which networks are built without their random start, for
    weights that are loaded next.

    Without it JAX compiles a program for every shape, 15 seconds of a processor for a
    voice.
    """
    import keras

    return keras.utils.custom_object_scope(dict.fromkeys(_RANDOM, _zeros))


def _zeros(shape, dtype=None) -> np.ndarray:
    return np.zeros(shape, dtype)


def build_tacotron(
    settings: Hparams, speakers: int, compute: str = "float32", **choices
):
    """Build a freshly initialised `tacotron.model.Tacotron`, which takes its large
    products in `compute`; `choices` are further arguments of it."""
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


def build_wavenet(settings: Hparams, speakers: int, compute: str = "float32"):
    """Build a freshly initialised `wavenet.model.WaveNet`."""
    from moksori.wavenet.model import WaveNet

    sizes = dataclasses.asdict(settings.wavenet)
    del sizes["preemphasis"], sizes["lpc_order"]
    return WaveNet(
        mels=settings.audio.mels,
        speakers=speakers,
        deviation=Coding.of(settings).deviation,
        compute=compute,
        seed=settings.wavenet_training.seed,
        **sizes,
    )


def reduction_factor(settings: Hparams, step: int) -> int:
    """Return the reduction factor that is trained with at `step`."""
    return schedules.reduction_factor(
        step,
        settings.tacotron_training.reduction_schedule,
        settings.tacotron.reduction_factor,
    )
