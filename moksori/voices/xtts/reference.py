"""Recordings of a voice, prepared to be cloned: found, trimmed, levelled, judged."""

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
# A file of hours is read so far.
_READ_SECONDS = 180.0
_CLIPPED_SHARE = 0.002
_NOISY_DECIBEL = 15.0
# What never changes its level is noise, hum or a tone.
_SPEECHLESS_DECIBEL = 3.0
_VOICELESS_SHARE = 0.05


@dataclass(frozen=True)
class Reference:
    """Speech of one speaker: `waves` float32 [samples] at `RATE` hertz, of at least
    `LEAST_SECONDS` each.

    `files` are their names, `seconds` what speech there was in them, `features` what
    the recordings were like before anything was done to them, `warnings` what is
    doubtful, in plain words.
    """

    files: tuple[str, ...]
    waves: tuple[np.ndarray, ...]
    seconds: float
    features: dict
    warnings: tuple[str, ...]

    @property
    def record(self) -> dict:
        """All but the waves, as plain values for JSON."""
        return {
            "files": list(self.files),
            "seconds": round(self.seconds, 2),
            "features": self.features,
            "warnings": list(self.warnings),
        }

    def within(self, seconds: float) -> "Reference":
        """Of every wave no more than a model hears; what is left out is said."""
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
    """The speech in recordings of any common format, all of one speaker.

    Short ones are put together until there are `LEAST_SECONDS`; where all of them are
    not enough they are repeated, with a warning. `describe(wave, sample_rate,
    original_rate)` gives the features.

    Raises `AudioError` for a file that cannot be read, and `VoiceError` for one
    without speech.
    """
    raws, speeches, warnings = [], [], []
    for path in paths:
        raw, rate = decode(path, at_most_seconds=_READ_SECONDS)
        whole = resample(raw, rate, RATE)
        speech = trim(whole, _AUDIO)
        name = Path(path).name
        _refuse_speechless(name, speech, whole)
        warnings += [f"{name}: {doubt}" for doubt in _doubts(raw, whole)]
        raws.append((raw, rate))
        speeches.append(level(speech, _AUDIO))
    seconds = sum(map(len, speeches)) / RATE
    waves = _together(speeches)
    if len(waves[0]) < LEAST_SECONDS * RATE:
        times = math.ceil(LEAST_SECONDS * RATE / len(waves[0]))
        waves = [np.tile(waves[0], times)]
        warnings.append(
            f"only {seconds:.1f} s of speech, repeated {times} times: with "
            f"{LEAST_SECONDS:g} s or more the voice is met better"
        )
    features = describe(*_as_recorded(raws)) if describe else {}
    if features.get("voiced_share", 1.0) < _VOICELESS_SHARE:
        warnings.append("hardly any voice in it: is this speech?")
    return Reference(
        files=tuple(Path(path).name for path in paths),
        waves=tuple(np.ascontiguousarray(wave, np.float32) for wave in waves),
        seconds=seconds,
        features=features,
        warnings=tuple(warnings),
    )


def _refuse_speechless(name: str, speech: np.ndarray, whole: np.ndarray) -> None:
    if not len(speech):
        raise VoiceError(f"{name}: silence, no voice to clone")
    seconds = len(speech) / RATE
    if seconds < _AUDIO.min_seconds:
        raise VoiceError(f"{name}: {seconds:.2f} s of sound, no voice to clone")
    if signal_to_noise(whole, RATE) < _SPEECHLESS_DECIBEL:
        raise VoiceError(f"{name}: no speech stands out of its noise")


def _doubts(raw: np.ndarray, whole: np.ndarray) -> list[str]:
    doubts, share = [], clipped_share(raw)
    if share > _CLIPPED_SHARE:
        doubts.append(f"overdriven ({share:.1%} of its samples are clipped)")
    noise = signal_to_noise(whole, RATE)
    if noise < _NOISY_DECIBEL:
        doubts.append(f"noisy (speech stands {noise:.0f} dB above the noise)")
    return doubts


def _together(speeches: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Neighbours joined until each has `LEAST_SECONDS`; a short rest goes to the last.

    Each becomes a speaker embedding, and that of a word would count as much as that of
    a minute.
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


def _as_recorded(raws: Sequence[tuple[np.ndarray, int]]):
    """`(wave, rate, original rate)`: one file as it is, several at one rate in a row,
    and then the lowest rate of all."""
    if len(raws) == 1:
        return *raws[0], raws[0][1]
    rate = min(rate for _, rate in raws)
    return np.concatenate([resample(raw, own, rate) for raw, own in raws]), rate, rate
