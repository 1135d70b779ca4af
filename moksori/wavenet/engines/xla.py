"""Generate on an accelerator: one step, looped and compiled by XLA.

Everything that differs from voice to voice goes into the program as an argument, so
that a network under training, exported again and again, is compiled once.

Legend: B streams (padded), M sub-bands (a step makes one sample of each), T steps of a
chunk, N of a piece, F frames of a chunk and its context, L layers, k kernel, R
residual, G gate (both halves), O parameters of a sample.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from keras import ops

from moksori.backend.compilation import compile_xla
from moksori.backend.hardware import has_accelerator
from moksori.wavenet.distributions import Distribution
from moksori.wavenet.export import Weights

# Steps whose conditioning is upsampled at once, a product large enough to be one.
_PIECE = 32
# Multiplications that take a processor a fraction of a second.
_PRODUCTS = 4_000_000_000


@dataclass(frozen=True)
class State:
    """B streams between two chunks, the last of which may be padding.

    `step` counts steps, the same for all: it says where the rings begin. A stream
    that joins later finds zeros wherever that is.
    """

    step: int
    previous: Any  # [B, M] the last samples
    rings: Any  # [sum of ring lengths, B, R] the past inputs of every layer


class XlaEngine:
    """`wavenet.sampler.Engine` on the device that the Keras backend prefers.

    `batch_size` may be given where another number of streams suits the device better.
    The first run of a number of streams, which is rounded up to one of few, compiles
    for seconds.
    """

    workers = 1

    def __init__(self, weights: Weights, batch_size: int | None = None):
        accelerated = has_accelerator()
        self.batch_size = batch_size or (256 if accelerated else 16)
        products = weights.filter_gate.size + weights.res_skip.size + weights.post2.size
        # A device waits for its steps rather than for their products.
        steps = 1024 if accelerated else _PRODUCTS // (products * self.batch_size)
        self._chunk = min(max(steps // _PIECE, 1) * _PIECE, 1024)
        self._plan = _Plan(
            weights.dilations, weights.kernel, weights.distribution, self._chunk
        )
        self._hop, self._context = weights.hop, weights.context
        self._bands, self._residual = weights.bands, weights.residual
        self._arrays = _arrays(weights)
        self._generate = _program(self._plan)

    def chunk(self, streams: int) -> int:
        """Return the steps of one program call, for any number of streams."""
        return self._chunk

    def begin(self, streams: int) -> State:
        """Return a state of so many streams before their first sample."""
        size = self._padded(streams)
        rings = ops.zeros((self._plan.slots, size, self._residual))
        return State(0, ops.zeros((size, self._bands)), rings)

    def select(self, state: State, streams: Sequence[int | None]) -> State:
        """Return the streams of these numbers in `state`, a new one for each None."""
        size = self._padded(len(streams))
        chosen = np.zeros(size, np.int32)
        kept = np.zeros(size, bool)
        for place, stream in enumerate(streams):
            if stream is not None:
                chosen[place], kept[place] = stream, True
        previous = ops.take(state.previous, chosen, axis=0)
        previous = ops.where(kept[:, None], previous, 0.0)
        rings = ops.take(state.rings, chosen, axis=1)
        rings = ops.where(kept[:, None], rings, 0.0)
        return State(state.step, previous, rings)

    def run(
        self,
        state: State,
        gates: np.ndarray,
        positions: np.ndarray,
        uniforms: np.ndarray,
        temperature: float,
    ) -> tuple[State, np.ndarray]:
        """Generate the next steps of every stream, best in whole chunks.

        Arguments as in `wavenet.sampler.Engine`.

        Raises `ValueError` for shapes that do not fit each other.
        """
        streams, steps, bands, _ = uniforms.shape
        frames = gates.shape[1] - 2 * self._context
        if len(gates) != streams or self._padded(streams) != state.previous.shape[0]:
            raise ValueError(f"gates {gates.shape} do not fit {streams} streams")
        if bands != self._bands:
            raise ValueError(f"uniforms of {bands} bands, expected {self._bands}")
        if positions.min() < 0 or positions.max() + steps > frames * self._hop:
            raise ValueError(f"{frames} frames of gates do not reach over the chunk")
        heard = np.empty((streams, steps, bands), np.float32)
        for begin in range(0, steps, self._chunk):
            part = slice(begin, begin + self._chunk)
            state, heard[:, part] = self._run_chunk(
                state, gates, positions + begin, uniforms[:, part], temperature
            )
        return state, heard

    def _run_chunk(self, state, gates, positions, uniforms, temperature):
        streams, count = uniforms.shape[:2]
        size = state.previous.shape[0]
        numbers = np.full((self._chunk, size, self._bands, 2), 0.5, np.float32)
        numbers[:count, :streams] = uniforms.swapaxes(0, 1)
        places = np.zeros(size, np.int32)
        places[:streams] = positions % self._hop
        previous, rings, signal = self._generate(
            self._arrays,
            ops.convert_to_tensor(self._stretches(gates, positions, size)),
            ops.convert_to_tensor(places),
            ops.convert_to_tensor(numbers),
            ops.convert_to_tensor(np.float32(temperature)),
            ops.convert_to_tensor(np.int32(state.step)),
            ops.convert_to_tensor(np.int32(count)),
            state.previous,
            state.rings,
        )
        step = (state.step + count) % self._plan.period
        signal = ops.convert_to_numpy(signal)[:count, :streams].swapaxes(0, 1)
        return State(step, previous, rings), signal

    def _stretches(self, gates, positions, size):
        """What a chunk can hear of each stream's frames, [size, F, L, G]."""
        frames = (self._chunk + self._hop - 2) // self._hop + 1 + 2 * self._context
        heard = np.zeros((size, frames, *gates.shape[2:]), np.float32)
        for stream, first in enumerate(positions // self._hop):
            stretch = gates[stream, first : first + frames]
            heard[stream, : len(stretch)] = stretch
        return heard

    def _padded(self, streams: int) -> int:
        """Round up to a multiple of `batch_size`, or to a quarter of it (of a quarter
        ...), so that few sizes compile."""
        size = -(-streams // self.batch_size) * self.batch_size
        while size % 4 == 0 and size // 4 >= streams:
            size //= 4
        return size


@dataclass(frozen=True)
class _Plan:
    """What a program is compiled for, besides the shapes of its arguments.

    Layer l keeps its last (k - 1) * dilations[l] inputs in a ring of that length, one
    ring behind another.
    """

    dilations: tuple[int, ...]
    kernel: int
    distribution: Distribution
    chunk: int

    @property
    def lengths(self) -> np.ndarray:
        return np.maximum((self.kernel - 1) * np.array(self.dilations, np.int32), 1)

    @property
    def slots(self) -> int:
        return int(self.lengths.sum())

    @property
    def period(self) -> int:
        """Steps after which all rings begin where they began."""
        return math.lcm(*map(int, self.lengths))

    def places(self, step, tap: int):
        """Slots [L] of the inputs at time `step - (k - 1 - tap) * dilation`.

        Tap 0 is the oldest; its slots are those that the present overwrites.
        """
        begins = np.cumsum(self.lengths) - self.lengths
        shift = (tap * np.array(self.dilations)).astype(np.int32)
        return begins.astype(np.int32) + (step + shift) % self.lengths


def _arrays(weights: Weights) -> dict:
    """The weights as a step wants them, on the device."""
    residual, layers, gates = weights.residual, weights.layers, weights.gates
    arrays = {
        "past": weights.filter_gate[:, :-1].swapaxes(0, 1),
        "present": weights.filter_gate[:, -1],
        "next": weights.res_skip[:, :, :residual],
        "next_bias": weights.res_skip_bias[:, :residual],
        "skip": weights.res_skip[:, :, residual:].reshape(layers * gates // 2, -1),
        "skip_bias": weights.res_skip_bias[:, residual:].sum(axis=0),
    }
    same = ["filter_gate_bias", "post1", "post1_bias", "post2", "post2_bias", "phases"]
    same += ["scale", "offset"] if weights.embedding is None else ["embedding"]
    arrays |= {name: getattr(weights, name) for name in same}
    return {name: ops.convert_to_tensor(array) for name, array in arrays.items()}


@lru_cache(maxsize=8)
def _program(plan: _Plan) -> Callable:
    """`_generate` of a plan, compiled for each set of shapes it meets."""

    def generate(*arguments):
        return _generate(plan, *arguments)

    return compile_xla(generate, donated=(7, 8))


def _generate(
    plan, arrays, gates, places, uniforms, temperature, step, count, previous, rings
):
    """`count` of at most T steps -> (previous [B, M], rings, signal [T, B, M]).

    gates [B, F, L, G], places [B] of the first step in them, uniforms [T, B, M, 2].
    """

    def piece(begin, previous, rings, signal):
        conditioning = _conditioning(arrays, gates, places + begin)

        def step_on(i, previous, rings, signal):
            frames = _row(conditioning, i - begin)
            parameters, rings = _step(plan, arrays, previous, rings, frames, step + i)
            numbers = _row(uniforms, i)
            heard = plan.distribution.sample(parameters, numbers, temperature)
            signal = ops.slice_update(signal, (i, 0, 0), heard[None])
            return i + 1, heard, rings, signal

        end = ops.minimum(begin + _PIECE, count)
        return ops.while_loop(
            lambda i, *_: i < end, step_on, (begin, previous, rings, signal)
        )

    signal = ops.zeros((plan.chunk, *previous.shape))
    start = ops.convert_to_tensor(np.int32(0))
    _, previous, rings, signal = ops.while_loop(
        lambda begin, *_: begin < count, piece, (start, previous, rings, signal)
    )
    return previous, rings, signal


def _conditioning(arrays, gates, places):
    """What frames say to the gates of N steps: [N, L, B, G], biases included.

    A product with a matrix of mostly zeros takes the place of gathering frames.
    """
    hop, taps = arrays["phases"].shape
    index = places[None] + ops.arange(_PIECE, dtype="int32")[:, None]
    frames = ops.arange(gates.shape[1], dtype="int32")
    away = frames - (index // hop)[:, :, None]
    rows = ops.take(arrays["phases"], index % hop, axis=0)
    share = sum(ops.where(away == j, rows[:, :, j, None], 0.0) for j in range(taps))
    heard = ops.einsum("nbf,bflg->nlbg", share, gates)
    return heard + arrays["filter_gate_bias"][:, None]


def _step(plan, arrays, previous, rings, conditioning, step):
    """One step of all streams: previous [B, M], conditioning [L, B, G] -> (parameters
    [B, M, O], rings).

    The past's part in all gates is known before the first layer, and the skips are
    wanted after the last: both are one product for all layers, and only what must be
    is done layer by layer.
    """
    gates = conditioning
    for tap in range(plan.kernel - 1):
        past = ops.take(rings, plan.places(step, tap), axis=0)
        gates = gates + ops.matmul(past, arrays["past"][tap])
    if "embedding" in arrays:
        classes = plan.distribution.classes(previous[:, 0])
        h = ops.take(arrays["embedding"], classes, axis=0)
    else:
        h = arrays["offset"]
        for band in range(previous.shape[1]):
            h = h + previous[:, band, None] * arrays["scale"][band]
    inputs, outputs = [], []
    for layer in range(len(plan.dilations)):
        inputs.append(h)
        a, b = ops.split(
            gates[layer] + ops.matmul(h, arrays["present"][layer]), 2, axis=-1
        )
        outputs.append(ops.tanh(a) * ops.sigmoid(b))
        h = h + ops.matmul(outputs[-1], arrays["next"][layer])
        h = h + arrays["next_bias"][layer]
    rings = ops.scatter_update(rings, plan.places(step, 0)[:, None], ops.stack(inputs))
    skips = ops.matmul(ops.concatenate(outputs, axis=-1), arrays["skip"])
    hidden = ops.relu(skips + arrays["skip_bias"])
    hidden = ops.relu(ops.matmul(hidden, arrays["post1"]) + arrays["post1_bias"])
    parameters = ops.matmul(hidden, arrays["post2"]) + arrays["post2_bias"]
    return ops.reshape(parameters, (*previous.shape, -1)), rings


def _row(array, index):
    """array[index] where the index is known only while the program runs."""
    start = (index, *[0] * (len(array.shape) - 1))
    return ops.slice(array, start, (1, *array.shape[1:]))[0]
