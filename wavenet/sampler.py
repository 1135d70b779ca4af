"""From mel spectrograms to the samples of a signal: what every engine does, and how.

An engine runs many streams side by side, a chunk of samples at a time. It knows no
utterances: `Engine` below is all it has to offer. Which stretch of which utterance a
stream is, when it is replaced, and how stretches are joined is the sampler's business.

Legend: B streams, T samples of a chunk, F frames, L layers, G gate channels, n frames
of context on either side, hop samples a frame.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from wavenet.export import Weights


class Network(Protocol):
    """What a sampler asks of a network."""

    receptive_field: int

    def export(self) -> Weights:
        """The weights as they are now."""

    def frame_gates(self, mels: np.ndarray, speaker: int) -> np.ndarray:
        """Mels [F, M] as the conditioning P [F + 2n, L, G] of `Weights`, no bias."""


class Engine(Protocol):
    """Generates chunks; built from `Weights`.

    `lanes` is how many streams one state should hold for the best throughput, `states`
    how many states may be run at the same time by as many threads, and `chunk` the
    number of samples T a `run` should be asked for with so many streams. Any B and T
    work, but an engine that compiles for a shape may pad them.

    A state is opaque and belongs to one thread; what an engine is given back it may
    overwrite, so a state is used once.
    """

    lanes: int
    states: int

    def chunk(self, streams: int) -> int:
        """Samples T for which a `run` of `streams` takes a fraction of a second."""

    def begin(self, streams: int) -> Any:
        """A state of B streams, each before its first sample."""

    def select(self, state: Any, streams: Sequence[int | None]) -> Any:
        """A state of `len(streams)` streams: each is the stream of that number in
        `state`, as it is, or for None a new one before its first sample."""

    def run(
        self,
        state: Any,
        gates: np.ndarray,
        positions: np.ndarray,
        uniforms: np.ndarray,
        temperature: float,
    ) -> tuple[Any, np.ndarray]:
        """The next T samples of every stream, and the state after them.

        gates float32 [B, F + 2n, L, G] is a stretch of each stream's P: sample i of
        the chunk is at p = positions[b] + i of that stretch, and its conditioning is
        sum_j phases[p % hop, j] * gates[b, p // hop + j]; positions int64 [B] are at
        least 0, and positions + T at most F * hop. uniforms float32 [B, T, 2] are in
        [0, 1). Returns the signal, float32 [B, T], in [-1, 1].
        """


def uniforms(seed: int, stream: int, start: int, count: int) -> np.ndarray:
    """Random numbers in [0, 1) for samples `start` to `start + count`: [count, 2].

    They are a function of seed, stream and absolute position alone, whatever is asked
    for in between (Philox, a counter through a keyed bijection: Salmon et al. 2011,
    "Parallel random numbers: as easy as 1, 2, 3"). float32, multiples of 2 ** -24.
    """
    block, skipped = divmod(start, 4)
    key = np.array([seed, stream], np.uint64)
    philox = np.random.Philox(key=key, counter=block)
    words = philox.random_raw(skipped + count)[skipped:]
    halves = np.stack([words >> np.uint64(40), words << np.uint64(24) >> np.uint64(40)])
    return (halves.T * np.float64(2.0**-24)).astype(np.float32)
