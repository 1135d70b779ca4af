"""The networks that separate: every weight in its place, shapes, what is missing."""

import numpy as np
import pytest

from moksori.covers.unet import BINS, FRAMES, two_stems

pytestmark = pytest.mark.backend

FILTERS = 16, 32, 64, 128, 256, 512
PARTS = "gamma", "beta", "moving_mean", "moving_variance"


def numbered(kind: str, number: int) -> str:
    return f"{kind}_{number}" if number else kind


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    """Weights of the right shapes under the names that Spleeter gave them."""
    rng, made = np.random.default_rng(0), {}

    def convolution(name, *shape, outputs):
        made[f"{name}/kernel"] = rng.normal(0, 0.02, shape).astype("f4")
        made[f"{name}/bias"] = np.zeros(outputs, "f4")

    for net in range(2):
        inputs = (2, *FILTERS[:-1])
        for i, (n, m) in enumerate(zip(inputs, FILTERS, strict=True)):
            convolution(numbered("conv2d", 7 * net + i), 5, 5, n, m, outputs=m)
        convolution(numbered("conv2d", 7 * net + 6), 4, 4, 1, 2, outputs=2)
        up = (*reversed(FILTERS[:-1]), 1)
        for i, (n, m) in enumerate(zip((512, 512, 256, 128, 64, 32), up, strict=True)):
            name = numbered("conv2d_transpose", 6 * net + i)
            convolution(name, 5, 5, m, n, outputs=m)
        for i, n in enumerate((*FILTERS, *up)):
            name = numbered("batch_normalization", 12 * net + i)
            for part in PARTS:
                made[f"{name}/{part}"] = np.full(n, float(part != "moving_mean"), "f4")
    return made


def test_magnitudes_become_those_of_two_stems(weights):
    model = two_stems(weights)
    mix = np.random.default_rng(1).random((1, FRAMES, BINS, 2)).astype("f4")
    stems = [np.asarray(each) for each in model(mix)]
    for stem in stems:
        assert stem.shape == mix.shape
        assert (stem >= 0).all()
        assert (stem <= mix).all()
    assert np.abs(stems[0] - stems[1]).max() > 1e-4
    assert model.count_params() == 19_649_422


def test_a_weight_that_is_missing_or_of_another_shape_is_an_error(weights):
    for change in (
        {"conv2d_7/kernel": np.zeros((5, 5, 2, 8))},
        {"conv2d_13/bias": None},
    ):
        other = {**weights, **change}
        other = {name: value for name, value in other.items() if value is not None}
        with pytest.raises((KeyError, ValueError)):
            two_stems(other)
