"""The cost model: the example comes out, and GPUs follow the load."""

import json
import math

import pytest

from moksori.commands import cost as command
from moksori.service.cost import Load, Prices, estimate


def test_the_example_comes_out():
    found = estimate(Load(), Prices())
    assert {name: round(amount, 2) for name, amount in found.items.items()} == {
        "GPUs": 2937.52,
        "web machines": 372.30,
        "database": 200.00,
        "Redis": 150.00,
        "storage and traffic": 115.00,
    }
    assert round(found.month, 2) == 3774.82
    assert round(found.request, 4) == 0.0038
    assert round(estimate(Load(), Prices(redis=0)).month, 2) == 3624.82


@pytest.mark.parametrize(
    ("load", "factor", "gpus"),
    [
        # 730 hours of speech: one GPU that needs as long, and never rests.
        (Load(1000, 100, 26.28, 1.0), 1.0, 1),
        (Load(1000, 100, 26.28, 0.5), 1.0, 2),
        (Load(1000, 100, 26.28, 0.5), 1.01, 3),
        (Load(2000, 100, 26.28, 0.5), 0.25, 1),
        (Load(0, 100), 1.0, 1),
        (Load(), 0.2, 3),
    ],
)
def test_gpus_needed(load, factor, gpus):
    assert load.gpus_needed(factor) == gpus
    found = estimate(load, Prices(), factor)
    assert (found.gpus, found.needed) == (gpus, gpus)
    if load.requests:
        assert load.slowest_factor(gpus) >= factor - 1e-9
        assert gpus == 1 or load.slowest_factor(gpus - 1) < factor


def test_a_thousand_characters():
    prices = Prices(1.0, 0, 0, 0, 0, 0)
    found = estimate(Load(730, 500, 0.1, 1.0), prices, 0.5)
    assert found.month == 730
    assert found.request == 1
    assert found.thousand_characters == 2


def test_no_requests_have_no_price():
    found = estimate(Load(requests=0), Prices())
    assert found.request == found.thousand_characters == math.inf
    assert found.figures()["request"] is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Load(utilisation=0), "utilisation is above 0 up to 1, not 0"),
        (lambda: Load(utilisation=1.5), "utilisation"),
        (lambda: Load(seconds_per_character=-1), "seconds per character cannot be -1"),
        (lambda: Load(characters=math.nan), "characters cannot be nan"),
        (lambda: Prices(webs=-1), "webs cannot be -1"),
        (lambda: estimate(Load(), Prices(), 0), "real-time factor is above 0, not 0"),
        (lambda: estimate(Load(), Prices(), gpus=0), "GPUs cannot be 0"),
    ],
)
def test_what_cannot_be(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_command(capsys):
    assert command.main([]) == 0
    shown = capsys.readouterr().out
    assert "a month 3,774.82 a request 0.0038" in " ".join(shown.split())
    assert command.main(["--real-time-factor", "0.2", "--gpus", "1"]) == 0
    assert "GPUs needed: 3; paid for: 1, too few" in capsys.readouterr().out
    assert command.main(["--real-time-factor", "0.2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["gpus_needed"], found["items"]["Redis"]) == (3, 150)
    assert command.main(["--webs", "-1"]) == 2
    assert capsys.readouterr().err == (
        "cost: webs cannot be -1; give a number from 0 on\n"
    )
