"""Prepare reference recordings: decode, resample, trim, level and check them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hparams import Audio
from moksori.audio.files import decode, resample
from moksori.audio.levels import clipped_share, level, signal_to_noise, trim
from moksori.voices.speech import VoiceError

RATE = 22050
LEAST_SECONDS = 3.0

# By loudness: one click would otherwise decide how loud the voice is.
_AUDIO = Audio(sample_rate=RATE, level="lufs")
# Of a very long file only the beginning is read.
_READ_SECONDS = 180.0
_CLIPPED_SHARE = 0.002
_NOISY_DECIBEL = 15.0
# Sound of constant level is noise, hum or a tone.
_SPEECHLESS_DECIBEL = 3.0
_VOICELESS_SHARE = 0.05


@dataclass(frozen=True)
class Reference:
    """Hold the speech of one speaker: `waves`, float32 [samples] at `RATE` hertz, at
    least `LEAST_SECONDS` each.

    `files` are the names of the recordings, `seconds` is the speech found in them,
    `features` describe them as recorded, `warnings` are in plain words.
    """

    files: tuple[str, ...]
    waves: tuple[np.ndarray, ...]
    seconds: float
    features: dict
    warnings: tuple[str, ...]

    @property
    def record(self) -> dict:
        """Return everything but the waves, as plain values for JSON."""
        return {
            "files": list(self.files),
            "seconds": round(self.seconds, 2),
            "features": self.features,
            "warnings": list(self.warnings),
        }

    def limit(self, seconds: float) -> "Reference":
        """Cut every wave to `seconds`, with a warning if that leaves something out."""
        longest = round(seconds * RATE)
        heard = sum(min(len(wave), longest) for wave in self.waves) / RATE
        if all(len(wave) <= longest for wave in self.waves):
            return self
        note = f"only the first {heard:.1f} of {self.seconds:.1f} s of speech are heard"
        return replace(
            self,
            waves=tuple(wave[:longest] for wave in self.waves),
            warnings=(*self.warnings, note),
        )


def prepare(
    paths: Sequence[str | Path], describe: Callable[..., dict] | None = None
) -> Reference:
    """Prepare recordings of one speaker, in any common format, for cloning.

    Short recordings are concatenated up to `LEAST_SECONDS`; when all of them are
    shorter than that they are repeated, with a warning. `describe(wave, sample_rate,
    original_rate)` returns the features.

    Raises `AudioError` for a file that cannot be read, and `VoiceError` for one
    without speech.
    """
    raws, speeches, warnings = [], [], []
    for path in paths:
        raw, rate = decode(path, at_most_seconds=_READ_SECONDS)
        whole = resample(raw, rate, RATE)
        speech = trim(whole, _AUDIO)
        name = Path(path).name
        _check_speech(name, speech, whole)
        warnings += [f"{name}: {text}" for text in _quality_warnings(raw, whole)]
        raws.append((raw, rate))
        speeches.append(level(speech, _AUDIO))
    seconds = sum(map(len, speeches)) / RATE
    waves = _concatenate_short(speeches)
    if len(waves[0]) < LEAST_SECONDS * RATE:
        times = math.ceil(LEAST_SECONDS * RATE / len(waves[0]))
        waves = [np.tile(waves[0], times)]
        warnings.append(
            f"only {seconds:.1f} s of speech, repeated {times} times: with "
            f"{LEAST_SECONDS:g} s or more the voice is matched better"
        )
    features = describe(*_concatenate_recordings(raws)) if describe else {}
    if features.get("voiced_share", 1.0) < _VOICELESS_SHARE:
        warnings.append("hardly any voice in it: is this speech?")
    return Reference(
        files=tuple(Path(path).name for path in paths),
        waves=tuple(np.ascontiguousarray(wave, np.float32) for wave in waves),
        seconds=seconds,
        features=features,
        warnings=tuple(warnings),
    )


def _check_speech(name: str, speech: np.ndarray, whole: np.ndarray) -> None:
    if not len(speech):
        raise VoiceError(f"{name}: silence, no voice to clone")
    seconds = len(speech) / RATE
    if seconds < _AUDIO.min_seconds:
        raise VoiceError(f"{name}: {seconds:.2f} s of sound, no voice to clone")
    if signal_to_noise(whole, RATE) < _SPEECHLESS_DECIBEL:
        raise VoiceError(f"{name}: no speech stands out of its noise")


def _quality_warnings(raw: np.ndarray, whole: np.ndarray) -> list[str]:
    found, share = [], clipped_share(raw)
    if share > _CLIPPED_SHARE:
        found.append(f"overdriven ({share:.1%} of its samples are clipped)")
    noise = signal_to_noise(whole, RATE)
    if noise < _NOISY_DECIBEL:
        found.append(f"noisy (speech stands {noise:.0f} dB above the noise)")
    return found


def _concatenate_short(speeches: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Concatenate neighbours until each wave has `LEAST_SECONDS`.

    A short remainder is appended to the last wave. Each wave gives one speaker
    embedding, so a single word would otherwise count as much as a minute.
    """
    joined = [speeches[0]]
    for speech in speeches[1:]:
        if len(joined[-1]) < LEAST_SECONDS * RATE:
            joined[-1] = np.concatenate([joined[-1], speech])
        else:
            joined.append(speech)
    if len(joined) > 1 and len(joined[-1]) < LEAST_SECONDS * RATE:
        rest = joined.pop()
        joined[-1] = np.concatenate([joined[-1], rest])
    return joined


def _concatenate_recordings(raws: Sequence[tuple[np.ndarray, int]]):
    """Return `(wave, rate, original rate)`: a single file unchanged, several
    concatenated at the lowest of their rates."""
    if len(raws) == 1:
        return *raws[0], raws[0][1]
    rate = min(rate for _, rate in raws)
    return np.concatenate([resample(raw, own, rate) for raw, own in raws]), rate, rate
