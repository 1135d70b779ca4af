"""CAM++ as a graph: its boxes against their formulas, the whole on random weights."""

import numpy as np
import pytest

from moksori.speakers.campplus import (
    CAMPPlus,
    ContextAwareMask,
    Graph,
    StatisticsPooling,
    Weights,
    segments,
)
from moksori.speakers.engine import open_session

RANDOM = np.random.default_rng(11)
MELS, CHANNELS, GROWTH, BOTTLENECK = 16, 4, 2, 6
BLOCKS = ((1, 1), (2, 2))


@pytest.fixture(scope="module", autouse=True)
def _installed(speakers_installed):
    pass


def normalisation(prefix: str, channels: int, affine: bool = True) -> dict:
    """Trained statistics of a batch normalisation."""
    names = ("running_mean", "running_var", *(("weight", "bias") if affine else ()))
    return {f"{prefix}.{n}": RANDOM.uniform(0.5, 1.5, channels) for n in names}


def kernel(*shape: int) -> np.ndarray:
    """A kernel that keeps the level of what it convolves."""
    return RANDOM.normal(0, np.prod(shape[1:]) ** -0.5, shape)


def mask_weights(prefix: str, channels: int, outputs: int) -> dict:
    """Weights of a context-aware mask."""
    half = channels // 2
    return {
        f"{prefix}linear_local.weight": kernel(outputs, channels, 3),
        f"{prefix}linear1.weight": kernel(half, channels, 1),
        f"{prefix}linear1.bias": kernel(half),
        f"{prefix}linear2.weight": kernel(outputs, half, 1),
        f"{prefix}linear2.bias": kernel(outputs),
    }


def tiny() -> dict[str, np.ndarray]:
    """Random weights of a network with three dense layers."""
    w = {"head.conv1.weight": kernel(CHANNELS, 1, 3, 3)}
    w |= normalisation("head.bn1", CHANNELS) | normalisation("head.bn2", CHANNELS)
    w["head.conv2.weight"] = kernel(CHANNELS, CHANNELS, 3, 3)
    for block in ("layer1.0", "layer1.1", "layer2.0", "layer2.1"):
        for n in (1, 2):
            w[f"head.{block}.conv{n}.weight"] = kernel(CHANNELS, CHANNELS, 3, 3)
            w |= normalisation(f"head.{block}.bn{n}", CHANNELS)
        if block.endswith("0"):
            w[f"head.{block}.shortcut.0.weight"] = kernel(CHANNELS, CHANNELS, 1, 1)
            w |= normalisation(f"head.{block}.shortcut.1", CHANNELS)
    channels = 8
    w["xvector.tdnn.linear.weight"] = kernel(channels, CHANNELS * MELS // 8, 5)
    w |= normalisation("xvector.tdnn.nonlinear.batchnorm", channels)
    for number, (layers, _) in enumerate(BLOCKS, 1):
        for layer in range(1, layers + 1):
            name = f"xvector.block{number}.tdnnd{layer}."
            w |= normalisation(f"{name}nonlinear1.batchnorm", channels)
            w[f"{name}linear1.weight"] = kernel(BOTTLENECK, channels, 1)
            w |= normalisation(f"{name}nonlinear2.batchnorm", BOTTLENECK)
            w |= mask_weights(f"{name}cam_layer.", BOTTLENECK, GROWTH)
            channels += GROWTH
        name = f"xvector.transit{number}"
        w |= normalisation(f"{name}.nonlinear.batchnorm", channels)
        w[f"{name}.linear.weight"] = kernel(channels // 2, channels, 1)
        channels //= 2
    w |= normalisation("xvector.out_nonlinear.batchnorm", channels)
    w["xvector.dense.linear.weight"] = kernel(5, 2 * channels, 1)
    return w | normalisation("xvector.dense.nonlinear.batchnorm", 5, affine=False)


@pytest.fixture(scope="module")
def encode():
    session = open_session(CAMPPlus(tiny(), MELS, BLOCKS).model())
    return lambda x: session.run(None, {"filterbank": x.astype(np.float32)})[0]


def run_box(build, x: np.ndarray) -> np.ndarray:
    """Return what a box makes of x."""
    graph = Graph()
    y = build(graph, "x")
    model = graph.model("x", [None] * 3, y, None)
    return open_session(model).run(None, {"x": x.astype(np.float32)})[0]


def test_embeddings_are_of_every_length_and_independent_in_a_batch(encode):
    for frames in (5, 28, 199, 200, 201, 450):
        x = RANDOM.normal(0, 1, (3, frames, MELS)) * [[[0.5]], [[1]], [[2]]]
        together = encode(x)
        assert together.shape == (3, 5)
        assert np.ptp(together, axis=0).max() > 1e-3
        alone = np.concatenate([encode(row[None]) for row in x])
        np.testing.assert_allclose(together, alone, atol=1e-5)


def test_the_mask_is_that_of_the_utterance_and_of_the_segment():
    w, frames = mask_weights("", BOTTLENECK, GROWTH), 230
    x = RANDOM.normal(0, 1, (1, BOTTLENECK, frames))
    mask = ContextAwareMask(Weights(w), dilation=2)
    found = run_box(lambda graph, x: mask(graph, x, segments(graph, x)), x)
    padded = np.pad(x[0], ((0, 0), (2, 2)))
    for t in (0, 99, 100, 199, 200, 229):
        taps = padded[:, [t, t + 2, t + 4]]
        local = np.einsum("oik,ik->o", w["linear_local.weight"], taps)
        # The last segment is as long as what is left.
        segment = x[0][:, t // 100 * 100 : (t // 100 + 1) * 100]
        context = x[0].mean(1) + segment.mean(1)
        hidden = w["linear1.weight"][:, :, 0] @ context + w["linear1.bias"]
        gate = w["linear2.weight"][:, :, 0] @ np.maximum(hidden, 0) + w["linear2.bias"]
        expected = local / (1 + np.exp(-gate))
        np.testing.assert_allclose(found[0, :, t], expected, atol=1e-5)


def test_pooling_is_the_mean_and_the_unbiased_deviation():
    x = RANDOM.normal(3, 2, (2, 4, 37))
    found = run_box(StatisticsPooling(), x)
    expected = np.concatenate([x.mean(-1), x.std(-1, ddof=1)], axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_embeddings_may_be_negative(encode):
    # One package puts a rectifier behind the last normalisation, which the network was
    # not trained with: on Korean clips of 3 s that costs half as many errors again.
    assert encode(RANDOM.normal(0, 1, (20, 40, MELS))).min() < 0


def test_weights_of_another_network_are_refused_by_name():
    with pytest.raises(ValueError, match=r"no xvector\.block2\.tdnnd3\."):
        CAMPPlus(tiny(), MELS, ((1, 1), (3, 2))).model()
