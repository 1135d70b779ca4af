"""Generate signals from mel spectrograms with an engine.

An engine runs a batch of streams, a chunk of samples at a time, and knows no
utterances. Which piece of which utterance a stream is, when it is replaced, and how
pieces are joined is decided here.

Legend: B streams, T steps of a chunk, M sub-bands (a step makes one sample of each),
F frames, L layers, G gate channels, n frames of context on either side, hop steps a
frame.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from moksori.wavenet.export import Weights
from moksori.wavenet.folding import Folding, Piece, cut, join
from moksori.wavenet.work_queue import Stream, WorkQueue

_ENGINES = ("auto", "cpu", "xla")
# How often progress is reported, and an interruption noticed.
_SECONDS = 0.1


class Network(Protocol):
    """The part of a network that a sampler uses."""

    receptive_field: int

    def export(self) -> Weights:
        """Export the present weights."""

    def local_conditioning(self, mels: np.ndarray, speaker: int) -> np.ndarray:
        """Condition the gates: mels [F, mels] -> P [F + 2n, L, G] of `Weights`."""


class Engine(Protocol):
    """Generates chunks; built from `Weights`.

    `batch_size` is how many streams one state should hold for the best throughput,
    `workers` how many threads may run states of their own at the same time. Any B and T
    work, but an engine that compiles for a shape may pad them.

    A state is opaque and belongs to one thread; what an engine is given back it may
    overwrite, so a state is used once.
    """

    batch_size: int
    workers: int

    def chunk(self, streams: int) -> int:
        """Return the T for which a `run` of `streams` takes a fraction of a second."""

    def begin(self, streams: int) -> Any:
        """Return a state of B streams, each before its first sample."""

    def select(self, state: Any, streams: Sequence[int | None]) -> Any:
        """Return a state of `len(streams)` streams: each is the stream of that number
        in `state`, as it is, or for None a new one before its first sample."""

    def run(
        self,
        state: Any,
        gates: np.ndarray,
        positions: np.ndarray,
        uniforms: np.ndarray,
        temperature: float,
    ) -> tuple[Any, np.ndarray]:
        """Generate the next T steps of every stream; return the state after them too.

        gates float32 [B, F + 2n, L, G] is a stretch of each stream's P: step i of
        the chunk is at p = positions[b] + i of that stretch, and its conditioning is
        sum_j phases[p % hop, j] * gates[b, p // hop + j]; positions int64 [B] are at
        least 0, and positions + T at most F * hop. uniforms float32 [B, T, M, 2] are
        in [0, 1). Returns the signal, float32 [B, T, M], in [-1, 1].
        """


def uniforms(
    seed: int, stream: int, start: int, count: int, bands: int = 1
) -> np.ndarray:
    """Draw numbers in [0, 1) for steps `start` to `start + count`: [count, bands, 2].

    They are a function of seed, stream and absolute position alone (Philox, a counter
    through a keyed bijection: Salmon et al. 2011, "Parallel random numbers: as easy as
    1, 2, 3"). float32, multiples of 2 ** -24.
    """
    block, skipped = divmod(start * bands, 4)
    key = np.array([seed, stream], np.uint64)
    philox = np.random.Philox(key=key, counter=block)
    words = philox.random_raw(skipped + count * bands)[skipped:].reshape(count, bands)
    numbers = np.empty((count, bands, 2), np.float32)
    numbers[..., 0] = words >> np.uint64(40)
    numbers[..., 1] = words << np.uint64(24) >> np.uint64(40)
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
        self._bands = weights.bands

    def generate(
        self,
        mels: Sequence[np.ndarray],
        speaker: int | Sequence[int] = 0,
        seed: int = 0,
        temperature: float = 1.0,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[np.ndarray]:
        """Generate signals, float32 [F * hop, M] each, of mels [F, mels] of `speaker`.

        `progress(done, total)` counts steps, some times a second; what it raises,
        or Ctrl-C, ends generation within a fraction of a second. A temperature below
        1 makes likely samples likelier.
        """
        speakers = [speaker] * len(mels) if np.ndim(speaker) == 0 else speaker
        if len(speakers) != len(mels):
            raise ValueError(f"{len(mels)} mels, but {len(speakers)} speakers")
        _check_temperature(temperature)
        cuts = self._cuts(mels)
        condition = self.network.local_conditioning
        queue = WorkQueue(cuts, lambda i: condition(mels[i], int(speakers[i])))
        self._run(queue, seed, temperature, progress, self._hop * sum(map(len, mels)))
        return [
            join(pieces, [queue.signals[piece] for piece in pieces], self._bands)
            for pieces in cuts
        ]

    def stream(
        self,
        mel: np.ndarray,
        speaker: int = 0,
        seed: int = 0,
        temperature: float = 1.0,
        chunk_steps: int = 2400,
    ) -> Iterator[np.ndarray]:
        """Yield the signal of one mel [F, mels], in chunks as they are generated.

        Together they are what `generate([mel], ...)` gives without folding.
        """
        _check_temperature(temperature)
        if chunk_steps < 1:
            raise ValueError(f"chunk_steps must be at least 1, not {chunk_steps}")
        total = len(mel) * self._hop
        if total == 0:
            return
        gates = self.network.local_conditioning(mel, speaker)
        stream = Stream(Piece(0, 0, 0, total), gates)
        state = self.engine.begin(1)
        while stream.at < total:
            steps = min(chunk_steps, total - stream.at)
            state = self._advance(state, [stream], steps, seed, temperature)
            yield stream.kept.pop()

    def _cuts(self, mels) -> list[list[Piece]]:
        """Cut every utterance into pieces, an empty one into none."""
        counts, warm_up, quiet = [1] * len(mels), 0, 0.0
        if self.folding is not None:
            field, engine = self.network.receptive_field, self.engine
            warm_up = self.folding.warm_up_steps(field)
            quiet = self.folding.quiet
            lengths = [len(mel) for mel in mels]
            streams = engine.batch_size * engine.workers
            counts = self.folding.pieces(lengths, self._hop, field, streams)
        return [
            cut(i, mel, counts[i], self._hop, warm_up, quiet) if len(mel) else []
            for i, mel in enumerate(mels)
        ]

    def _run(self, queue, seed, temperature, progress, total) -> None:
        """Empty the queue with threads; this one waits, and reports progress."""
        waiting = len(queue.waiting)
        if not waiting:
            return
        workers = min(self.engine.workers, waiting)
        batch_size = min(self.engine.batch_size, -(-waiting // workers))
        arguments = (queue, batch_size, seed, temperature)
        threads = [
            threading.Thread(target=self._work, args=arguments, daemon=True)
            for _ in range(workers)
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(_SECONDS)
                    if progress is not None:
                        progress(round(total * queue.share_done), total)
        finally:
            queue.stop.set()
            for thread in threads:
                thread.join()
        if queue.error is not None:
            raise queue.error

    def _work(self, queue, batch_size, seed, temperature) -> None:
        """Run one thread: a state whose streams are replaced as their pieces end."""
        streams, state = [], None
        try:
            while not queue.stop.is_set():
                left = [i for i, stream in enumerate(streams) if not stream.ended]
                ended = [stream for stream in streams if stream.ended]
                new = queue.take(ended, batch_size - len(left))
                if not left and not new:
                    return
                if not left:
                    state = self.engine.begin(len(new))
                elif ended or new:
                    state = self.engine.select(state, [*left, *[None] * len(new)])
                streams = [*(streams[i] for i in left), *new]
                longest = max(stream.piece.end - stream.at for stream in streams)
                steps = min(self.engine.chunk(len(streams)), longest)
                state = self._advance(state, streams, steps, seed, temperature)
                queue.count(sum(stream.advanced for stream in streams))
        except BaseException as error:
            queue.fail(error)

    def _advance(self, state, streams, steps, seed, temperature):
        """Generate the next steps of every stream; return the state after them."""
        frames = (steps + self._hop - 2) // self._hop + 1 + 2 * self._context
        begins = np.array([s.at // self._hop for s in streams])
        gates = np.stack(
            [
                # Past its last frame a stream only waits for others.
                s.gates.take(range(begin, begin + frames), axis=0, mode="clip")
                for s, begin in zip(streams, begins, strict=True)
            ]
        )
        numbers = np.stack(
            [
                uniforms(seed, s.piece.utterance, s.at, steps, self._bands)
                for s in streams
            ]
        )
        positions = np.array([s.at for s in streams]) - begins * self._hop
        state, signal = self.engine.run(state, gates, positions, numbers, temperature)
        for stream, row in zip(streams, signal, strict=True):
            stream.put(row)
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
