"""A trained network as plain arrays: all that fast generation has to know of it.

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

        a = sum_j h[t - (k - 1 - j) * dilations[l]] @ gate[l, j]
            + gate_bias[l] + conditioning
        z = tanh(a[: G / 2]) * sigmoid(a[G / 2 :])
        r, s = split(z @ mix[l] + mix_bias[l])

    where `gate` is [L, k, R, G], oldest tap first, `gate_bias` [L, G], `mix`
    [L, G / 2, R + S] and `mix_bias` [L, R + S]; h before the first sample is zero.
    The next layer's input is h + r, and s is summed over the layers. The parameters of
    the next sample's distribution are relu(relu(sum) @ head1 + head1_bias) @ head2 +
    head2_bias: [S, S], [S], [S, O], [O].

    The conditioning of sample t is sum_j phases[t % hop, j] * P[t // hop + j, l] with
    `phases` [hop, 2n + 1], and P [frames + 2n, L, G] as the network's `frame_gates`
    gives it. `distribution` is one of `wavenet.distributions`.

    Raises `ValueError` when shapes contradict each other.
    """

    embedding: np.ndarray | None
    scale: np.ndarray | None
    offset: np.ndarray | None
    gate: np.ndarray
    gate_bias: np.ndarray
    mix: np.ndarray
    mix_bias: np.ndarray
    head1: np.ndarray
    head1_bias: np.ndarray
    head2: np.ndarray
    head2_bias: np.ndarray
    phases: np.ndarray
    dilations: tuple[int, ...]
    distribution: object

    def __post_init__(self):
        if (self.embedding is None) == (self.scale is None):
            raise ValueError("a network has an embedding, or a scale and an offset")
        layers, _, residual, gate = self.gate.shape
        skip = len(self.head1)
        shapes = {
            "gate_bias": (layers, gate),
            "mix": (layers, gate // 2, residual + skip),
            "mix_bias": (layers, residual + skip),
            "head1": (skip, skip),
            "head1_bias": (skip,),
            "head2": (skip, self.distribution.channels),
            "head2_bias": (self.distribution.channels,),
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
        return self.gate.shape[0]

    @property
    def kernel(self) -> int:
        return self.gate.shape[1]

    @property
    def residual(self) -> int:
        return self.gate.shape[2]

    @property
    def gates(self) -> int:
        """Gate channels, both halves."""
        return self.gate.shape[3]

    @property
    def skip(self) -> int:
        return self.head1.shape[0]

    @property
    def outputs(self) -> int:
        """Parameters of the distribution of one sample."""
        return self.head2.shape[1]

    @property
    def hop(self) -> int:
        """Samples a frame."""
        return self.phases.shape[0]

    @property
    def context(self) -> int:
        """Frames n before and after a frame that reach its samples."""
        return self.phases.shape[1] // 2
