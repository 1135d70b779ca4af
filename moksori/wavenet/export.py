"""Export a trained network as plain arrays, which is all that an engine needs.

Legend: M sub-bands, R residual, G gate (both halves), S skip channels, L layers,
k kernel, O distribution parameters of a band, n upsampling stages, hop steps a frame.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Weights:
    """The arrays of one network, float32 and contiguous.

    Each step makes one sample of every band. The input of step t are the samples of
    step t - 1, 0 before the first: a row of `embedding` [classes, R], for a single
    band, or where there is no table `values @ scale + offset`, values [M], scale [M, R]
    and offset [R]. Layer l computes, from its input h of R channels,

        a = sum_j h[t - (k - 1 - j) * dilations[l]] @ filter_gate[l, j]
            + filter_gate_bias[l] + conditioning
        z = tanh(a[: G / 2]) * sigmoid(a[G / 2 :])
        r, s = split(z @ res_skip[l] + res_skip_bias[l])

    where `filter_gate` is [L, k, R, G], oldest tap first, `filter_gate_bias` [L, G],
    `res_skip` [L, G / 2, R + S] and `res_skip_bias` [L, R + S]; h before the first
    step is zero. The next layer's input is h + r, and s is summed over the layers.
    The parameters of the next samples' distributions, those of one band behind those of
    another, are relu(relu(sum) @ post1 + post1_bias) @ post2 + post2_bias: [S, S], [S],
    [S, M * O], [M * O].

    The conditioning of step t is sum_j phases[t % hop, j] * P[t // hop + j, l] with
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
        outputs = self.bands * self.distribution.channels
        layers, _, residual, gate = self.filter_gate.shape
        skip = len(self.post1)
        shapes = {
            "filter_gate_bias": (layers, gate),
            "res_skip": (layers, gate // 2, residual + skip),
            "res_skip_bias": (layers, residual + skip),
            "post1": (skip, skip),
            "post1_bias": (skip,),
            "post2": (skip, outputs),
            "post2_bias": (outputs,),
            "dilations": (layers,),
        }
        if self.embedding is None:
            shapes |= {"scale": (self.bands, residual), "offset": (residual,)}
        else:
            shapes |= {"embedding": (len(self.embedding), residual)}
        for name, shape in shapes.items():
            found = np.shape(getattr(self, name))
            if found != shape:
                raise ValueError(f"{name} has the shape {found}, expected {shape}")

    @property
    def bands(self) -> int:
        """Samples of a step, one of each sub-band."""
        return 1 if self.scale is None else len(self.scale)

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
    def hop(self) -> int:
        """Steps a frame."""
        return self.phases.shape[0]

    @property
    def context(self) -> int:
        """Frames n before and after a frame that reach its steps."""
        return self.phases.shape[1] // 2
