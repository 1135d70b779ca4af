"""The WaveNet generator that one writes first: numpy, step by step, streams in rows.

It takes the same `wavenet.export.Weights` as the engines. Only the 256 classes.
"""

import numpy as np

from moksori.wavenet.export import Weights


def generate(weights: Weights, gates: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
    """Signals [B, T] of gates [F + 2n, L, G], the same for all, and uniforms [B, T]."""
    count, samples = uniforms.shape
    layers, kernel, residual, width = weights.filter_gate.shape
    half, reach = width // 2, 2 * weights.context + 1
    products = weights.filter_gate.reshape(layers, kernel * residual, width)
    pasts = [
        np.zeros(((kernel - 1) * d + 1, count, residual), np.float32)
        for d in weights.dilations
    ]
    classes = np.full(count, 128)
    signal = np.empty((count, samples), np.float32)
    for t in range(samples):
        frame, phase = divmod(t, weights.hop)
        told = np.tensordot(weights.phases[phase], gates[frame : frame + reach], 1)
        told += weights.filter_gate_bias
        h, skips = weights.embedding[classes], 0.0
        for layer, dilation in enumerate(weights.dilations):
            past = pasts[layer]
            past[t % len(past)] = h
            taps = [past[(t - j * dilation) % len(past)] for j in range(kernel)]
            a = np.concatenate(taps[::-1], axis=1) @ products[layer] + told[layer]
            z = np.tanh(a[:, :half]) / (1 + np.exp(-a[:, half:]))
            out = z @ weights.res_skip[layer] + weights.res_skip_bias[layer]
            h, skips = h + out[:, :residual], skips + out[:, residual:]
        skips = np.maximum(skips, 0) @ weights.post1 + weights.post1_bias
        logits = np.maximum(skips, 0) @ weights.post2 + weights.post2_bias
        likely = np.cumsum(np.exp(logits - logits.max(axis=1, keepdims=True)), axis=1)
        classes = (likely <= uniforms[:, t, None] * likely[:, -1:]).sum(axis=1)
        classes = np.minimum(classes, likely.shape[1] - 1)
        signal[:, t] = np.clip((classes - 128) / 127, -1, 1)
    return signal
