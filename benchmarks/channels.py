"""What happens to a recording before it is recognised: noise, lines, codecs, rooms."""

from collections.abc import Callable

import numpy as np

from benchmarks.attacks import ATTACKS, RATE
from moksori.speakers.bandwidth import to_telephone

__all__ = ["CHANNELS", "RATE", "SOUNDS", "Channel"]

# Takes a wave [samples] at `RATE`, that of another person, and a random generator.
Channel = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]
_SOUND_SECONDS = 4.0


def mixed(wave: np.ndarray, other: np.ndarray, decibel: float) -> np.ndarray:
    """Add another wave, repeated as needed, at a ratio of mean powers in decibels."""
    other = np.resize(other, len(wave))
    power = np.mean(wave**2) / max(np.mean(other**2), 1e-12) / 10 ** (decibel / 10)
    return (wave + other * np.sqrt(power)).astype(np.float32)


def pink(count: int, rng: np.random.Generator) -> np.ndarray:
    """Make pink noise [count]: equal power in each octave, none below 20 Hz."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / RATE)
    falling = np.where(hertz < 20, 0.0, 1 / np.sqrt(np.maximum(hertz, 20)))
    noise = np.fft.irfft(spectrum * falling, count)
    return (0.1 * noise / np.sqrt(np.mean(noise**2))).astype(np.float32)


def reverberant(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Reverberate: noise decaying by 60 dB in 0.5 s, as loud as the direct sound."""
    seconds = np.arange(RATE // 2) / RATE
    tail = rng.standard_normal(len(seconds)) * 10 ** (-3 * seconds / 0.5)
    tail /= np.sqrt(np.sum(tail**2))
    tail[0] += 1
    length = len(wave) + len(tail) - 1
    heard = np.fft.irfft(np.fft.rfft(wave, length) * np.fft.rfft(tail, length), length)
    return heard[: len(wave)].astype(np.float32)


def clipped(wave: np.ndarray, share: float) -> np.ndarray:
    """Cut off a share of the samples, the loudest, as an overdriven input does."""
    limit = np.quantile(np.abs(wave), 1 - share)
    return np.clip(wave, -limit, limit)


def _noise(decibel: float) -> Channel:
    return lambda wave, _, rng: mixed(wave, pink(len(wave), rng), decibel)


def _telephone_in_noise(wave, _, rng) -> np.ndarray:
    heard = to_telephone(wave, RATE)
    return mixed(heard, pink(len(heard), rng), 20)


CHANNELS: dict[str, Channel] = {
    "clean": lambda wave, _, rng: wave,
    "pink noise 20 dB": _noise(20),
    "pink noise 10 dB": _noise(10),
    "telephone": lambda wave, _, rng: to_telephone(wave, RATE),
    "telephone, noise 20 dB behind it": _telephone_in_noise,
    "MP3 32k": lambda wave, _, rng: ATTACKS["MP3 32k"](wave),
    "Opus 16k": lambda wave, _, rng: ATTACKS["Opus 16k"](wave),
    "reverberation 0.5 s": lambda wave, _, rng: reverberant(wave, rng),
    "another talker 10 dB": lambda wave, other, rng: mixed(wave, other, 10),
    "another talker 5 dB": lambda wave, other, rng: mixed(wave, other, 5),
    "5 % clipped": lambda wave, _, rng: clipped(wave, 0.05),
}


def _tone(rng: np.random.Generator) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * rng.uniform(80, 3000) * _times())


def _chords(rng: np.random.Generator) -> np.ndarray:
    """Play eight chords of plucked strings with a bass, half a second each."""
    sound = np.zeros(len(_times()))
    each = len(sound) // 8
    for start in range(0, 8 * each, each):
        root = 110 * 2 ** (rng.integers(12) / 12)
        third = rng.choice([3, 4])
        since = np.arange(len(sound) - start) / RATE
        for semitones in (-12, 0, third, 7, 12):
            hertz = root * 2 ** (semitones / 12)
            for partial in range(1, 9):
                decay = np.exp(-since * (3 + partial))
                wave = np.sin(2 * np.pi * partial * hertz * since)
                sound[start:] += decay * wave / partial
    return 0.5 * sound / np.abs(sound).max()


def _times() -> np.ndarray:
    return np.arange(int(_SOUND_SECONDS * RATE)) / RATE


# What is not speech: seconds of it at `RATE`.
SOUNDS: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "silence": lambda rng: np.zeros(len(_times())),
    "room noise": lambda rng: pink(len(_times()), rng) * 10 ** rng.uniform(-3, 0.5),
    "white noise": lambda rng: 0.1 * rng.standard_normal(len(_times())),
    "a tone": _tone,
    "chords": _chords,
}
