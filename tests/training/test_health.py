import json
import math

import pytest

from moksori.training.health import Action, Health

CONTINUE, RESTORE, STOP = Action.CONTINUE, Action.RESTORE, Action.STOP
NAN = float("nan")


def feed(health, losses, skipped=False):
    return [health.observe(i, loss, 1.0, skipped) for i, loss in enumerate(losses)]


def test_single_bad_steps_are_counted_and_passed():
    health = Health()
    assert feed(health, [1.0, NAN, math.inf, 1.0, NAN, 1.0]) == [CONTINUE] * 6
    assert health.bad_steps == 3
    assert health.bad_in_a_row == 0
    assert health.learning_rate_factor == 1.0


@pytest.mark.parametrize(
    "figures", [(NAN, 1.0, False), (1.0, math.inf, False), (1.0, 1.0, True)]
)
def test_three_in_a_row_go_back_with_half_the_rate(figures):
    health = Health()
    actions = [health.observe(step, *figures) for step in range(3)]
    assert actions == [CONTINUE, CONTINUE, RESTORE]
    assert health.learning_rate_factor == 0.5
    assert health.bad_in_a_row == 0


def test_after_repeated_returns_it_stops_and_says_why():
    health = Health(restores=2)
    actions = feed(health, [NAN] * 9)
    assert actions == [CONTINUE, CONTINUE, RESTORE] * 2 + [CONTINUE, CONTINUE, STOP]
    assert health.learning_rate_factor == 0.25
    assert "learning_rate" in health.message


def test_a_long_good_stretch_forgives():
    health = Health(restores=1, forgive=5)
    assert feed(health, [NAN] * 3)[-1] is RESTORE
    feed(health, [1.0] * 5)
    assert feed(health, [NAN] * 3)[-1] is RESTORE
    feed(health, [1.0] * 4)
    assert feed(health, [NAN] * 3)[-1] is STOP


def test_an_exploding_loss_counts_as_bad():
    health = Health(window=10)
    assert health.ceiling == math.inf
    feed(health, [2.0, 1.9, 2.1, 1.8, 2.0, 1.7, 1.9, 1.8, 1.6, 1.8])
    assert 5.0 < health.ceiling < 12.0
    assert feed(health, [4.0]) == [CONTINUE]
    assert health.bad_steps == 0
    assert feed(health, [50.0, 60.0, 80.0]) == [CONTINUE, CONTINUE, RESTORE]
    assert health.ceiling < 12.0


def test_losses_below_zero_have_a_ceiling_too():
    health = Health(window=10)
    feed(health, [-3.0, -3.2, -2.9, -3.1, -3.0, -3.3, -2.8, -3.0, -3.1, -3.2])
    assert feed(health, [-2.0, 0.0]) == [CONTINUE] * 2
    assert health.bad_steps == 0
    feed(health, [40.0])
    assert health.bad_steps == 1


def test_falling_fast_is_no_explosion():
    health = Health(window=10)
    assert set(feed(health, [10 * 0.8**i for i in range(100)])) == {CONTINUE}
    assert health.bad_steps == 0


def test_its_state_goes_through_json():
    losses = [1.0, 1.1, 0.9, NAN, 1.0, NAN, NAN]
    one = Health(window=4, restores=1)
    feed(one, losses)
    other = Health(window=4, restores=1)
    other.load(json.loads(json.dumps(one.state())))
    assert other.state() == one.state()
    later = [NAN, 0.9, 900.0, NAN, NAN]
    assert feed(one, later) == feed(other, later)
    assert STOP in feed(one, [NAN] * 3)
