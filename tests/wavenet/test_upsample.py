"""Sample rate from frame rate: all stages as one are the stages one after another."""

import numpy as np
import pytest
from keras import ops

from moksori.wavenet.upsample import Upsample

pytestmark = pytest.mark.backend

FACTORS = [(5,), (2, 3), (3, 2), (2, 2, 3)]


def upsample(factors, seed=None) -> Upsample:
    """As training begins, or with random weights."""
    layer = Upsample(factors)
    if seed is not None:
        random = np.random.default_rng(seed)
        for stage in layer.stages:
            stage.assign(random.normal(size=stage.shape))
    return layer


def frames(count: int, channels: int = 3) -> np.ndarray:
    random = np.random.default_rng(count)
    return random.normal(size=(2, count, channels)).astype(np.float32)


def one_by_one(layer: Upsample, x: np.ndarray) -> np.ndarray:
    """Each stage as a loop over its phases; x [B, F + 2n, C] -> [B, F * hop, C]."""
    count, ahead = x.shape[1] - 2 * layer.context, layer.context
    for stage, factor in zip(layer.stages, layer.factors, strict=True):
        weights, inner = ops.convert_to_numpy(stage), x.shape[1] - 2
        out = np.zeros((x.shape[0], inner, factor, x.shape[2]))
        for phase in range(factor):
            for j in range(3):
                out[:, :, phase] += weights[phase, j] * x[:, j : j + inner]
        x = out.reshape(x.shape[0], inner * factor, x.shape[2])
        # Each stage uses up one frame of its own rate on either side.
        ahead = (ahead - 1) * factor
    return x[:, ahead : ahead + count * layer.hop_length]


@pytest.mark.parametrize("factors", FACTORS)
def test_it_begins_as_repetition(factors):
    layer, x = upsample(factors), frames(4 + 2 * len(factors))
    found = ops.convert_to_numpy(layer(x))
    inner = x[:, len(factors) : -len(factors)]
    np.testing.assert_array_equal(found, np.repeat(inner, layer.hop_length, axis=1))


@pytest.mark.parametrize("factors", FACTORS)
def test_all_stages_as_one_are_one_after_another(factors):
    layer, x = upsample(factors, seed=1), frames(4 + 2 * len(factors))
    found = ops.convert_to_numpy(layer(x))
    assert found.shape == (2, 4 * np.prod(factors), 3)
    np.testing.assert_allclose(found, one_by_one(layer, x), atol=1e-5)


@pytest.mark.parametrize("factors", FACTORS)
def test_phases_weigh_the_frames_around(factors):
    """Without the layer: a sample's row of the table, times the frames around it."""
    layer, x = upsample(factors, seed=2), frames(3 + 2 * len(factors))
    table = ops.convert_to_numpy(layer.phases())
    assert table.shape == (layer.hop_length, 2 * len(factors) + 1)
    found = ops.convert_to_numpy(layer(x))
    for t in range(found.shape[1]):
        frame, phase = divmod(t, layer.hop_length)
        around = x[:, frame : frame + table.shape[1]]
        expected = np.einsum("j,bjc->bc", table[phase], around)
        np.testing.assert_allclose(found[:, t], expected, atol=1e-5)


def test_the_hop_is_the_product():
    layer = upsample((12, 25))
    assert (layer.hop_length, layer.context) == (300, 2)
    assert [tuple(stage.shape) for stage in layer.stages] == [(12, 3), (25, 3)]


def test_half_precision_is_the_callers_choice():
    layer, x = upsample((2, 3), seed=1), frames(8)
    found = layer(x, dtype="bfloat16")
    assert found.dtype == "bfloat16"
    exact = one_by_one(layer, x)
    found = ops.convert_to_numpy(ops.cast(found, "float32"))
    np.testing.assert_allclose(found, exact, atol=0.02 * np.abs(exact).max())
