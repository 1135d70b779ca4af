"""From mel spectrograms to the samples of a signal: what every engine does, and how.

An engine runs many streams side by side, a chunk of samples at a time. It knows no
utterances: `Engine` below is all it has to offer. Which stretch of which utterance a
stream is, when it is replaced, and how stretches are joined is the sampler's business.

Legend: B streams, T samples of a chunk, F frames, L layers, G gate channels, n frames
of context on either side, hop samples a frame.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from moksori.wavenet.export import Weights
from moksori.wavenet.folding import Folding, Piece, cut, join
from moksori.wavenet.jobs import Job, Lane

_ENGINES = ("auto", "cpu", "xla")
# How often progress is told, and a wish to stop is heard.
_SECONDS = 0.1


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
    how many states may be run at the same time by as many threads. Any B and T work,
    but an engine that compiles for a shape may pad them.

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
    numbers = np.empty((count, 2), np.float32)
    numbers[:, 0] = words >> np.uint64(40)
    numbers[:, 1] = words << np.uint64(24) >> np.uint64(40)
    return numbers * np.float32(2.0**-24)


class Sampler:
    """Signals of mels, by a network as it is when the sampler is built.

    `engine` is `cpu`, `xla`, `auto` (`xla` where the Keras backend has an accelerator)
    or an engine itself; `precision` (`float32` or `bfloat16`) and `workers` (threads,
    by default one a core) concern the CPU engine. `folding` says how long utterances
    are cut into pieces that are generated together; None generates all of them whole.

    Equal seeds give equal signals, each utterance by its place in the list, and those
    that are not folded whatever is generated beside them.
    """

    def __init__(
        self,
        network: Network,
        engine: str | Engine = "auto",
        precision: str = "float32",
        workers: int | None = None,
        folding: Folding | None = Folding(),  # noqa: B008, it is frozen
    ):
        weights = network.export()
        self.network, self.folding = network, folding
        self.engine = (
            _engine(engine, weights, precision, workers)
            if isinstance(engine, str)
            else engine
        )
        self._hop, self._context = weights.hop, weights.context

    def generate(
        self,
        mels: Sequence[np.ndarray],
        speaker: int | Sequence[int] = 0,
        seed: int = 0,
        temperature: float = 1.0,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[np.ndarray]:
        """Signals, float32 [F * hop] each, of mels [F, M] spoken by `speaker`.

        `progress(done, total)` counts samples, some times a second; what it raises,
        or Ctrl-C, ends generation within a fraction of a second. A temperature below
        1 makes likely samples likelier.
        """
        speakers = [speaker] * len(mels) if np.ndim(speaker) == 0 else speaker
        if len(speakers) != len(mels):
            raise ValueError(f"{len(mels)} mels, but {len(speakers)} speakers")
        _check_temperature(temperature)
        cuts = self._cuts(mels)
        job = Job(cuts, lambda i: self.network.frame_gates(mels[i], int(speakers[i])))
        self._run(job, seed, temperature, progress, self._hop * sum(map(len, mels)))
        return [
            join(pieces, [job.signals[piece] for piece in pieces]) for pieces in cuts
        ]

    def stream(
        self,
        mel: np.ndarray,
        speaker: int = 0,
        seed: int = 0,
        temperature: float = 1.0,
        chunk_samples: int = 2400,
    ) -> Iterator[np.ndarray]:
        """The signal of one mel [F, M], in chunks as soon as they are generated.

        Together they are what `generate([mel], ...)` gives without folding.
        """
        _check_temperature(temperature)
        if chunk_samples < 1:
            raise ValueError(f"chunk_samples must be at least 1, not {chunk_samples}")
        total = len(mel) * self._hop
        if total == 0:
            return
        gates = self.network.frame_gates(mel, speaker)
        lane = Lane(Piece(0, 0, 0, total), gates)
        state = self.engine.begin(1)
        while lane.at < total:
            samples = min(chunk_samples, total - lane.at)
            state = self._advance(state, [lane], samples, seed, temperature)
            yield lane.kept.pop()

    def _cuts(self, mels) -> list[list[Piece]]:
        """The pieces of every utterance, none for an empty one."""
        counts, warm_up, quiet = [1] * len(mels), 0, 0.0
        if self.folding is not None:
            field, engine = self.network.receptive_field, self.engine
            warm_up = self.folding.warm_up_samples(field)
            quiet = self.folding.quiet
            lengths, lanes = [len(mel) for mel in mels], engine.lanes * engine.states
            counts = self.folding.pieces(lengths, self._hop, field, lanes)
        return [
            cut(i, mel, counts[i], self._hop, warm_up, quiet) if len(mel) else []
            for i, mel in enumerate(mels)
        ]

    def _run(self, job, seed, temperature, progress, total) -> None:
        """Work a job off with threads; this one waits, and tells of progress."""
        waiting = len(job.waiting)
        if not waiting:
            return
        count = min(self.engine.states, waiting)
        lanes = min(self.engine.lanes, -(-waiting // count))
        threads = [
            threading.Thread(
                target=self._work, args=(job, lanes, seed, temperature), daemon=True
            )
            for _ in range(count)
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(_SECONDS)
                    if progress is not None:
                        progress(round(total * job.share_done), total)
        finally:
            job.stop.set()
            for thread in threads:
                thread.join()
        if job.error is not None:
            raise job.error

    def _work(self, job, count, seed, temperature) -> None:
        """One thread: a state whose streams are replaced as their pieces end."""
        lanes, state = [], None
        try:
            while not job.stop.is_set():
                left = [i for i, lane in enumerate(lanes) if not lane.ended]
                ended = [lane for lane in lanes if lane.ended]
                new = job.take(ended, count - len(left))
                if not left and not new:
                    return
                if not left:
                    state = self.engine.begin(len(new))
                elif ended or new:
                    state = self.engine.select(state, [*left, *[None] * len(new)])
                lanes = [*(lanes[i] for i in left), *new]
                longest = max(lane.piece.end - lane.at for lane in lanes)
                samples = min(self.engine.chunk(len(lanes)), longest)
                state = self._advance(state, lanes, samples, seed, temperature)
                job.count(sum(lane.advanced for lane in lanes))
        except BaseException as error:
            job.fail(error)

    def _advance(self, state, lanes, samples, seed, temperature):
        """Generate the next samples of every lane; the state after them."""
        frames = (samples + self._hop - 2) // self._hop + 1 + 2 * self._context
        begins = np.array([lane.at // self._hop for lane in lanes])
        gates = np.stack(
            [
                # Past its last frame a lane only waits for others.
                lane.gates.take(range(begin, begin + frames), axis=0, mode="clip")
                for lane, begin in zip(lanes, begins, strict=True)
            ]
        )
        numbers = np.stack(
            [uniforms(seed, lane.piece.utterance, lane.at, samples) for lane in lanes]
        )
        positions = np.array([lane.at for lane in lanes]) - begins * self._hop
        state, signal = self.engine.run(state, gates, positions, numbers, temperature)
        for lane, row in zip(lanes, signal, strict=True):
            lane.put(row)
        return state


def _engine(name: str, weights: Weights, precision: str, workers) -> Engine:
    if name not in _ENGINES:
        raise ValueError(f"no engine {name}: {', '.join(_ENGINES)}")
    if name == "auto":
        import keras

        devices = keras.distribution.list_devices()
        name = "cpu" if all(d.startswith("cpu") for d in devices) else "xla"
    if name == "xla":
        from moksori.wavenet.engines.xla import XlaEngine

        return XlaEngine(weights)
    from moksori.wavenet.engines.cpu.engine import CpuEngine

    return CpuEngine(weights, precision, workers)


def _check_temperature(temperature: float) -> None:
    if not temperature >= 0:
        raise ValueError(f"temperature must not be negative, not {temperature}")
