"""Waves and stand-ins that the vocoder benchmark is tested with."""

import numpy as np

import hparams

TINY = hparams.preset("tiny")
RATE = TINY.audio.sample_rate


class Given:
    """A vocoder that gives what it was given."""

    def __init__(self, waves):
        self.waves = waves

    def generate(self, mels):
        return self.waves


def voice(seed: int) -> np.ndarray:
    """Syllables of a harmonic sound with pauses, a whole number of frames."""
    time = np.arange(64 * TINY.audio.hop_length) / RATE
    phase = 2 * np.pi * np.cumsum(120 + 20 * np.sin(3 * time + seed)) / RATE
    sound = sum(np.sin(k * phase) / k for k in range(1, 20))
    return (0.2 * sound * (np.sin(2 * np.pi * 2.2 * time) > -0.3)).astype(np.float32)


def noisy(wave: np.ndarray, ratio: float) -> np.ndarray:
    power = np.mean(wave**2) / ratio
    noise = np.random.default_rng(5).standard_normal(wave.size)
    return (wave + np.sqrt(power) * noise).astype(np.float32)


def means(measured: dict) -> dict:
    return {name: of["mean"] for name, of in measured["figures"].items()}
