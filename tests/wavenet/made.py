"""Networks with random weights, and the plainest generator there is."""

import numpy as np

from moksori.wavenet.distributions import Categorical, LogisticMixture
from moksori.wavenet.export import Weights


def weights(
    seed: int = 0,
    distribution=None,
    layers: int = 4,
    cycles: int = 2,
    kernel: int = 2,
    residual: int = 16,
    gate: int = 32,
    skip: int = 16,
    hop: int = 10,
    stages: int = 2,
    contrast: float = 1.0,
    bands: int = 1,
) -> Weights:
    """A network that keeps the scale of what passes through it.

    `contrast` scales the last layer: how sure the network is of a sample.
    """
    random = np.random.default_rng(seed)
    distribution = distribution or Categorical()

    def normal(*shape, scale=1.0):
        return (scale * random.normal(size=shape)).astype(np.float32)

    outputs, discrete = distribution.channels, isinstance(distribution, Categorical)
    post2 = normal(skip, bands, outputs, scale=contrast * skip**-0.5)
    bias = normal(bands, outputs, scale=0.1)
    if not discrete:
        # Means within the range and scales around e^-3.
        scales = slice(outputs // 3 * 2, None) if outputs > 2 else slice(1, None)
        post2[..., scales] *= 0.3
        bias[:, scales] -= 3
    phases = np.abs(normal(hop, 2 * stages + 1))
    phases[::3, 0] = 0
    return Weights(
        embedding=normal(outputs, residual) if discrete else None,
        scale=None if discrete else normal(bands, residual, scale=bands**-0.5),
        offset=None if discrete else normal(residual),
        filter_gate=normal(
            layers, kernel, residual, gate, scale=(kernel * residual) ** -0.5
        ),
        filter_gate_bias=normal(layers, gate, scale=0.1),
        res_skip=normal(layers, gate // 2, residual + skip, scale=gate**-0.5),
        res_skip_bias=normal(layers, residual + skip, scale=0.1),
        post1=normal(skip, skip, scale=skip**-0.5),
        post1_bias=normal(skip, scale=0.1),
        post2=post2.reshape(skip, -1),
        post2_bias=bias.ravel(),
        phases=(phases / phases.sum(1, keepdims=True)).astype(np.float32),
        dilations=tuple(2 ** (i % (layers // cycles)) for i in range(layers)),
        distribution=distribution,
    )


def conditioning(made: Weights, frames: int, seed: int = 0) -> np.ndarray:
    """Random P [frames + 2n, L, G]."""
    shape = (frames + 2 * made.context, made.layers, made.gates)
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def receptive_field(made: Weights) -> int:
    return 1 + (made.kernel - 1) * sum(made.dilations)


class FakeNetwork:
    """What a sampler asks of a network: random weights, and gates by the mels."""

    def __init__(self, made: Weights, mels: int = 6):
        self.made, self.receptive_field = made, receptive_field(made)
        shape = (mels, made.layers, made.gates)
        self._project = np.random.default_rng(7).normal(size=shape).astype(np.float32)

    def export(self) -> Weights:
        return self.made

    def local_conditioning(self, mels: np.ndarray, speaker: int) -> np.ndarray:
        edges = (self.made.context, self.made.context)
        padded = np.pad(mels + 0.1 * speaker, (edges, (0, 0)), mode="edge")
        return np.einsum("fm,mlg->flg", padded, self._project).astype(np.float32)


class Reference:
    """Generates a step at a time in float64, as the equations in `Weights` say."""

    def __init__(self, made: Weights):
        self.made = made
        self.inputs = [[] for _ in range(made.layers)]
        self.last = np.zeros(made.bands)

    def run(self, gates, uniforms, temperature: float = 1.0) -> np.ndarray:
        """The signal [T, M] of one stream: gates [F + 2n, L, G], uniforms [T, M, 2]."""
        signal, distribution = [], self.made.distribution
        for t, numbers in enumerate(uniforms.astype(np.float64)):
            drawn = [
                draw(distribution, parameters, own, temperature)
                for parameters, own in zip(
                    self.parameters(gates, t), numbers, strict=True
                )
            ]
            self.last = np.array(drawn)
            signal.append(self.last)
        return np.array(signal)

    def parameters(self, gates, t: int) -> np.ndarray:
        """Parameters [M, O] of step t, after the samples `last`."""
        w = self.made
        frame, place = divmod(t, w.hop)
        condition = np.tensordot(
            w.phases[place].astype(float), gates[frame : frame + w.phases.shape[1]], 1
        )
        if w.embedding is None:
            h = self.last @ w.scale.astype(float) + w.offset
        else:
            half = len(w.embedding) // 2
            h = w.embedding[round(self.last[0] * (half - 1)) + half].astype(float)
        skip = np.zeros(w.skip)
        for layer, past in enumerate(self.inputs):
            past.append(h)
            a = w.filter_gate_bias[layer] + condition[layer]
            for j in range(w.kernel):
                then = t - (w.kernel - 1 - j) * w.dilations[layer]
                if then >= 0:
                    a = a + past[then] @ w.filter_gate[layer, j].astype(float)
            half = w.gates // 2
            z = np.tanh(a[:half]) / (1 + np.exp(-a[half:]))
            out = z @ w.res_skip[layer].astype(float) + w.res_skip_bias[layer]
            h, skip = h + out[: w.residual], skip + out[w.residual :]
        hidden = np.maximum(skip, 0) @ w.post1.astype(float) + w.post1_bias
        parameters = np.maximum(hidden, 0) @ w.post2.astype(float) + w.post2_bias
        return parameters.reshape(w.bands, -1)


def draw(distribution, parameters, uniforms, temperature: float) -> float:
    """A sample of a distribution with parameters [O], by uniforms [2]."""
    u, v = uniforms
    if isinstance(distribution, Categorical):
        half = distribution.levels // 2
        value = (chosen(parameters / temperature, u) - half) / (half - 1)
    elif isinstance(distribution, LogisticMixture):
        logits, means, scales = np.split(parameters, 3)
        i = chosen(logits, u)
        v = np.clip(v, 1e-5, 1 - 1e-5)
        place = np.log(v) - np.log(1 - v)
        value = means[i] + temperature * np.exp(max(scales[i], -9)) * place
    else:
        mean, scale = parameters
        place = np.sqrt(-2 * np.log(max(u, 1e-7))) * np.cos(2 * np.pi * v)
        value = mean + temperature * np.exp(max(scale, -9)) * place
    return float(np.clip(value, -1, 1))


def chosen(logits, u: float) -> int:
    """The first class whose cumulative softmax exceeds u."""
    reached = np.cumsum(np.exp(logits - logits.max()))
    return int(np.searchsorted(reached, u * reached[-1], side="right"))
