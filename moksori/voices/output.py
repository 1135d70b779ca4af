"""The folder that spoken lines are written to.

    0001.wav, 0001.png   sound and alignment of line 1
    manifest.jsonl       a row for each line, in the order in which they were finished

The script hands in what it judges with, so this room does not need it.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from tqdm import tqdm

from moksori.audio.files import save
from moksori.training.callbacks import guarded
from moksori.training.figures import alignment
from moksori.voices.joining import pause
from moksori.voices.reading import TextError
from moksori.voices.speech import LineError, Speech, Voice

_BETWEEN_LINES_SECONDS = 0.5


class Output:
    """Writes lines as they come; whatever is written is whole, so a run that is stopped
    keeps what it finished. An earlier manifest is replaced with the first row.

    `judge(speech) -> (figures, complaints)` looks at the attention of those that have
    one. `facts` stand in every row of a spoken line.
    """

    def __init__(
        self,
        folder: str | Path,
        judge: Callable[[Speech], tuple[dict, list[str]]] | None = None,
        facts: dict | None = None,
    ):
        self.folder = Path(folder)
        self._judge, self._facts = judge, facts or {}
        self._begun = False

    def write(self, line: int, speech: Speech) -> dict:
        """Sound, picture and row of a line, which is counted from 1; gives the row."""
        wav, picture = (self.folder / f"{line:04d}.{kind}" for kind in ("wav", "png"))
        self.folder.mkdir(parents=True, exist_ok=True)
        save(wav, speech.wave, speech.sample_rate)
        figures, complaints = None, []
        if speech.alignment is None:
            picture.unlink(missing_ok=True)
        else:
            guarded(
                "picture",
                alignment,
                speech.alignment,
                speech.symbols,
                path=picture,
                step_seconds=speech.step_seconds,
            )
            if self._judge is not None:
                figures, complaints = self._judge(speech)
        return self._row(
            {
                "line": line,
                "text": speech.text,
                "spoken": speech.spoken,
                "speaker": speech.speaker,
                "wav": wav.name,
                "alignment": None if speech.alignment is None else picture.name,
                "seconds": round(speech.seconds, 4),
                "real_time_factor": round(speech.real_time_factor, 4),
                "stopped": speech.stopped,
                "attention": figures,
                "warnings": [*speech.warnings, *complaints],
                **self._facts,
            }
        )

    def refuse(self, line: int, text: str, error: str) -> dict:
        """The row of a line that cannot be spoken; files of an earlier call go."""
        for kind in ("wav", "png"):
            (self.folder / f"{line:04d}.{kind}").unlink(missing_ok=True)
        return self._row({"line": line, "text": text, "error": error})

    def _row(self, row: dict) -> dict:
        self.folder.mkdir(parents=True, exist_ok=True)
        mode, self._begun = "a" if self._begun else "w", True
        with open(self.folder / "manifest.jsonl", mode, encoding="utf-8") as manifest:
            manifest.write(json.dumps(row, ensure_ascii=False) + "\n")
        return row


def speak_lines(
    voice: Voice,
    lines: Sequence[str],
    output: Output,
    *,
    speaker: str | int | None = None,
    seed: int = 0,
    speed: float = 1.0,
    say: Callable[[str], object] = lambda text: None,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> int:
    """Speak `lines` into `output`; returns how many could not be spoken.

    What is wrong with a line, or doubtful about its speech, is told to `say` and stands
    in the manifest; the other lines are spoken. `progress(done, total)` counts lines.
    Raises `VoiceError`, before anything is written, for a speaker or speed that the
    voice does not have.
    """
    readings, refused = _readings(voice, lines)
    speeches = voice.stream(list(readings.values()), speaker, seed, speed)
    for number, error in refused.items():
        output.refuse(number, lines[number - 1], error)
        say(f"line {number}: {error}")
    progress(len(refused), len(lines))
    numbers = list(readings)
    failed = len(refused)
    for done, (i, speech) in enumerate(speeches, len(refused) + 1):
        number = numbers[i]
        if isinstance(speech, LineError):
            failed += 1
            output.refuse(number, lines[number - 1], str(speech))
            say(f"line {number}: {speech}")
        else:
            for warning in output.write(number, speech)["warnings"]:
                say(f"line {number}: {warning}")
        progress(done, len(lines))
    return failed


def speak_aloud(
    voice: Voice,
    lines: Sequence[str],
    write: Callable[[np.ndarray], object],
    *,
    speaker: str | int | None = None,
    seed: int = 0,
    speed: float = 1.0,
    say: Callable[[str], object] = lambda text: None,
) -> int:
    """Speak `lines` one after another into `write(chunk)`, in chunks float [samples]
    as they are made; returns how many could not be spoken, which `say` is told.

    Raises `VoiceError`, before anything is written, for a speaker or speed that the
    voice does not have.
    """
    readings, refused = _readings(voice, lines)
    for number, error in refused.items():
        say(f"line {number}: {error}")
    between, failed = None, len(refused)
    for number, reading in readings.items():
        if between is not None:
            write(between)
        try:
            for chunk in voice.sound(reading, speaker, seed, speed):
                write(chunk)
        except LineError as error:
            failed += 1
            say(f"line {number}: {error}")
        between = pause(_BETWEEN_LINES_SECONDS / speed, voice.settings.audio)
    return failed


def _readings(voice: Voice, lines: Sequence[str]):
    """`(readings, errors)` by line, counted from 1."""
    readings, refused = {}, {}
    for number, line in enumerate(lines, 1):
        try:
            readings[number] = voice.read(line)
        except TextError as error:
            refused[number] = str(error)
    return readings, refused


@contextmanager
def line_bar(count: int) -> Iterator[dict[str, Callable]]:
    """`say` and `progress` for `speak_lines`: a bar of lines on standard error where
    somebody watches, and what is said above it."""
    with tqdm(total=count, unit="line", disable=None) as bar:
        yield {
            "say": lambda text: tqdm.write(text, file=sys.stderr),
            "progress": lambda done, total: bar.update(done - bar.n),
        }


@contextmanager
def sound_bar() -> Iterator[Callable[[float, float], None]]:
    """A `progress(done, total)` in seconds of sound that draws a line with the time
    left; nothing is drawn where nobody watches, or before it is called."""
    bar = None

    def progress(done: float, total: float) -> None:
        nonlocal bar
        if bar is None or done < bar.n or bar.total != round(total, 1):
            if bar is not None:
                bar.close()
            bar = tqdm(
                total=round(total, 1),
                unit="s",
                desc="sound",
                disable=None,
                leave=False,
                mininterval=0.5,
            )
        bar.update(round(done, 1) - bar.n)

    try:
        yield progress
    finally:
        if bar is not None:
            bar.close()
