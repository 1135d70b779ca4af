"""The arithmetic of the benchmark adds up, and it prints what it measured."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import hparams
from benchmarks import train_step
from moksori.voices.networks import build_tacotron

ROOT = Path(__file__).parents[2]


def test_arithmetic_of_the_published_size():
    """By hand from the sizes in the paper: multiplications of the forward pass."""
    settings = hparams.preset("paper")
    t = settings.tacotron
    model = build_tacotron(settings, 1)
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
