"""What a voice of any kind makes of a line, and what can be asked of one."""

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hparams import Hparams
from moksori.training.runs import RunError
from moksori.voices import stopping
from moksori.voices.reading import Reading

_SPEEDS = (0.25, 4.0)


class VoiceError(RunError):
    """A voice that cannot speak as asked; the text is one clear line for the person."""


class LineError(VoiceError):
    """A line that this voice or machine could not speak; it may speak the others."""


@dataclass(frozen=True)
class Speech:
    """One spoken line.

    wave float32 [samples], no louder than full scale; mel [frames, mels], normalised,
    with frames * hop_length = samples; alignment [steps, symbols], the pieces of a long
    line one after the other, without the pauses between them, or None where a voice
    has none, and then no symbols either. `stopped` is a reason named in
    `voices.stopping`, the worst of the pieces; `spent_seconds` is this line's share of
    the time that its batches took, vocoder included.
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

    @property
    def seconds(self) -> float:
        return len(self.wave) / self.sample_rate

    @property
    def real_time_factor(self) -> float:
        """Seconds of computing for a second of sound."""
        return self.spent_seconds / self.seconds


class Voice(Protocol):
    """What speaks: `read` a line, then `stream` speeches or the `sound` of one.

    `settings.audio` is how it sounds, `speakers` are the names it can speak as.
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
        """`(index, speech)` of each reading as soon as it is spoken, or why it is not.

        Raises `VoiceError` at once for a speaker or speed the voice does not have.
        """
        ...

    def sound(
        self,
        reading: Reading,
        speaker: str | int | None = None,
        seed: int = 0,
        speed: float = 1.0,
    ) -> Iterator[np.ndarray]:
        """The wave of one reading in chunks, each as soon as it is made.

        Raises `VoiceError` as `stream` does, and `LineError` on the way.
        """
        ...

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
        """Of one of its `speakers`, as the function `speaker_number` says."""
        return speaker_number(self.speakers, speaker)


def speaker_number(speakers: Sequence[str], speaker: str | int | None) -> int:
    """The number of a speaker by name or number; None is the first.

    Raises `VoiceError`, naming the nearest, for one that is not among them.
    """
    if speaker is None:
        return 0
    if speaker in speakers:
        return speakers.index(speaker)
    if str(speaker).isdecimal() and int(speaker) < len(speakers):
        return int(speaker)
    near = difflib.get_close_matches(str(speaker), speakers, n=5, cutoff=0.0)
    raise VoiceError(f"no speaker {speaker}; there are: {', '.join(near)}")


def check_speed(speed: float) -> None:
    """Raises `VoiceError` for a speed at which no voice is understood."""
    if not _SPEEDS[0] <= speed <= _SPEEDS[1]:
        raise VoiceError(f"speed must be between {_SPEEDS[0]} and {_SPEEDS[1]}")


def warnings_of(reading: Reading, stopped: str) -> tuple[str, ...]:
    """What is doubtful about a line before anybody has heard it, in plain words."""
    warnings = []
    if reading.dropped:
        warnings.append(f"left out: {' '.join(reading.dropped)}")
    if stopped != stopping.TOKEN:
        warnings.append(f"no stop token, ended by: {stopped}")
    return tuple(warnings)
