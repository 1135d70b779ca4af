"""What the benchmark compares does the same work, and its arithmetic adds up."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import hparams
from benchmarks import train_step
from benchmarks.plain_decoder import PlainDecoder, plainly
from moksori.training.steps import Trainer
from moksori.voices import acoustic
from tests.tacotron.made import numpy_of, tiny, together, utterance

ROOT = Path(__file__).parents[2]
BATCH = together(
    utterance(1, symbols=6, frames=11),
    utterance(2, symbols=4, frames=8),
    frames=12,
    symbols=6,
)


def step(settings):
    """The terms of a plain gradient step at rate 1, and what it moved."""
    made = acoustic.trainer(settings, 1)
    optimizer = keras.optimizers.SGD(1.0)
    trainer = Trainer(made.model, optimizer, made.losses, clip_norm=1e9)
    before = trainer.arrays()
    terms = trainer.step(BATCH, 1.0, guided_weight=1.0, factor=(2,))
    after = trainer.arrays()
    floats = [name for name in before if before[name].dtype == np.float32]
    return trainer, numpy_of(terms), {n: after[n] - before[n] for n in floats}


def test_the_plain_step_is_the_same_step():
    """With all dropout and zoneout: the noise is the same too."""
    _, ours, moved = step(tiny())
    with plainly():
        trainer, plain, expected = step(tiny())
    assert isinstance(trainer.model.decoder, PlainDecoder)
    for name, value in plain.items():
        assert ours[name] == pytest.approx(value, rel=1e-5), name
    scale = max(np.abs(change).max() for change in expected.values())
    for name, change in expected.items():
        np.testing.assert_allclose(
            moved[name], change, rtol=0, atol=2e-5 * scale, err_msg=name
        )


def test_arithmetic_of_the_published_size():
    """By hand from the sizes in the paper: multiplications of the forward pass."""
    settings = hparams.preset("paper")
    t = settings.tacotron
    model = acoustic.network(settings, 1)
    batch = {"mels": np.zeros((2, 100, 80)), "ids": np.zeros((2, 30))}
    memory = t.encoder_dim + t.speaker_dim
    encoder = 3 * 5 * 512 * 512 + 2 * 4 * 256 * (512 + 256)
    encoder += t.speaker_dim * 512 + memory * 128
    decoder = 80 * 256 + 256 * 256
    decoder += 4 * 1024 * (256 + memory + 1024) + 1024 * 128
    decoder += 4 * 1024 * (1024 + memory + 1024) + (1024 + memory) * (80 + 1)
    postnet = 5 * (80 * 512 + 3 * 512 * 512 + 512 * 80)
    pairs = 31 * 128 + 128 + memory
    forward = 2 * (30 * encoder + 100 * (decoder + postnet) + 100 * 30 * pairs)
    expected = 3 * 2 * forward / 1e9
    assert train_step.gigaflop(model, batch, 1) == pytest.approx(expected, rel=1e-9)


def test_it_prints_a_table_and_json():
    sizes = ("--batch", "2", "--frames", "8", "--symbols", "5", "--repeats", "2")
    words = ("--preset", "tiny", "--reduction", "2", "--backends", "tensorflow")
    run = subprocess.run(
        [sys.executable, "benchmarks/train_step.py", *sizes, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    *table, values = run.stdout.splitlines()
    assert len(table) == 3
    ours, plain = json.loads(values)
    assert (ours["step"], plain["step"]) == ("ours", "plain")
    for row in (ours, plain):
        assert row["backend"] == "tensorflow"
        assert 0 < row["best_seconds"] <= row["median_seconds"]
        assert 0 < row["share_of_peak"] < 1
        frames = row["frames_per_second"] * row["best_seconds"]
        assert frames == pytest.approx(2 * 8)
    ratio = plain["best_seconds"] / ours["best_seconds"]
    assert ours["times_plain"] == pytest.approx(ratio)
    assert plain["times_plain"] == 1.0
