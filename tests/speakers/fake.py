"""Voices that are tones, and an encoder that tells them apart: fast, and no weights."""

from pathlib import Path

import numpy as np

from moksori.audio.files import save
from moksori.speakers.bandwidth import Band
from moksori.speakers.calibration import Calibration

RATE = 16000
CALIBRATION = Calibration(
    {
        "fake-1": {
            band: {
                "seconds": [1.5, 8.0],
                **{task: [0.8, 0.8] for task in ("margin", "cosine", "verify")},
                "slope": 20.0,
            }
            for band in Band
        }
    }
)


class FakeEncoder:
    """Encode a tone as the height that it has: near for near heights."""

    id, dimension = "fake-1", 16

    def encode(self, speech: np.ndarray) -> np.ndarray:
        power = np.abs(np.fft.rfft(speech)) ** 2
        hertz = np.fft.rfftfreq(len(speech), 1 / RATE)
        low = (hertz > 250) & (hertz < 3300)
        height = np.log(hertz[low][power[low].argmax()] / 300) / np.log(11)
        vector = np.exp(-((np.arange(16) / 15 - height) ** 2) / 0.005) + 1e-6
        return (vector / np.linalg.norm(vector)).astype(np.float32)


class FakeDetector:
    """Take everything that can be heard for speech."""

    def spans(self, wave: np.ndarray) -> list[tuple[int, int]]:
        loud = np.flatnonzero(np.abs(wave) > 0.01)
        return [(int(loud[0]), int(loud[-1]) + 1)] if len(loud) else []


def voice(hertz: float, seconds: float = 4.0, seed: int = 0) -> np.ndarray:
    """Make a tone in noise of the whole band, which comes and goes, after a pause:
    float32 at `RATE`."""
    count, pause = int(seconds * RATE), RATE // 2
    noise = np.random.default_rng(seed).standard_normal(pause + count)
    noise[:pause] *= 0.0005
    noise[pause:] *= 0.02 * (1 + np.sin(np.arange(count) / 800))
    noise[pause:] += 0.4 * np.sin(2 * np.pi * hertz * np.arange(count) / RATE)
    return noise.astype(np.float32)


def people(folder: Path, **heights: float) -> Path:
    """Write three recordings of everybody as NAME/FILE."""
    for name, hertz in heights.items():
        (folder / name).mkdir(parents=True)
        for take in range(3):
            wave = voice(hertz * (1 + 0.002 * take), seed=take)
            save(folder / name / f"{take}.wav", wave, RATE)
    return folder
