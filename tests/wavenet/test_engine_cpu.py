"""The CPU engine against the reference."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from moksori.wavenet.distributions import Categorical, Gaussian, LogisticMixture
from moksori.wavenet.engines.cpu.engine import CpuEngine
from tests.wavenet import made

ROOT = Path(__file__).parents[2]
FRAMES = 220
# Generates as `test_other_processors_agree` does, on the processor it is told of.
ELSEWHERE = """
import sys
import numpy as np
from tests.wavenet import test_engine_cpu as here
np.save(sys.argv[1], here.in_bfloat16())
"""


def conditions(network, streams: int, steps: int):
    """Gates, uniforms, and positions in whole frames: every stream begins elsewhere."""
    random = np.random.default_rng(1)
    gates = [made.conditioning(network, FRAMES, seed) for seed in range(streams)]
    uniforms = random.random((streams, steps, network.bands, 2), np.float32)
    return np.stack(gates), uniforms, network.hop * np.arange(streams)


def reference(network, gates, uniforms, positions, temperature=1.0) -> np.ndarray:
    return np.stack(
        [
            made.Reference(network).run(g[p // network.hop :], u, temperature)
            for g, u, p in zip(gates, uniforms, positions, strict=True)
        ]
    )


@pytest.mark.parametrize(
    "sizes",
    [
        {"distribution": Categorical(), "kernel": 2},
        {"distribution": LogisticMixture(4), "kernel": 3},
        {"distribution": Gaussian(), "kernel": 3},
        {"distribution": Gaussian(), "kernel": 1},
        {"distribution": LogisticMixture(1), "kernel": 3, "bands": 4},
        {"distribution": LogisticMixture(3), "kernel": 3, "bands": 2},
        {"distribution": Gaussian(), "kernel": 2, "bands": 4},
        # No size is a multiple of what a vector holds.
        {"kernel": 3, "residual": 13, "gate": 22, "skip": 19, "hop": 7},
    ],
    ids=[
        "categorical",
        "logistic",
        "gaussian",
        "no past",
        "4 bands, logistic",
        "2 bands, mixture",
        "4 bands, gaussian",
        "odd sizes",
    ],
)
def test_the_signal_is_that_of_the_reference(sizes):
    network = made.weights(**sizes)
    gates, uniforms, positions = conditions(network, 2, 2000)
    gates = np.pad(gates, ((0, 0), (0, 100), (0, 0), (0, 0)))
    engine = CpuEngine(network)
    _, found = engine.run(engine.begin(2), gates, positions, uniforms, 0.8)
    expected = reference(network, gates, uniforms, positions, 0.8)
    assert np.std(expected) > 0.05
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.fixture(scope="module", params=[1, 4], ids=["1 band", "4 bands"])
def network(request):
    return made.weights(distribution=Gaussian(), kernel=3, bands=request.param)


def test_neither_neighbours_nor_chunks_change_a_bit(network):
    gates, uniforms, positions = conditions(network, 9, 500)
    engine = CpuEngine(network)
    _, together = engine.run(engine.begin(9), gates, positions, uniforms)
    state, done = engine.begin(1), 0
    for size in (1, 2, 61, 400, 36):
        part = uniforms[4:5, done : done + size]
        at = positions[4:5] + done
        state, alone = engine.run(state, gates[4:5], at, part)
        np.testing.assert_array_equal(alone[0], together[4, done : done + size])
        done += size


def test_streams_come_and_go(network):
    gates, uniforms, _ = conditions(network, 3, 300)
    start = np.zeros(3, np.int64)
    engine = CpuEngine(network)
    _, whole = engine.run(engine.begin(3), gates, start, uniforms)
    state, first = engine.run(engine.begin(2), gates[:2], start[:2], uniforms[:2, :120])
    state = engine.select(state, [None, 1])
    order, at = [2, 1], np.array([0, 120])
    rows = [uniforms[2, :180], uniforms[1, 120:]]
    _, second = engine.run(state, gates[order], at, np.stack(rows))
    np.testing.assert_array_equal(first, whole[:2, :120])
    np.testing.assert_array_equal(second, [whole[2, :180], whole[1, 120:]])


def test_bfloat16_is_close(network):
    """Followed by what it makes itself, so differences are allowed to add up."""
    gates, uniforms, positions = conditions(network, 4, 400)
    signals = []
    for precision in ("float32", "bfloat16"):
        engine = CpuEngine(network, precision)
        signals.append(engine.run(engine.begin(4), gates, positions, uniforms)[1])
    error = np.abs(signals[0] - signals[1])
    assert 0 < error.mean() < 0.05 * np.std(signals[0])


def in_bfloat16() -> np.ndarray:
    network = made.weights(distribution=Gaussian(), kernel=3)
    gates, uniforms, positions = conditions(network, 3, 100)
    engine = CpuEngine(network, "bfloat16")
    return engine.run(engine.begin(3), gates, positions, uniforms)[1]


@pytest.mark.program
def test_other_processors_agree(tmp_path):
    """One without instructions for bfloat16, or vectors of more than 8 floats.

    Pairs of products may be rounded together or one after the other.
    """
    features = "+sse4.2,+avx,+avx2,+fma"
    told = {
        "NUMBA_CPU_NAME": "haswell",
        "NUMBA_CPU_FEATURES": features,
        "NUMBA_CACHE_DIR": str(tmp_path),
    }
    command = [sys.executable, "-c", ELSEWHERE, str(tmp_path / "signal.npy")]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **told}, check=True)
    found = np.load(tmp_path / "signal.npy")
    np.testing.assert_allclose(found, in_bfloat16(), atol=1e-3)


def test_what_does_not_fit_is_refused(network):
    gates, uniforms, positions = conditions(network, 2, 50)
    engine = CpuEngine(network)
    with pytest.raises(ValueError, match="do not fit 2 streams"):
        engine.run(engine.begin(2), gates[:1], positions, uniforms)
    with pytest.raises(ValueError, match=f"3 bands, expected {network.bands}"):
        engine.run(engine.begin(2), gates, positions, uniforms[:, :, [0, 0, 0]])
    with pytest.raises(ValueError, match="do not reach"):
        engine.run(engine.begin(2), gates[:, :5], positions, uniforms)
    with pytest.raises(ValueError, match="float32 or bfloat16"):
        CpuEngine(network, "float16")
    with pytest.raises(ValueError, match="workers"):
        CpuEngine(network, workers=0)
