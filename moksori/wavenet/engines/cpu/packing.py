"""Lay out a network and the past of its streams as the compiled program reads them.

Legend: B streams, M sub-bands, L layers, k kernel; R residual, Z half of the gate, S
skip channels, rounded up to whole vectors of 16; N columns of a product, rounded up to
whole panels of 64. What is added in rounding up is zero and stays so.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from moksori.wavenet.distributions import Categorical, Gaussian, LogisticMixture
from moksori.wavenet.engines.cpu import kernels
from moksori.wavenet.engines.cpu.vectors import PANEL, VECTOR
from moksori.wavenet.export import Weights

_KINDS = {
    Categorical: kernels.CATEGORICAL,
    LogisticMixture: kernels.LOGISTIC,
    Gaussian: kernels.GAUSSIAN,
}
# What the numbers in products are: bfloat16 is the upper half of a float32.
PRECISIONS = {"float32": np.float32, "bfloat16": np.uint16}
# A window covers as many samples as make this many rows of a product with its streams.
_ROWS = 16


class Network(NamedTuple):
    """The arrays of a network.

    entry [classes, R], or scale and offset [M + 1, R]; filter_gate
    [L, k, N / 64, R, 64], its columns Z of tanh, then Z of sigmoid; res_skip
    [L, N / 64, Z, 64], its columns S, then R; post1 and post2 [N / 64, S, 64]. For
    bfloat16 two rows are one of pairs [128]. `shift` [L, R] is what the biases of the
    layers below add to a layer's input, `total` [S] what all add to the sum of skips.
    phases [hop, 2n + 1]; channels and kind are those of the distribution of each of the
    `bands`.
    """

    kind: int
    bands: int
    channels: int
    entry: np.ndarray
    filter_gate: np.ndarray
    filter_gate_bias: np.ndarray
    res_skip: np.ndarray
    shift: np.ndarray
    total: np.ndarray
    post1: np.ndarray
    post1_bias: np.ndarray
    post2: np.ndarray
    post2_bias: np.ndarray
    phases: np.ndarray
    dilations: np.ndarray


class State(NamedTuple):
    """The past of B streams.

    Inputs of layer l lie in slots starts[l] to starts[l + 1] of `past` [slots, B, R],
    that of time t in slot t modulo their number. `ahead` [L, W, B, N] is what is known
    of the gates of the W samples of a window: bias, and products of old taps, which are
    taken for several samples at once where streams are few. `last` [B, M] are the
    newest samples, clock[0] the time.
    """

    past: np.ndarray
    starts: np.ndarray
    ahead: np.ndarray
    last: np.ndarray
    clock: np.ndarray


def pack(weights: Weights, precision: str) -> Network:
    """Lay out weights for products in `precision`, one of `PRECISIONS`."""
    dtype = PRECISIONS[precision]
    residual, skip, half = weights.residual, weights.skip, weights.gates // 2
    if weights.embedding is None:
        entry = np.concatenate([weights.scale, weights.offset[None]])
    else:
        entry = weights.embedding
    swapped = np.concatenate(
        [weights.res_skip[..., residual:], weights.res_skip[..., :residual]], axis=-1
    )
    below = np.cumsum(weights.res_skip_bias[:, :residual], axis=0, dtype=np.float64)
    shift = np.concatenate([np.zeros((1, residual)), below[:-1]])
    return Network(
        kind=_KINDS[type(weights.distribution)],
        bands=weights.bands,
        channels=weights.distribution.channels,
        entry=_vectors(entry, residual),
        filter_gate=_panels(_vectors(weights.filter_gate, half, half), dtype),
        filter_gate_bias=_whole(_vectors(weights.filter_gate_bias, half, half), PANEL),
        res_skip=_panels(_vectors(swapped, skip, residual), dtype),
        shift=_vectors(shift, residual),
        total=_vectors(weights.res_skip_bias[:, residual:].sum(0, np.float64), skip),
        post1=_panels(weights.post1, dtype),
        post1_bias=_whole(weights.post1_bias, PANEL),
        post2=_panels(weights.post2, dtype),
        post2_bias=_whole(weights.post2_bias, PANEL),
        phases=np.ascontiguousarray(weights.phases, np.float32),
        dilations=np.array(weights.dilations, np.int64),
    )


def begin(network: Network, streams: int) -> State:
    """Return the state of streams before their first sample."""
    window = 1
    while 2 * window * streams <= _ROWS:
        window *= 2
    reach = np.maximum(1, _reach(network))
    slots = -(-reach // window) * window
    residual, columns = network.shift.shape[1], network.filter_gate_bias.shape[1]
    starts = np.concatenate([[0], np.cumsum(slots)])
    return State(
        past=np.zeros((starts[-1], streams, residual), network.filter_gate.dtype),
        starts=starts,
        ahead=np.zeros((len(reach), window, streams, columns), np.float32),
        last=np.zeros((streams, network.bands), np.float32),
        clock=np.zeros(1, np.int64),
    )


def select(network: Network, state: State, streams: Sequence[int | None]) -> State:
    """Return the state of some streams of another state, and of new ones (None).

    Its clock begins anew, and with it a window, so nothing of `ahead` is wanted.
    """
    made = begin(network, len(streams))
    new = np.array([i for i, old in enumerate(streams) if old is not None], int)
    old = np.array([old for old in streams if old is not None], int)
    made.last[new] = state.last[old]
    for layer, reach in enumerate(_reach(network)):
        back = np.arange(1, reach + 1)
        here = _slots(made, layer, -back)
        there = _slots(state, layer, state.clock[0] - back)
        made.past[here[:, None], new] = state.past[there[:, None], old]
    return made


def _slots(state: State, layer: int, times: np.ndarray) -> np.ndarray:
    """Where a layer's inputs of some times lie."""
    start, end = state.starts[layer : layer + 2]
    return start + times % (end - start)


