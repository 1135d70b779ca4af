import math

import pytest

from moksori.training.schedules import guided_attention, learning_rate, reduction_factor


def rate(step, **changes):
    settings = {
        "peak": 1e-3,
        "final": 1e-5,
        "warmup_steps": 10,
        "decay_start": 100,
        "decay_steps": 50,
    }
    return learning_rate(step, **settings | changes)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (0, 1e-4),
        (4, 5e-4),
        (9, 1e-3),
        (10, 1e-3),
        (100, 1e-3),
        (125, 1e-4),
        (150, 1e-5),
        (10**9, 1e-5),
    ],
)
def test_learning_rate(step, expected):
    assert rate(step) == pytest.approx(expected, rel=1e-12)


def test_learning_rate_decays_by_the_same_ratio_each_step():
    ratios = [rate(step + 1) / rate(step) for step in range(100, 150)]
    assert ratios == pytest.approx([math.exp(math.log(1e-2) / 50)] * 50)


def test_learning_rate_without_warmup_or_decay():
    assert rate(0, warmup_steps=0) == 1e-3
    assert rate(0, warmup_steps=1) == 1e-3
    assert rate(99, decay_steps=0) == 1e-3
    assert rate(100, decay_steps=0) == pytest.approx(1e-5)


def test_learning_rate_warms_up_while_it_decays():
    both = rate(4, decay_start=0, decay_steps=8)
    assert both == pytest.approx(0.5 * 1e-3 * 0.1)


@pytest.mark.parametrize("wrong", [{"peak": 0.0}, {"final": 0.0}, {"final": -1.0}])
def test_learning_rates_are_positive(wrong):
    with pytest.raises(ValueError, match="positive"):
        rate(0, **wrong)


def test_guided_attention_fades_to_nothing():
    weights = [guided_attention(step, 5.0, 100) for step in (0, 50, 99, 100, 1000)]
    assert weights == pytest.approx([5.0, 2.5, 0.05, 0.0, 0.0])
    assert guided_attention(0, 5.0, 0) == 0.0


def test_reduction_factor_follows_its_schedule():
    schedule = ((0, 5), (100, 3), (200, 2))
    steps = (0, 99, 100, 199, 200, 10**6)
    found = [reduction_factor(step, schedule, 5) for step in steps]
    assert found == [5, 5, 3, 3, 2, 2]
    assert reduction_factor(7, (), 4) == 4
