"""What the benchmark compares does the same work, and its arithmetic adds up."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from keras import ops

import hparams
from benchmarks import wavenet_train
from benchmarks.plain_wavenet import PlainWaveNet, plainly
from moksori.training.recipes.wavenet import WaveNetRecipe
from moksori.voices.networks import build_wavenet
from tests.tacotron.made import assert_same, gradients

ROOT = Path(__file__).parents[2]
TINY = hparams.preset("tiny").override(["wavenet.kernel=3"])


def teach(plain, ours) -> None:
    """Give the plain network the weights of ours."""
    plain.entry.set_weights(ours.input_embedding.get_weights())
    for name in ("speaker", "upsample", "head", "out"):
        getattr(plain, name).set_weights(getattr(ours, name).get_weights())
    for mine, theirs in zip(plain.frames, ours.frames, strict=True):
        mine.set_weights(theirs.get_weights())
    skips = np.split(ours.to_skip.get_weights()[0], len(ours.blocks))
    for i, (mine, theirs) in enumerate(zip(plain.blocks, ours.blocks, strict=True)):
        gate, bias, *way = theirs.get_weights()
        taps = gate[: theirs.taps].reshape(theirs.kernel, -1, gate.shape[1])
        mine.dilated.set_weights([taps, bias])
        mine.condition.set_weights([gate[None, theirs.taps :]])
        if way:
            mine.residual.set_weights([way[0][None], way[1]])
        bias = ours.to_skip.get_weights()[1]
        mine.skip.set_weights([skips[i][None], bias if i == 0 else 0 * bias])


@pytest.mark.parametrize("distribution", ["categorical", "gaussian"])
def test_the_plain_network_is_the_same_network(distribution):
    settings = TINY.override([f"wavenet.distribution={distribution}"])
    ours = build_wavenet(settings, 1)
    with plainly():
        plain = build_wavenet(settings, 1)
    assert isinstance(plain, PlainWaveNet)
    teach(plain, ours)
    batch = wavenet_train.made_batch(settings, crops=2, frames=2)

    def loss(model):
        def call(mels):
            said = model(
                batch["signal"],
                mels,
                batch["speaker"],
                output_length=batch["target"].shape[1],
            )
            return ops.mean(model.distribution.loss(said, batch["target"]))

        return call

    mels = batch["mels"]
    assert float(loss(ours)(mels)) == pytest.approx(float(loss(plain)(mels)), rel=1e-5)
    found, expected = (gradients(loss(model), [mels])[0] for model in (ours, plain))
    assert np.abs(expected).max() > 1e-6
    assert_same(found / np.abs(expected).max(), expected / np.abs(expected).max(), 1e-4)


def test_crops_are_those_of_a_training():
    """At the size of `korean`, what counts and its past."""
    batch = wavenet_train.made_batch(hparams.preset("korean"), crops=2, frames=16)
    assert {name: array.shape for name, array in batch.items()} == {
        "signal": (2, 8892, 1),
        "target": (2, 4800, 1),
        "mels": (2, 14 + 16 + 2 * 4, 80),
        "speaker": (2,),
        "weight": (2,),
    }
    np.testing.assert_array_equal(batch["signal"][:, 4093:], batch["target"][:, :-1])


def test_arithmetic_by_hand():
    """Multiplications of the forward pass of two blocks on one crop."""
    sizes = ("wavenet.layers=2", "wavenet.cycles=1", "wavenet.upsample=[128]")
    model = build_wavenet(TINY.override(sizes), 1)
    batch = wavenet_train.made_batch(TINY.override(sizes), crops=1, frames=1)
    assert model.dilations == (1, 2)
    counted, residual, half, skip, condition = 128, 8, 8, 8, 8
    taps = 3 * residual + condition
    first, second = counted + 4, counted
    blocks = first * (taps * 2 * half + half * residual) + second * taps * 2 * half
    heads = counted * (2 * half * skip + skip * skip + skip * 256)
    # Two frames of samples, and one more on either side for the upsampling.
    frames = 6 * 3 * 20 * 2 * condition + 4 * 3 * 2 * condition * condition
    upsampling = 2 * 128 * 3 * condition
    expected = 3 * 2 * (blocks + heads + frames + upsampling) / 1e9
    assert wavenet_train.gigaflop(model, batch) == pytest.approx(expected, rel=1e-9)


def test_it_prints_a_table_and_json():
    sizes = ("--batch", "1", "--frames", "2", "--repeats", "2")
    words = ("--presets", "tiny", "--types", "bfloat16")
    run = subprocess.run(
        [sys.executable, "benchmarks/wavenet_train.py", *sizes, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    *table, values = run.stdout.splitlines()
    assert len(table) == 3
    rows = json.loads(values)
    assert [(row["step"], row["type"]) for row in rows] == [
        ("ours", "bfloat16"),
        ("plain", "float32"),
    ]
    for row in rows:
        assert (row["input_samples"], row["counted_samples"]) == (256 + 6, 256)
        assert 0 < row["best_seconds"] <= row["median_seconds"]
        assert 0 < row["share_of_peak"] < 1
        assert "times_pytorch" not in row
        inputs = row["input_samples_per_second"] * row["best_seconds"]
        assert inputs == pytest.approx(256 + 6)
        ratio = rows[-1]["best_seconds"] / row["best_seconds"]
        assert row["times_plain"] == pytest.approx(ratio)


def test_a_trainer_takes_its_batches_whatever_their_number():
    settings = hparams.preset("tiny")
    trainer = WaveNetRecipe(settings, ["one"]).trainer()
    for crops in (2, 3, 4):
        batch = wavenet_train.made_batch(settings, crops, 2)
        assert np.isfinite(float(np.asarray(trainer.step(batch, 1e-3)["loss"])))