def _reach(network: Network) -> np.ndarray:
    """How many samples back each layer looks: [L]."""
    return (network.filter_gate.shape[1] - 1) * network.dilations


def _whole(array, multiple: int, axis: int = -1) -> np.ndarray:
    """The axis rounded up to a multiple; float32."""
    more = [(0, 0)] * np.ndim(array)
    more[axis] = (0, -np.shape(array)[axis] % multiple)
    return np.pad(np.asarray(array, np.float32), more)


def _vectors(array, *widths: int) -> np.ndarray:
    """Each of the parts, of these widths, that the last axis is made of rounded up."""
    parts = np.split(np.asarray(array), np.cumsum(widths)[:-1], axis=-1)
    return np.concatenate([_whole(part, VECTOR) for part in parts], axis=-1)


def _panels(matrices, dtype) -> np.ndarray:
    """Matrices [..., rows, columns] in panels: [..., N / 64, K, 64], or pairs."""
    whole = _whole(_whole(matrices, VECTOR, -2), PANEL)
    *lead, depth, columns = whole.shape
    panels = whole.reshape(*lead, depth, columns // PANEL, PANEL)
    panels = np.moveaxis(panels, -2, -3)
    if dtype == np.uint16:
        pairs = panels.reshape(*panels.shape[:-2], depth // 2, 2, PANEL)
        pairs = np.swapaxes(pairs, -1, -2)
        panels = _upper_halves(pairs.reshape(*panels.shape[:-2], depth // 2, -1))
    return _aligned(panels)


def _upper_halves(array) -> np.ndarray:
    """The nearest bfloat16, even on a tie, as uint16."""
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)


def _aligned(array) -> np.ndarray:
    """A copy that begins where a line of the processor's cache begins."""
    line = 64
    memory = np.empty(array.nbytes + line, np.uint8)
    start = -memory.ctypes.data % line
    copy = memory[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy
