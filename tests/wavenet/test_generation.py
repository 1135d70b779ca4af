"""Engines against the network they were made from, and the plain network alone."""

import numpy as np
import pytest
from keras import ops

from moksori.wavenet.engines.cpu.engine import CpuEngine
from moksori.wavenet.engines.xla import XlaEngine
from moksori.wavenet.sampler import Sampler, uniforms
from tests.wavenet import tiny

pytestmark = pytest.mark.backend

FRAMES = 334
SEED, TEMPERATURE = 5, 0.9


def plainly(network, mel, speaker, steps) -> np.ndarray:
    """The network's own step, again and again: the signal [steps, bands] of one mel."""
    context = network.condition(network.padded(mel)[None], np.array([speaker]))
    rate = ops.convert_to_numpy(network.upsample(context))
    numbers = uniforms(SEED, 0, 0, steps, network.bands)
    buffers, heard = tiny.zero_buffers(network, 1), []
    signal = np.zeros((1, network.bands), np.float32)
    for t in range(steps):
        parameters, buffers = network.step(signal, buffers, rate[:, t])
        drawn = network.distribution.sample(parameters, numbers[t], TEMPERATURE)
        signal = ops.convert_to_numpy(drawn)
        heard.append(signal[0])
    return np.array(heard)


@pytest.mark.parametrize(
    ("distribution", "bands"),
    [*((name, 1) for name in tiny.DISTRIBUTIONS), ("logistic", 4)],
)
def test_engines_and_the_network_say_the_same(distribution, bands):
    deviation = 1.0 if bands == 1 else 0.25
    network = tiny.network(
        distribution=distribution, kernel=3, bands=bands, deviation=deviation
    )
    mel = tiny.spectra(FRAMES, streams=1)[0]
    steps = FRAMES * network.hop_length
    assert steps > 2000
    weights = network.export()
    found = [
        Sampler(network, engine=engine, folding=None).generate(
            [mel], speaker=1, seed=SEED, temperature=TEMPERATURE
        )[0]
        for engine in (CpuEngine(weights), XlaEngine(weights))
    ]
    assert [signal.shape for signal in found] == [(steps, bands)] * 2
    np.testing.assert_allclose(found[0], found[1], atol=1e-3)
    expected = plainly(network, mel, 1, 300)
    assert np.std(expected) > 0.01
    for signal in found:
        np.testing.assert_allclose(signal[:300], expected, atol=1e-3)
    # What the plain network makes of the whole signal is what was drawn from.
    numbers = uniforms(SEED, 0, 0, steps, bands)
    told = network(
        tiny.delayed(found[0][None]), network.padded(mel)[None], np.array([1])
    )
    drawn = network.distribution.sample(told, numbers[None], TEMPERATURE)
    np.testing.assert_allclose(ops.convert_to_numpy(drawn)[0], found[0], atol=1e-3)
