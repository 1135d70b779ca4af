"""Make songs that belong to nobody: a voice that sings, or one that speaks, and the
demo's band.

The singer is the demo's synthesizer on notes, by linear prediction. They stand for what
covers make, where no real song may be kept. All waves are at the synthesizer's rate.
"""

import numpy as np
import scipy.signal

from moksori.demo.band import band
from moksori.demo.corpus import SAMPLE_RATE, SPEAKERS, Speaker, synthesize

_WORDS = (
    "바람이 불어오는 저녁에 우리는 천천히 걸어갑니다.",
    "너의 목소리가 들려서 나는 다시 노래를 부릅니다.",
    "별이 빛나는 밤하늘 아래 함께 웃던 그날을 기억해요.",
    "파도 소리에 눈을 감으면 멀리서 네가 손을 흔들어.",
)
_FRAME, _HOP, _ORDER = 600, 240, 24  # samples


def speaker(seed: int) -> np.ndarray:
    """Speak two lines in a voice of the demo, float32 [samples]."""
    return np.concatenate(_lines(np.random.default_rng(seed), seed))


def singer(seed: int) -> np.ndarray:
    """Sing two lines on notes of a scale, float32 [samples]."""
    rng = np.random.default_rng(seed)
    return np.concatenate([_sung(line, rng) for line in _lines(rng, seed)])


def song(voice: np.ndarray, seed: int, voice_decibel: float = 3.0) -> np.ndarray:
    """Mix a voice with a band that is so many decibels softer."""
    backing = band(len(voice) / SAMPLE_RATE, seed)[: len(voice)]
    gain = np.sqrt(np.mean(voice**2) / np.mean(backing**2))
    mix = voice + backing * gain * 10 ** (-voice_decibel / 20)
    return (0.7 * mix / np.abs(mix).max()).astype(np.float32)


def _lines(rng: np.random.Generator, seed: int) -> list[np.ndarray]:
    voice = Speaker(SPEAKERS[seed % len(SPEAKERS)].voice, 50, 150)
    return [synthesize(line, voice) for line in rng.choice(_WORDS, 2, replace=False)]


def _sung(wave: np.ndarray, rng) -> np.ndarray:
    """Give speech the pitch of notes, and 1.6 times its length."""
    import librosa

    slow = round(_HOP * 1.6)
    frames = librosa.util.frame(wave, frame_length=_FRAME, hop_length=_HOP).T
    count = len(frames) * slow
    scale = np.array([0, 2, 4, 7, 9, 12])
    notes = 165 * 2 ** (rng.choice(scale, len(frames) // 25 + 1) / 12)
    pitch = np.repeat(notes, 25 * slow)[:count]
    times = np.arange(count) / SAMPLE_RATE
    pitch = pitch * (1 + 0.01 * np.sin(2 * np.pi * 5.5 * times))
    pulses = np.diff(np.floor(np.cumsum(pitch) / SAMPLE_RATE), prepend=0)
    source = 8 * pulses + 0.15 * rng.standard_normal(count)
    result, state = np.zeros(count), np.zeros(_ORDER)
    for index, frame in enumerate(frames * np.hanning(_FRAME)):
        power = np.sqrt(np.mean(frame**2))
        if power < 1e-4:
            continue
        taps = librosa.lpc(frame + 1e-5 * rng.standard_normal(_FRAME), order=_ORDER)
        taps = taps * 0.995 ** np.arange(_ORDER + 1)
        left = np.sqrt(np.mean(scipy.signal.lfilter(taps, 1, frame) ** 2))
        part = slice(index * slow, (index + 1) * slow)
        result[part], state = scipy.signal.lfilter([left], taps, source[part], zi=state)
    return (0.5 * result / np.abs(result).max()).astype(np.float32)
