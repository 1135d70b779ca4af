"""A voice made of pulses and formants, whose pitch, words and pace are known."""

import numpy as np
from scipy.signal import butter, lfilter, sosfilt

RATE = 24000

# Formants in hertz, roughly those of a man (Peterson and Barney 1952).
FORMANTS = {
    "a": (730, 1090, 2440),
    "e": (530, 1840, 2480),
    "i": (270, 2290, 3010),
    "o": (570, 840, 2410),
    "u": (300, 870, 2240),
}
_WIDTHS = (60, 90, 150)
_GLIDE_SECONDS = 0.03


def speak(
    sounds: str,
    seconds: float | list[float] = 0.2,
    hertz: float = 120.0,
    fall: float = 0.0,
    seed: int = 0,
) -> np.ndarray:
    """Vowels, `s` and pauses ` `, each as long as `seconds` says: float32 [samples].

    The pitch begins at `hertz` and falls by so many octaves, evenly over the sounds
    however long each of them is.
    """
    lengths = np.round(np.broadcast_to(seconds, len(sounds)) * RATE).astype(int)
    ends = np.cumsum(lengths)
    time = np.arange(ends[-1])
    progress = np.interp(time, [0, *ends], np.linspace(0, 1, len(sounds) + 1))
    pulses = _pulses(hertz * 2 ** (-fall * progress))
    noise = np.random.default_rng(seed).standard_normal(time.size)
    wave = 1e-4 * noise
    for sound in set(sounds) - {" "}:
        said = np.repeat([each == sound for each in sounds], lengths)
        wave += _faded(said) * _sound(sound, pulses, noise)
    return wave.astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


def _pulses(hertz: np.ndarray) -> np.ndarray:
    """A pulse train without what a rate cannot hold: its partials up to 8 kHz."""
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    return sum(np.cos(k * phase) for k in range(1, int(8000 / hertz.max()) + 1))


def _sound(sound: str, pulses: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """One sound held for the whole time, at a level of its own."""
    if sound == "s":
        sharp = butter(4, 4000, "highpass", fs=RATE, output="sos")
        return 0.03 * sosfilt(sharp, noise)
    wave = pulses
    for centre, width in zip(FORMANTS[sound], _WIDTHS, strict=True):
        radius = np.exp(-np.pi * width / RATE)
        poles = [1, -2 * radius * np.cos(2 * np.pi * centre / RATE), radius**2]
        wave = lfilter([sum(poles)], poles, wave)
    return 0.1 * wave / np.sqrt(np.mean(wave**2))


def _faded(said: np.ndarray) -> np.ndarray:
    length = round(_GLIDE_SECONDS * RATE)
    return np.convolve(said, np.hanning(length + 2)[1:-1] * 2 / (length + 1), "same")
