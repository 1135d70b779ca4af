"""Export a trained network as plain arrays, which is all that an engine needs.

Legend: R residual, G gate (both halves), S skip channels, L layers, k kernel,
O distribution parameters, n upsampling stages, hop samples a frame.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Weights:
    """The arrays of one network, float32 and contiguous.

    The input of sample t is sample t - 1 of the signal, 0 before the first: a row of
    `embedding` [classes, R], or `value * scale + offset`, [R] each, where there is no
    table. Layer l computes, from its input h of R channels,

        a = sum_j h[t - (k - 1 - j) * dilations[l]] @ filter_gate[l, j]
            + filter_gate_bias[l] + conditioning
        z = tanh(a[: G / 2]) * sigmoid(a[G / 2 :])
        r, s = split(z @ res_skip[l] + res_skip_bias[l])

    where `filter_gate` is [L, k, R, G], oldest tap first, `filter_gate_bias` [L, G],
    `res_skip` [L, G / 2, R + S] and `res_skip_bias` [L, R + S]; h before the first
    sample is zero. The next layer's input is h + r, and s is summed over the layers.
    The parameters of the next sample's distribution are
    relu(relu(sum) @ post1 + post1_bias) @ post2 + post2_bias: [S, S], [S], [S, O], [O].

    The conditioning of sample t is sum_j phases[t % hop, j] * P[t // hop + j, l] with
    `phases` [hop, 2n + 1], and P [frames + 2n, L, G] as the network's
    `local_conditioning` gives it. `distribution` is one of `wavenet.distributions`.

    Raises `ValueError` when shapes contradict each other.
    """

    embedding: np.ndarray | None
    scale: np.ndarray | None
    offset: np.ndarray | None
    filter_gate: np.ndarray
    filter_gate_bias: np.ndarray
    res_skip: np.ndarray
    res_skip_bias: np.ndarray
    post1: np.ndarray
    post1_bias: np.ndarray
    post2: np.ndarray
    post2_bias: np.ndarray
    phases: np.ndarray
    dilations: tuple[int, ...]
    distribution: object

    def __post_init__(self):
        if (self.embedding is None) == (self.scale is None):
            raise ValueError("a network has an embedding, or a scale and an offset")
        layers, _, residual, gate = self.filter_gate.shape
        skip = len(self.post1)
        shapes = {
            "filter_gate_bias": (layers, gate),
            "res_skip": (layers, gate // 2, residual + skip),
            "res_skip_bias": (layers, residual + skip),
            "post1": (skip, skip),
            "post1_bias": (skip,),
            "post2": (skip, self.distribution.channels),
            "post2_bias": (self.distribution.channels,),
            "dilations": (layers,),
        }
        if self.embedding is None:
            shapes |= {"scale": (residual,), "offset": (residual,)}
        else:
            shapes |= {"embedding": (len(self.embedding), residual)}
        for name, shape in shapes.items():
            found = np.shape(getattr(self, name))
            if found != shape:
                raise ValueError(f"{name} has the shape {found}, expected {shape}")

    @property
    def layers(self) -> int:
        return self.filter_gate.shape[0]

    @property
    def kernel(self) -> int:
        return self.filter_gate.shape[1]

    @property
    def residual(self) -> int:
        return self.filter_gate.shape[2]

    @property
    def gates(self) -> int:
        """Gate channels, both halves."""
        return self.filter_gate.shape[3]

    @property
    def skip(self) -> int:
        return self.post1.shape[0]

    @property
    def outputs(self) -> int:
        """Parameters of the distribution of one sample."""
        return self.post2.shape[1]

    @property
    def hop(self) -> int:
        """Samples a frame."""
        return self.phases.shape[0]

    @property
    def context(self) -> int:
        """Frames n before and after a frame that reach its samples."""
        return self.phases.shape[1] // 2
