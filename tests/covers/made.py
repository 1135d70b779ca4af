"""Made material: spoken sentences of a synthetic speaker, and a song of one."""

from functools import lru_cache

import numpy as np

from moksori.audio.files import resample
from moksori.covers.retune import sing
from moksori.demo.band import band
from moksori.demo.corpus import SAMPLE_RATE, SPEAKERS, synthesize

RATE = 16000
LINES = (
    "바람이 불어오는 저녁에 우리는 천천히 걸어갑니다.",
    "너의 목소리가 들려서 나는 다시 노래를 부릅니다.",
    "별이 빛나는 밤하늘 아래 함께 웃던 그날을 기억해요.",
    "파도 소리에 눈을 감으면 멀리서 네가 손을 흔들어.",
    "오늘은 날씨가 맑아서 공원에 사람이 아주 많았습니다.",
)


@lru_cache(maxsize=8)
def spoken(speaker: int, line: int) -> np.ndarray:
    """A sentence, float32 [samples] at `RATE`."""
    wave = synthesize(LINES[line], SPEAKERS[speaker])
    return resample(wave, SAMPLE_RATE, RATE)


@lru_cache(maxsize=2)
def sung() -> tuple[np.ndarray, np.ndarray]:
    """Two sentences on a melody and its pitch [frames]."""
    waves = np.concatenate([spoken(0, 0), spoken(0, 1)])
    return sing(waves, RATE, 196.0)


@lru_cache(maxsize=1)
def song(rate: int = 44100) -> tuple[np.ndarray, np.ndarray]:
    """A mix [samples, 2] of a voice and a band of equal power, and the voice in it."""
    voice = resample(sung()[0], RATE, rate)
    backing = resample(band(len(voice) / rate + 1, 0), SAMPLE_RATE, rate)[: len(voice)]
    voice, backing = (each / each.std() * 0.1 for each in (voice, backing))
    voice = np.stack([voice, voice], axis=1)
    mix = voice + np.stack([backing, 0.9 * backing], axis=1)
    gain = 0.9 / np.abs(mix).max()
    return (mix * gain).astype(np.float32), (voice * gain).astype(np.float32)
