"""The accelerator engine against plain loops in numpy; the same on both backends."""

import numpy as np
import pytest

from wavenet.distributions import Categorical, Gaussian, LogisticMixture
from wavenet.engine_xla import XlaEngine
from wavenet.export import Weights

HOP, CONTEXT = 12, 2


def weights(distribution, kernel=2, seed=0) -> Weights:
    random = np.random.default_rng(seed)
    layers, residual, gate, skip = 4, 8, 12, 10

    def normal(*shape, gain=1.0):
        return (gain * random.normal(size=shape)).astype(np.float32)

    embedding = normal(256, residual) if distribution.channels == 256 else None
    affine = [None, None] if embedding is not None else normal(2, residual)
    return Weights(
        embedding=embedding,
        scale=affine[0],
        offset=affine[1],
        gate=normal(layers, kernel, residual, gate, gain=0.4),
        gate_bias=normal(layers, gate, gain=0.1),
        mix=normal(layers, gate // 2, residual + skip, gain=0.4),
        mix_bias=normal(layers, residual + skip, gain=0.1),
        head1=normal(skip, skip, gain=0.4),
        head1_bias=normal(skip, gain=0.1),
        head2=normal(skip, distribution.channels, gain=0.4),
        head2_bias=normal(distribution.channels, gain=0.1),
        phases=normal(HOP, 2 * CONTEXT + 1, gain=0.4),
        dilations=(1, 2, 4, 1),
        distribution=distribution,
    )


def conditions(streams: int, samples: int, seed: int = 1):
    """Gates, positions and uniforms of a run: every stream begins elsewhere."""
    random = np.random.default_rng(seed)
    frames = samples // HOP + 4
    gates = random.normal(size=(streams, frames + 2 * CONTEXT, 4, 12))
    positions = random.integers(0, 2 * HOP, streams)
    uniforms = random.random((streams, samples, 2), np.float32)
    return (0.5 * gates).astype(np.float32), positions, uniforms


def plain(weights, gates, position, uniforms, temperature) -> np.ndarray:
    """One stream in double precision, straight from the words of `Weights`."""
    w, half = weights, weights.gates // 2
    past = np.zeros((w.layers, len(uniforms), w.residual))
    signal, value = np.zeros(len(uniforms)), 0.0
    for t, numbers in enumerate(uniforms):
        frame, phase = divmod(position + t, w.hop)
        taps = w.phases.shape[1]
        conditioning = np.einsum("j,jlg->lg", w.phases[phase], gates[frame:][:taps])
        if w.embedding is None:
            h = value * w.scale + w.offset
        else:
            h = w.embedding[int(np.rint(value * 127)) + 128]
        skips = 0.0
        for layer, dilation in enumerate(w.dilations):
            past[layer, t] = h
            a = w.gate_bias[layer] + conditioning[layer]
            for j in range(w.kernel):
                when = t - (w.kernel - 1 - j) * dilation
                if when >= 0:
                    a = a + past[layer, when] @ w.gate[layer, j]
            z = np.tanh(a[:half]) / (1 + np.exp(-a[half:]))
            mixed = z @ w.mix[layer] + w.mix_bias[layer]
            h, skips = h + mixed[: w.residual], skips + mixed[w.residual :]
        hidden = np.maximum(np.maximum(skips, 0) @ w.head1 + w.head1_bias, 0)
        parameters = hidden @ w.head2 + w.head2_bias
        value = drawn(w.distribution, parameters, numbers, temperature)
        signal[t] = value
    return signal


def drawn(distribution, parameters, numbers, temperature) -> float:
    first, second = map(float, numbers)
    if isinstance(distribution, Categorical):
        mass = np.exp(parameters / temperature)
        chosen = np.argmax(np.cumsum(mass) > first * mass.sum())
        return max((chosen - 128) / 127, -1)
    if isinstance(distribution, Gaussian):
        mean, log_scale = parameters
        place = np.sqrt(-2 * np.log(first)) * np.cos(2 * np.pi * second)
    else:
        logits, means, log_scales = np.split(parameters, 3)
        mass = np.exp(logits)
        chosen = np.argmax(np.cumsum(mass) > first * mass.sum())
        mean, log_scale = means[chosen], log_scales[chosen]
        place = np.log(second) - np.log(1 - second)
    return np.clip(mean + temperature * np.exp(max(log_scale, -9)) * place, -1, 1)


@pytest.mark.parametrize(
    ("distribution", "kernel"),
    [(Categorical(), 2), (LogisticMixture(4), 3), (Gaussian(), 3), (Gaussian(), 1)],
    ids=["categorical", "logistic", "gaussian", "gaussian without past"],
)
def test_the_signal_is_that_of_plain_loops(distribution, kernel):
    network = weights(distribution, kernel)
    gates, positions, uniforms = conditions(3, 2000)
    engine = XlaEngine(network)
    _, found = engine.run(engine.begin(3), gates, positions, uniforms, 0.8)
    assert found.shape == (3, 2000)
    assert found.dtype == np.float32
    assert found.std() > 0.1
    streams = zip(gates, positions, uniforms, strict=True)
    expected = [plain(network, *stream, 0.8) for stream in streams]
    np.testing.assert_allclose(found, expected, atol=1e-3)


def run_in(engine, state, sizes, gates, positions, uniforms):
    """Several runs, one after another -> (state, signal)."""
    done, heard = 0, []
    for size in sizes:
        part = uniforms[:, done : done + size]
        state, signal = engine.run(state, gates, positions + done, part, 1.0)
        done, heard = done + size, [*heard, signal]
    return state, np.concatenate(heard, axis=1)


@pytest.fixture(scope="module")
def engine():
    return XlaEngine(weights(Gaussian(), kernel=3), lanes=4)


def test_chunks_of_any_size_are_the_whole(engine):
    assert engine.chunk(4) > 32
    condition = conditions(4, 700)
    _, whole = run_in(engine, engine.begin(4), [700], *condition)
    sizes = [1, 31, 33, 2, engine.chunk(4), 700 - 67 - engine.chunk(4)]
    _, found = run_in(engine, engine.begin(4), sizes, *condition)
    np.testing.assert_allclose(found, whole, atol=1e-4)


def test_streams_come_and_go(engine):
    """Each goes on as if it were alone, wherever it is placed and whoever is beside."""
    gates, positions, uniforms = conditions(6, 250)
    network = weights(Gaussian(), kernel=3)
    state, signals = engine.begin(3), [np.zeros(0)] * 6
    for kept, order, samples in [
        (None, [0, 1, 2], 100),
        # More streams than lanes, in another order, and one that is not taken along.
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
    assert [len(signal) for signal in signals] == [250, 100, 150, 50, 50, 150]
    for b, signal in enumerate(signals):
        part = uniforms[b, : len(signal)]
        expected = plain(network, gates[b], positions[b], part, 1.0)
        np.testing.assert_allclose(signal, expected, atol=1e-3)


def test_new_weights_are_not_compiled_again(engine):
    other = XlaEngine(weights(Gaussian(), kernel=3, seed=5), lanes=4)
    assert other._generate is engine._generate
    condition = conditions(4, 40)
    signals = [run_in(e, e.begin(4), [40], *condition)[1] for e in (engine, other)]
    assert np.abs(signals[0] - signals[1]).max() > 0.1
