"""Define `Voice`, the interface of every kind of voice, and the `Speech` it makes."""

import difflib
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from hparams import Hparams
from moksori.audio.files import save
from moksori.training.runs import RunError
from moksori.voices import stopping
from moksori.voices.reading import Reading

_SPEEDS = (0.25, 4.0)


class VoiceError(RunError):
    """Report that a voice cannot speak as asked; the text is one line for the user."""


class LineError(VoiceError):
    """Report that one line could not be spoken; others may succeed."""


@dataclass(frozen=True)
class Speech:
    """Hold one spoken line.

    wave float32 [samples], at most full scale; mel [frames, mels], normalised, with
    frames * hop_length = samples; alignment [steps, symbols], the pieces of a long line
    one after the other, without the pauses between them, or None (and no symbols) if
    the voice has none. `stopped` is a reason of `voices.stopping`, the worst of the
    pieces; `spent_seconds` is this line's share of the time of its batches, vocoder
    included. Of a line that failed and was spoken again, `attempts` counts how often,
    `remedies` say what was done (`voices.retrying`), and `failed` what had gone wrong.
    """

    wave: np.ndarray
    sample_rate: int
    mel: np.ndarray
    alignment: np.ndarray | None
    step_seconds: float
    text: str
    spoken: str
    symbols: tuple[str, ...]
    speaker: str
    stopped: str
    warnings: tuple[str, ...]
    spent_seconds: float
    attempts: int = 1
    remedies: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        return len(self.wave) / self.sample_rate

    @property
    def real_time_factor(self) -> float:
        """Return the seconds of computing for a second of sound."""
        return self.spent_seconds / self.seconds

    def save(self, path: str | Path) -> None:
        """Write a 16-bit wav file, atomically. Raises `AudioError`."""
        save(path, self.wave, self.sample_rate)


class Voice(Protocol):
    """Speak: `read` lines, then `stream` their speeches or the `sound` of one.

    `settings.audio` describes the sound, `speakers` are the names of its speakers.
    """

    settings: Hparams
    speakers: tuple[str, ...]

    def read(self, text: str) -> Reading:
        """Prepare a line; raises `TextError` when it cannot be spoken."""
        ...

    def stream(
        self,
        readings: Sequence[Reading],
        speaker: str | int | None = None,
        seed: int = 0,
        speed: float = 1.0,
    ) -> Iterator[tuple[int, Speech | LineError]]:
        """Yield `(index, speech)` of each reading once it is spoken, or its error.

        Raises `VoiceError` at once for a speaker or speed the voice does not have.
        """
        ...

    def sound(
        self,
        reading: Reading,
        speaker: str | int | None = None,
        seed: int = 0,
        speed: float = 1.0,
        say: Callable[[str], object] = lambda text: None,
    ) -> Iterator[np.ndarray]:
        """Yield the wave of one reading in chunks, each as soon as it is made.

        Notes about the line go to `say(text)`. Raises `VoiceError` at once, as `stream`
        does, and `LineError` while it speaks.
        """
        ...

    def warm_up(self) -> Iterator[None]:
        """Prepare for the first line, step by step, for whoever has time to wait."""
        return iter(())

    def speak(
        self,
        texts: Sequence[str],
        speaker: str | int | None = None,
        seed: int = 0,
        speed: float = 1.0,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[Speech]:
        """Speak every text, in order; `progress(done, total)` counts texts.

        Equal seeds give equal speech. `speed` 2 is twice as fast, at the same pitch.
        Raises `TextError` for the first text that cannot be spoken, before any is, and
        `LineError` for one that fails later.
        """
        readings = [self.read(text) for text in texts]
        speeches: dict[int, Speech] = {}
        for i, speech in self.stream(readings, speaker, seed, speed):
            if isinstance(speech, LineError):
                raise speech
            speeches[i] = speech
            if progress is not None:
                progress(len(speeches), len(readings))
        return [speeches[i] for i in range(len(readings))]

    def speaker_number(self, speaker: str | int | None) -> int:
        """Return the number of one of its speakers; see the function of this name."""
        return speaker_number(self.speakers, speaker)


def speaker_number(speakers: Sequence[str], speaker: str | int | None) -> int:
    """Return the number of a speaker, given by name or number; None is the first.

    Raises `VoiceError`, naming the nearest, for one that is not among them.
    """
    if speaker is None:
        return 0
    if isinstance(speaker, str):
        # macOS decomposes names, in folders that became speakers and in a terminal.
        names = [unicodedata.normalize("NFC", name) for name in speakers]
        if (name := unicodedata.normalize("NFC", speaker)) in names:
            return names.index(name)
    if str(speaker).isdecimal() and int(speaker) < len(speakers):
        return int(speaker)
    near = difflib.get_close_matches(str(speaker), speakers, n=5, cutoff=0.0)
    raise VoiceError(f"no speaker {speaker}; there are: {', '.join(near)}")


def check_speed(speed: float) -> None:
    """Raise `VoiceError` for a speed outside 0.25 to 4."""
    if not _SPEEDS[0] <= speed <= _SPEEDS[1]:
        raise VoiceError(f"speed must be between {_SPEEDS[0]} and {_SPEEDS[1]}")


def warnings_of(reading: Reading, stopped: str) -> tuple[str, ...]:
    """Return warnings about a line that need no listening, in plain words."""
    warnings = []
    if reading.dropped:
        warnings.append(f"left out: {' '.join(reading.dropped)}")
    if stopped != stopping.TOKEN:
        warnings.append(no_stop_token(stopped))
    return tuple(warnings)


def no_stop_token(stopped: str) -> str:
    """Say that a line ended for another reason of `voices.stopping` than its token."""
    return f"no stop token, ended by: {stopped}"
