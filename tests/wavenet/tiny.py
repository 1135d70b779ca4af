"""A WaveNet small enough for tests, and what it hears."""

import numpy as np
from keras import ops

from moksori.wavenet.model import WaveNet

DISTRIBUTIONS = ("categorical", "logistic", "gaussian")
MELS, SPEAKERS = 5, 3
SIZES = {
    "layers": 4,
    "cycles": 2,
    "kernel": 2,
    "residual_channels": 6,
    "gate_channels": 12,
    "skip_channels": 7,
    "condition_channels": 4,
    "upsample": (2, 3),
    "distribution": "categorical",
    "mixtures": 2,
}


def network(**changed) -> WaveNet:
    """Every weight random, also those that begin as zero or as repetition."""
    model = WaveNet(mels=MELS, speakers=SPEAKERS, **{**SIZES, **changed})
    random = np.random.default_rng(1)
    for variable in model.trainable_variables:
        noise = random.normal(0, 0.3, variable.shape)
        variable.assign(ops.convert_to_numpy(variable) + np.float32(noise))
    return model


def signal(steps: int, seed: int = 0, streams: int = 2, bands: int = 1) -> np.ndarray:
    """Loud noise that ends in silence, float32 [streams, steps, bands]."""
    random = np.random.default_rng(seed)
    values = random.uniform(-1, 1, (streams, steps, bands)).astype(np.float32)
    values[:, steps - steps // 8 :] = 0.0
    return values


def delayed(values: np.ndarray) -> np.ndarray:
    """What stands before each step: [B, T, bands], silence first."""
    return np.pad(values, ((0, 0), (1, 0), (0, 0)))[:, :-1]


def spectra(frames: int, seed: int = 0, streams: int = 2) -> np.ndarray:
    """Random mels, float32 [streams, frames, MELS]."""
    random = np.random.default_rng(seed)
    return random.normal(size=(streams, frames, MELS)).astype(np.float32)


def zero_buffers(model: WaveNet, streams: int) -> list:
    """The buffers of `model.step` before the first sample."""
    return [ops.zeros((streams, b.reach, model.residual)) for b in model.blocks]
