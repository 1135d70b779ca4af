"""What is compared with what, and the arithmetic of a sample."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import hparams
from benchmarks import wavenet_generate
from moksori.wavenet.distributions import Gaussian
from tests.wavenet import made

ROOT = Path(__file__).parents[2]


def row(preset: str, engine: str, what: str, speed: float) -> dict:
    found = {"preset": preset, "engine": engine, "what": what}
    speeds = ("samples_per_second", "samples_per_processor_second")
    return {**found, **dict.fromkeys(speeds, speed)}


def test_bands_are_compared_with_the_same_engine_undivided():
    earlier = [
        row("lean", "numpy", "one stream", 10.0),
        row("lean", "cpu-float32", "one stream", 100.0),
        row("lean", "cpu-float32", "16 streams", 300.0),
        row("lean", "cpu-bfloat16", "one stream", 200.0),
        row("korean", "cpu-float32", "one stream", 50.0),
    ]
    bands = row("lean-bands", "cpu-float32", "one stream", 500.0)
    wavenet_generate.compare(bands, earlier)
    assert bands["times_full_band"] == 5.0
    assert "times_numpy" not in bands
    whole = row("lean", "cpu-float32", "one stream", 90.0)
    wavenet_generate.compare(whole, earlier)
    assert whole["times_numpy"] == 9.0
    assert "times_full_band" not in whole


def test_a_sample_of_bands_costs_its_share_of_a_step():
    one, four = (made.weights(distribution=Gaussian(), bands=n) for n in (1, 4))
    step = wavenet_generate.products(one) + 3 * one.post2.size
    assert wavenet_generate.products(four) == step / 4


@pytest.mark.parametrize("form", wavenet_generate.FORMS)
def test_forms_are_settings(form):
    base, changed = wavenet_generate.FORMS[form]
    settings = hparams.preset(base).override(changed)
    assert settings.audio == hparams.preset(base).audio
    assert settings.wavenet.bands > 1


def test_it_prints_a_table_and_json():
    words = ("--presets", "tiny", "--seconds", "0.05", "--engines", "cpu-float32")
    run = subprocess.run(
        [sys.executable, "benchmarks/wavenet_generate.py", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    rows = json.loads(run.stdout.splitlines()[-1])["rows"]
    assert [r["engine"] for r in rows] == ["numpy"] * 3 + ["cpu-float32"] * 4
    assert all(r["samples_per_second"] > 0 for r in rows)
