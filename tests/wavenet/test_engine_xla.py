"""The accelerator engine against the reference; the same tests on both backends."""

import numpy as np
import pytest

from moksori.wavenet.distributions import Categorical, Gaussian, LogisticMixture
from moksori.wavenet.engines.xla import XlaEngine
from tests.wavenet import made

pytestmark = pytest.mark.backend

FRAMES = 220


def conditions(network, streams: int, steps: int):
    """Gates, uniforms, and positions in whole frames: every stream begins elsewhere."""
    random = np.random.default_rng(1)
    gates = [made.conditioning(network, FRAMES, seed) for seed in range(streams)]
    uniforms = random.random((streams, steps, network.bands, 2), np.float32)
    return np.stack(gates), uniforms, network.hop * np.arange(streams)


def expected(network, gates, uniforms, position, temperature=1.0) -> np.ndarray:
    """The reference of one stream, whose first sample is at `position` of its gates."""
    stretch = gates[position // network.hop :]
    return made.Reference(network).run(stretch, uniforms, temperature)


@pytest.mark.parametrize(
    ("distribution", "kernel", "bands"),
    [
        (Categorical(), 2, 1),
        (LogisticMixture(4), 3, 1),
        (Gaussian(), 3, 1),
        (Gaussian(), 1, 1),
        (LogisticMixture(1), 3, 4),
        (Gaussian(), 2, 4),
    ],
    ids=[
        "categorical",
        "logistic",
        "gaussian",
        "gaussian without past",
        "4 bands, logistic",
        "4 bands, gaussian",
    ],
)
def test_the_signal_is_that_of_the_reference(distribution, kernel, bands):
    network = made.weights(distribution=distribution, kernel=kernel, bands=bands)
    gates, uniforms, positions = conditions(network, 3, 2000)
    engine = XlaEngine(network)
    _, found = engine.run(engine.begin(3), gates, positions, uniforms, 0.8)
    assert found.shape == (3, 2000, bands)
    assert found.dtype == np.float32
    streams = zip(gates, uniforms, positions, strict=True)
    reference = [expected(network, *stream, 0.8) for stream in streams]
    assert np.std(reference) > 0.1
    np.testing.assert_allclose(found, reference, atol=1e-3)


@pytest.fixture(scope="module", params=[1, 4], ids=["1 band", "4 bands"])
def network(request):
    return made.weights(distribution=Gaussian(), kernel=3, bands=request.param)


@pytest.fixture(scope="module")
def engine(network):
    return XlaEngine(network, batch_size=4)


def test_chunks_of_any_size_are_the_whole(engine, network):
    chunk = engine.chunk(4)
    assert 32 < chunk < 1900
    gates, uniforms, positions = conditions(network, 4, 2000)
    _, whole = engine.run(engine.begin(4), gates, positions, uniforms, 1.0)
    state, done = engine.begin(4), 0
    for size in [1, 31, 33, 2, chunk, 1933 - chunk]:
        part = uniforms[:, done : done + size]
        state, heard = engine.run(state, gates, positions + done, part, 1.0)
        np.testing.assert_allclose(heard, whole[:, done : done + size], atol=1e-4)
        done += size
    assert done == 2000


def test_streams_come_and_go(engine, network):
    """Each goes on as if it were alone, wherever it is placed and whoever is beside."""
    gates, uniforms, positions = conditions(network, 6, 253)
    state, signals = engine.begin(3), [np.zeros((0, network.bands))] * 6
    for kept, order, samples in [
        (None, [0, 1, 2], 103),
        # More streams than a batch, in another order, and one that is not taken along.
        ([None, 2, None, 0, None], [3, 2, 4, 0, 5], 50),
        ([3, 4], [0, 5], 100),
    ]:
        if kept:
            state = engine.select(state, kept)
        done = np.array([len(signals[b]) for b in order])
        part = [uniforms[b, t : t + samples] for b, t in zip(order, done, strict=True)]
        state, heard = engine.run(
            state, gates[order], positions[order] + done, np.stack(part), 1.0
        )
        for b, signal in zip(order, heard, strict=True):
            signals[b] = np.concatenate([signals[b], signal])
    assert [len(signal) for signal in signals] == [253, 103, 153, 50, 50, 150]
    for b, signal in enumerate(signals):
        part = uniforms[b, : len(signal)]
        reference = expected(network, gates[b], part, positions[b])
        np.testing.assert_allclose(signal, reference, atol=1e-3)


def test_new_weights_are_not_compiled_again(engine, network):
    new = made.weights(5, distribution=Gaussian(), kernel=3, bands=network.bands)
    other = XlaEngine(new, batch_size=4)
    assert other._generate is engine._generate
    gates, uniforms, positions = conditions(network, 4, 40)
    signals = [
        each.run(each.begin(4), gates, positions, uniforms, 1.0)[1]
        for each in (engine, other)
    ]
    assert np.abs(signals[0] - signals[1]).max() > 0.1


def test_what_does_not_fit_is_refused(engine, network):
    gates, uniforms, positions = conditions(network, 3, FRAMES * network.hop)
    with pytest.raises(ValueError, match="reach"):
        engine.run(engine.begin(3), gates, positions, uniforms, 1.0)
    with pytest.raises(ValueError, match="reach"):
        engine.run(engine.begin(3), gates, positions - 1, uniforms[:, :9], 1.0)
    with pytest.raises(ValueError, match=f"3 bands, expected {network.bands}"):
        engine.run(engine.begin(3), gates, positions, uniforms[:, :9, [0, 0, 0]], 1.0)
    with pytest.raises(ValueError, match="fit"):
        engine.run(engine.begin(3), gates[:2], positions, uniforms[:, :9], 1.0)
    with pytest.raises(ValueError, match="fit"):
        engine.run(engine.begin(5), gates, positions, uniforms[:, :9], 1.0)
