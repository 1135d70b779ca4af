"""Tiny models, utterances and gradients, the same on every backend."""

import keras
import numpy as np

import hparams
from moksori.tacotron.loss import TacotronLoss
from moksori.training.steps import Trainer
from moksori.voices.networks import build_tacotron

STILL = tuple(
    f"tacotron.{name}=0"
    for name in ("encoder_dropout", "prenet_dropout", "postnet_dropout", "zoneout")
)
LINEAR = ("audio.linear=true", "tacotron.linear=true")


def tiny(*overrides: str) -> hparams.Hparams:
    return hparams.preset("tiny").override(overrides)


def network(*overrides: str, speakers: int = 2, **choices):
    return build_tacotron(tiny(*overrides), speakers, **choices)


def plain_trainer(model) -> Trainer:
    """A trainer whose step moves each weight by rate times its gradient."""
    return Trainer(model, keras.optimizers.SGD(), objective(model), 1e9)


def stepped(trainer, batch: dict) -> tuple[dict, dict]:
    """The terms of a plain step at rate 1, and by how much it moved each array; the
    trainer is as before."""
    before = trainer.arrays()
    terms = numpy_of(trainer.step(batch, 1.0, guided_weight=1.0, factor=(2,)))
    after = trainer.arrays()
    trainer.assign(before)
    assert terms["skipped"] == 0
    return terms, {
        name: after[name] - before[name]
        for name in before
        if before[name].dtype == np.float32 and name.startswith("model/")
    }


def assert_same_step(found: tuple[dict, dict], expected: tuple[dict, dict]) -> None:
    """Equal terms, and equal gradients and statistics, as `stepped` gives them."""
    for name, value in expected[0].items():
        np.testing.assert_allclose(found[0][name], value, rtol=2e-5, err_msg=name)
    assert found[1].keys() == expected[1].keys()
    scale = max(np.abs(change).max() for change in expected[1].values())
    for name, change in expected[1].items():
        np.testing.assert_allclose(
            found[1][name], change, rtol=0, atol=2e-5 * scale, err_msg=name
        )


def normal(seed: int, *shape: int) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=shape)
    return (0.5 * values).astype(np.float32)


def utterance(seed: int, symbols: int, frames: int, speaker: int = 0) -> dict:
    """Random ids and spectrograms as the preset `tiny` has them, without padding."""
    random = np.random.default_rng(seed)
    audio = tiny().audio
    return {
        "ids": random.integers(2, 70, symbols).astype(np.int32),
        "speaker": speaker,
        "mels": normal(seed, frames, audio.mels),
        "linear": normal(seed + 1, frames, audio.bins),
    }


UNEVEN = [
    utterance(seed, symbols=symbols, frames=frames, speaker=seed % 2)
    for seed, symbols, frames in ((1, 7, 12), (2, 3, 5), (3, 5, 9))
]


def objective(model) -> TacotronLoss:
    """What a training of `model` minimises."""
    return TacotronLoss(
        model,
        l1_weight=1.0,
        l2_weight=1.0,
        stop_weight=1.0,
        stop_positive_weight=5.0,
        guided_attention_width=0.2,
    )


def together(*utterances: dict, frames: int, symbols: int, fill: float = -4.0) -> dict:
    """A batch padded to the given sizes with `fill`, which should not matter."""
    count = len(utterances)
    batch = {
        "ids": np.full((count, symbols), abs(int(fill)), np.int32),
        "symbols": np.array([len(one["ids"]) for one in utterances], np.int32),
        "speaker": np.array([one["speaker"] for one in utterances], np.int32),
        "frames": np.array([len(one["mels"]) for one in utterances], np.int32),
    }
    for kind in ("mels", "linear"):
        width = utterances[0][kind].shape[1]
        batch[kind] = np.full((count, frames, width), fill, np.float32)
    for place, one in enumerate(utterances):
        batch["ids"][place, : len(one["ids"])] = one["ids"]
        for kind in ("mels", "linear"):
            batch[kind][place, : len(one[kind])] = one[kind]
    return batch


def uneven(empty: int = 0) -> dict:
    """A batch of three uneven utterances, and rows that hold nothing."""
    return with_empty_rows(together(*UNEVEN, frames=12, symbols=7), empty)


def with_empty_rows(batch: dict, count: int) -> dict:
    return {
        name: np.concatenate([a, np.zeros((count, *a.shape[1:]), a.dtype)])
        for name, a in batch.items()
    }


def numpy_of(outputs: dict) -> dict[str, np.ndarray]:
    return {n: keras.ops.convert_to_numpy(array) for n, array in outputs.items()}


def gradients(function, arguments) -> list[np.ndarray]:
    """Of a scalar function of arrays, by the backend's own differentiation."""
    if keras.backend.backend() == "jax":
        import jax

        every = tuple(range(len(arguments)))
        found = jax.jit(jax.grad(function, every))(*arguments)
    else:
        import tensorflow as tf

        @tf.function(autograph=False)
        def traced(*arguments):
            with tf.GradientTape() as tape:
                tape.watch(arguments)
                value = function(*arguments)
            return tape.gradient(value, arguments)

        found = traced(*map(tf.constant, arguments))
    return [np.asarray(gradient) for gradient in found]


def assert_same(ours, reference, tolerance: float = 1e-5) -> None:
    """Equal within `tolerance` of the largest value of the reference."""
    scale = max(1e-3, float(np.abs(reference).max()))
    np.testing.assert_allclose(ours, reference, rtol=0, atol=tolerance * scale)
