"""The moving average of the weights against its recursion, and through a checkpoint."""

import keras
import numpy as np
import pytest

from moksori.training.averaging import AveragedAdam
from moksori.training.runs import Run
from moksori.training.weights import averaged
from tests.training.test_steps import SCALE, batch, make, number

pytestmark = pytest.mark.backend

RATE = 0.05


def adam(average: float = 0.9) -> AveragedAdam:
    return AveragedAdam(RATE, average)


def walked(trainer, steps) -> list[dict[str, np.ndarray]]:
    """All arrays before and after each of some steps."""
    story = [trainer.arrays()]
    for step in steps:
        trainer.step_number = step
        trainer.step(batch(step), RATE, **SCALE)
        story.append(trainer.arrays())
    return story


def averages_of(arrays) -> dict[str, np.ndarray]:
    """The averages under the names of their weights."""
    ending = "/average"
    return {
        f"model/{name.removeprefix('optimizer/').removesuffix(ending)}": array
        for name, array in arrays.items()
        if name.endswith(ending)
    }


@pytest.mark.parametrize("average", [0.5, 0.9])
def test_it_is_the_recursion(average):
    """With a decay of (n + 1) / (n + 10) at first; 0.5 is reached after 8 steps."""
    trainer = make(optimizer=adam(average))
    story = walked(trainer, range(12))
    mean = {name: story[0][name] for name in averages_of(story[0])}
    trained = [f"model/{v.path}" for v in trainer.model.trainable_variables]
    assert sorted(mean) == sorted(trained)
    for step, arrays in enumerate(story[1:]):
        decay = min(average, (step + 1) / (step + 10))
        for name, found in averages_of(arrays).items():
            mean[name] = decay * mean[name] + (1 - decay) * arrays[name]
            np.testing.assert_allclose(found, mean[name], atol=1e-6, err_msg=name)
            assert (found != arrays[name]).any()


def test_it_begins_as_the_weights_are():
    arrays = make(optimizer=adam()).arrays()
    found = averages_of(arrays)
    assert found
    for name, array in found.items():
        np.testing.assert_array_equal(array, arrays[name])


def test_it_may_begin_anew():
    """As after other weights were taken over, which are not to be mixed with those."""
    trainer = make(optimizer=adam())
    walked(trainer, range(2))
    trainer.optimizer.begin()
    arrays = trainer.arrays()
    for name, array in averages_of(arrays).items():
        np.testing.assert_array_equal(array, arrays[name])


def test_the_weights_are_those_of_plain_adam():
    ours = walked(make(optimizer=adam()), range(4))[-1]
    plain = walked(make(optimizer=keras.optimizers.Adam(RATE)), range(4))[-1]
    assert set(ours) - set(plain) == {n for n in ours if n.endswith("/average")}
    for name, array in plain.items():
        np.testing.assert_allclose(ours[name], array, atol=1e-6, err_msg=name)


def test_a_bad_step_leaves_the_average_alone():
    trainer = make(optimizer=adam())
    before = walked(trainer, range(3))[-1]
    bad = {**batch(3), "x": np.full((8, 3), np.nan, np.float32)}
    assert number(trainer.step(bad, RATE, **SCALE)["skipped"]) == 1
    after = trainer.arrays()
    for name, array in averages_of(before).items():
        np.testing.assert_array_equal(averages_of(after)[name], array)


def test_it_goes_on_through_a_checkpoint_to_the_last_bit(tmp_path):
    calm = walked(make(optimizer=adam()), range(6))[-1]
    run = Run.create(tmp_path / "run", {})
    run.save(3, walked(make(optimizer=adam()), range(3))[-1], {})
    trainer = make(optimizer=adam(), net_seed=2)
    trainer.assign(run.restore().arrays)
    torn = walked(trainer, range(3, 6))[-1]
    assert set(torn) == set(calm)
    for name, array in calm.items():
        np.testing.assert_array_equal(torn[name], array, err_msg=name)


def test_a_checkpoint_gives_it_in_place_of_the_weights():
    arrays = walked(make(optimizer=adam()), range(3))[-1]
    found = averaged(arrays)
    assert set(found) == {name for name in arrays if name.startswith("model/")}
    for name, array in averages_of(arrays).items():
        np.testing.assert_array_equal(found[name], array)
        assert (found[name] != arrays[name]).any()
