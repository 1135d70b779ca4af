"""Both backends compute the same numbers from the same weights.

`two_steps.json` holds the numbers of TensorFlow; this test compares with them under
either backend. `python -m tests.tacotron.test_both_backends` writes the file anew,
after a change that is meant to change the numbers.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.tacotron.made import (
    LINEAR,
    STILL,
    network,
    normal,
    numpy_of,
    plain_trainer,
    uneven,
)

pytestmark = pytest.mark.backend

FILE = Path(__file__).with_name("two_steps.json")


def two_steps(trainer) -> dict[str, list[float]]:
    """The terms of the second of two plain gradient steps, and every array after it as
    its norm and its product with a fixed random direction; the trainer is as before.

    Without noise, which each backend draws in its own way, and from weights that numpy
    draws.
    """
    before = trainer.arrays()
    trainer.assign({n: _drawn(i, n, before[n]) for i, n in enumerate(sorted(before))})
    for _ in range(2):
        terms = trainer.step(uneven(), 0.02, guided_weight=1.0, factor=(2,))
    numbers = {f"terms/{name}": [float(x)] for name, x in numpy_of(terms).items()}
    for place, (name, array) in enumerate(sorted(trainer.arrays().items())):
        if _is_weight(name, array):
            array = array.ravel().astype(float)
            direction = np.random.default_rng(1000 + place).normal(size=array.size)
            numbers[name] = [np.linalg.norm(array), array @ direction]
    trainer.assign(before)
    return numbers


def _drawn(place: int, name: str, array: np.ndarray) -> np.ndarray:
    if not _is_weight(name, array):
        return array
    value = 0.3 * normal(place, *array.shape)
    return 1.0 + abs(value) if "variance" in name or "gamma" in name else value


def _is_weight(name: str, array: np.ndarray) -> bool:
    return name.startswith("model/") and array.dtype == np.float32


def test_two_steps_from_the_same_weights_give_the_same_numbers(still_trainer):
    found, expected = two_steps(still_trainer), json.loads(FILE.read_text("utf-8"))
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        scale = max(1.0, *map(abs, values))
        np.testing.assert_allclose(
            found[name], values, rtol=0, atol=5e-5 * scale, err_msg=name
        )


if __name__ == "__main__":
    found = two_steps(plain_trainer(network(*STILL, *LINEAR)))
    rounded = {n: [float(f"{x:.7g}") for x in v] for n, v in found.items()}
    lines = (f"{json.dumps(name)}: {values}" for name, values in rounded.items())
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
