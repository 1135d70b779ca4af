"""Generate on the CPU, by the compiled program of `kernels`.

A state is worked on by one thread, and as many states as there are cores at the same
time. A single stream needs each weight once a sample, for old taps once for several
samples, and goes as fast as weights can be read; beside others it shares them.
"""

import os
from collections.abc import Sequence

import numpy as np

from moksori.wavenet.engines.cpu import kernels, packing
from moksori.wavenet.export import Weights

# Streams of one state: so many fill the tiles of a product, and with more the pasts and
# the conditioning leave less room for weights in the cache.
_BATCH_SIZE = 8
# Multiplications of a chunk, a fraction of a second's.
_CHUNK = 5e9


class CpuEngine:
    """An engine as in `wavenet.sampler.Engine`.

    `precision` is that of the numbers in products, `float32` or `bfloat16`; sums are
    float32 in both. `workers` threads may run states of their own at the same time, by
    default as many as there are cores. The first run of a precision compiles for some
    seconds, unless an earlier process has.
    """

    def __init__(
        self, weights: Weights, precision: str = "float32", workers: int | None = None
    ):
        if precision not in packing.PRECISIONS:
            known = " or ".join(packing.PRECISIONS)
            raise ValueError(f"precision must be {known}, not {precision}")
        if workers is not None and workers < 1:
            raise ValueError(f"workers must be at least 1, not {workers}")
        self.batch_size = _BATCH_SIZE
        self.workers = workers or len(os.sched_getaffinity(0))
        self._network = packing.pack(weights, precision)
        w = weights
        arrays = (w.filter_gate, w.res_skip, w.post1, w.post2)
        self._products = sum(array.size for array in arrays)

    def chunk(self, streams: int) -> int:
        """Return the steps that so many streams take a fraction of a second for."""
        return max(1, int(_CHUNK / (self._products * streams)))

    def begin(self, streams: int) -> packing.State:
        """Return a state of streams, each before its first sample."""
        return packing.begin(self._network, streams)

    def select(
        self, state: packing.State, streams: Sequence[int | None]
    ) -> packing.State:
        """Return a state of some streams of another, and of new ones for None."""
        return packing.select(self._network, state, streams)

    def run(
        self,
        state: packing.State,
        gates: np.ndarray,
        positions: np.ndarray,
        uniforms: np.ndarray,
        temperature: float = 1.0,
    ) -> tuple[packing.State, np.ndarray]:
        """Generate the next steps of every stream, [B, T, M].

        Arguments as in `wavenet.sampler.Engine`. Other threads of Python run meanwhile.
        Raises `ValueError` for shapes that do not fit each other.
        """
        network = self._network
        streams, steps, bands, _ = uniforms.shape
        layers, frames = len(network.dilations), gates.shape[1]
        hop, width = network.phases.shape
        if gates.shape[::2] != (streams, layers) or len(state.last) != streams:
            raise ValueError(f"gates {gates.shape} do not fit {streams} streams")
        if bands != network.bands:
            raise ValueError(f"uniforms of {bands} bands, expected {network.bands}")
        last = (positions.max() + steps - 1) // hop + width
        if positions.min() < 0 or last > frames:
            raise ValueError(f"{frames} frames of gates do not reach over the chunk")
        signal = np.empty((streams, steps, bands), np.float32)
        kernels.generate(
            network,
            state,
            np.ascontiguousarray(gates, np.float32),
            np.ascontiguousarray(positions, np.int64),
            np.ascontiguousarray(uniforms, np.float32),
            np.float32(temperature),
            signal,
        )
        return state, signal
