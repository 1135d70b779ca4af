"""Both backends compute the same numbers from the same weights.

`two_steps.json` holds the numbers of TensorFlow; this test compares with them under
either backend. `python -m tests.tacotron.test_both_backends` writes the file anew,
after a change that is meant to change the numbers.
"""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from moksori.training.steps import Trainer
from tests.tacotron.made import (
    LINEAR,
    STILL,
    network,
    normal,
    numpy_of,
    objective,
    together,
    utterance,
)

pytestmark = pytest.mark.backend

FILE = Path(__file__).with_name("two_steps.json")
BATCH = together(
    utterance(1, symbols=6, frames=11),
    utterance(2, symbols=4, frames=8, speaker=1),
    frames=12,
    symbols=6,
)


def two_steps() -> dict[str, list[float]]:
    """The terms of the second of two plain gradient steps, and every array after it as
    its norm and its product with a fixed random direction.

    Without noise, which each backend draws in its own way, and from weights that numpy
    draws.
    """
    model = network(*STILL, *LINEAR)
    for place, variable in enumerate(model.variables):
        if "seed_generator" not in variable.path:
            value = 0.3 * normal(place, *variable.shape)
            positive = "variance" in variable.path or "gamma" in variable.path
            variable.assign(1.0 + abs(value) if positive else value)
    trainer = Trainer(model, keras.optimizers.SGD(0.5), objective(model), 1.0)
    for step in range(2):
        trainer.step_number = step
        terms = trainer.step(BATCH, 0.5, guided_weight=1.0, factor=(2,))
    numbers = {f"terms/{name}": [float(x)] for name, x in numpy_of(terms).items()}
    for place, (name, array) in enumerate(sorted(trainer.arrays().items())):
        if name.startswith("model/") and array.dtype == np.float32:
            array = array.ravel().astype(float)
            direction = np.random.default_rng(place).normal(size=array.size)
            numbers[name] = [np.linalg.norm(array), array @ direction]
    return numbers


def test_two_steps_from_the_same_weights_give_the_same_numbers():
    found, expected = two_steps(), json.loads(FILE.read_text("utf-8"))
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        scale = max(1.0, *map(abs, values))
        np.testing.assert_allclose(
            found[name], values, rtol=0, atol=5e-5 * scale, err_msg=name
        )


if __name__ == "__main__":
    rounded = {n: [float(f"{x:.7g}") for x in v] for n, v in two_steps().items()}
    lines = (f"{json.dumps(name)}: {values}" for name, values in rounded.items())
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
