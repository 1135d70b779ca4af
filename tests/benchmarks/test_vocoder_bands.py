"""What is compared is possible, and the budget is kept."""

import pytest

import hparams
from benchmarks import vocoder_bands

DEMO = hparams.preset("demo")


def chosen(*more: str):
    needed = ["--features", "f", "--held-out", "h", "--out", "o"]
    return vocoder_bands.parse([*needed, *more])


def test_every_variant_is_a_network_of_the_demo():
    found = {
        name: DEMO.override(changed).wavenet
        for name, changed in vocoder_bands.VARIANTS.items()
    }
    assert [w.bands for w in found.values()] == [1, 1, 4, 4]
    assert [w.lpc_order for w in found.values()] == [0, 64, 0, 64]


def test_budgets_are_time_or_updates():
    assert vocoder_bands.share(3, 50.0, chosen("--seconds", "200")) == 0.25
    assert vocoder_bands.share(3, 50.0, chosen("--updates", "4")) == 0.75


def test_the_rate_warms_up_and_decays_over_the_second_half():
    t = DEMO.wavenet_training
    rates = [vocoder_bands.learning_rate(DEMO, d, 9999) for d in (0.1, 0.5, 1.0)]
    assert rates[:2] == [t.learning_rate] * 2
    assert rates[2] == pytest.approx(t.final_learning_rate)
    first = vocoder_bands.learning_rate(DEMO, 0.0, 0)
    assert first == pytest.approx(t.learning_rate / t.warmup_steps)
