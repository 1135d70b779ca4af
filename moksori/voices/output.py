"""Write spoken lines into a folder or a stream.

0001.wav, 0001.png   sound and alignment of line 1
manifest.jsonl       a row for each line, in the order of the lines
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from moksori.audio.joining import pause
from moksori.storage import write_text
from moksori.training.callbacks import guarded
from moksori.training.figures import alignment
from moksori.voices.reading import TextError
from moksori.voices.speech import LineError, Speech, Voice, check_speed

_BETWEEN_LINES_SECONDS = 0.5


class Output:
    """Write lines as they are finished; used in a `with` block.

    A row is appended as soon as its line is finished, so a run that is killed keeps
    what it finished; at the end of the block the manifest is sorted by line. An
    earlier manifest is replaced with the first row.

    `judge(speech) -> (figures, warnings)` evaluates the attention of a voice that has
    one. `facts` are fields of every row of a spoken line.
    """

    def __init__(
        self,
        folder: str | Path,
        judge: Callable[[Speech], tuple[dict, list[str]]] | None = None,
        facts: dict | None = None,
    ):
        self.folder = Path(folder)
        self._judge, self._facts = judge, facts or {}
        self._rows: dict[int, str] = {}

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.jsonl"

    def __enter__(self) -> "Output":
        return self

    def __exit__(self, *error) -> None:
        if self._rows:
            rows = (row for _, row in sorted(self._rows.items()))
            write_text(self.manifest, "".join(rows))

    def write(self, line: int, speech: Speech) -> dict:
        """Write sound, picture and row of a line, counted from 1; returns the row."""
        wav, picture = (self.folder / f"{line:04d}.{kind}" for kind in ("wav", "png"))
        self.folder.mkdir(parents=True, exist_ok=True)
        speech.save(wav)
        figures, warnings = None, []
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
                figures, warnings = self._judge(speech)
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
                "attempts": speech.attempts,
                "remedies": list(speech.remedies),
                "failed": list(speech.failed),
                "warnings": [*speech.warnings, *warnings],
                **self._facts,
            }
        )

    def refuse(self, line: int, text: str, error: str) -> dict:
        """Write the row of a line that cannot be spoken; deletes its earlier files."""
        for kind in ("wav", "png"):
            (self.folder / f"{line:04d}.{kind}").unlink(missing_ok=True)
        return self._row({"line": line, "text": text, "error": error})

    def _row(self, row: dict) -> dict:
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(row, ensure_ascii=False) + "\n"
        with open(self.manifest, "a" if self._rows else "w", encoding="utf-8") as file:
            file.write(text)
        self._rows[row["line"]] = text
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

    Errors and warnings about a line go to `say(text)` and into the manifest; the other
    lines are spoken. `progress(done, total)` counts lines. Raises `VoiceError`, before
    anything is written, for a speaker or speed that the voice does not have.
    """
    readings, errors = _read_lines(voice, lines)
    speeches = voice.stream(list(readings.values()), speaker, seed, speed)
    numbers, done = list(readings), len(errors)
    with output:
        for number, error in errors.items():
            output.refuse(number, lines[number - 1], error)
            say(f"line {number}: {error}")
        progress(done, len(lines))
        for i, speech in speeches:
            number, done = numbers[i], done + 1
            if isinstance(speech, LineError):
                errors[number] = str(speech)
                output.refuse(number, lines[number - 1], str(speech))
                say(f"line {number}: {speech}")
            else:
                for warning in output.write(number, speech)["warnings"]:
                    say(f"line {number}: {warning}")
            progress(done, len(lines))
    return len(errors)


def speak_aloud(
    voice: Voice,
    lines: Iterable[str | None],
    write: Callable[[np.ndarray], object],
    *,
    speaker: str | int | None = None,
    seed: int = 0,
    speed: float = 1.0,
    say: Callable[[str], object] = lambda text: None,
) -> int:
    """Speak `lines` one after another into `write(chunk)`, float [samples], as the
    chunks are made; returns how many could not be spoken.

    None among the lines says that the next has not come yet: the pause is written and
    the voice warmed up meanwhile. Errors and notes go to `say(text)`. Raises
    `VoiceError`, before a line is waited for, for a speaker or speed that the voice
    does not have.
    """
    voice.speaker_number(speaker)
    check_speed(speed)
    silence = pause(_BETWEEN_LINES_SECONDS / speed, voice.settings.audio)
    pauses: list[np.ndarray] = []
    warm_up, number, failed = voice.warm_up(), 0, 0
    for line in lines:
        if line is None:
            if pauses:
                write(pauses.pop())
            next(warm_up, None)
            continue
        number += 1
        note = partial(_say_of_line, say, number)
        try:
            chunks = voice.sound(voice.read(line), speaker, seed, speed, note)
            for chunk in chunks:
                while pauses:
                    write(pauses.pop())
                write(chunk)
            pauses = [silence]
        except (TextError, LineError) as error:
            failed += 1
            note(error)
    return failed


def _say_of_line(say: Callable[[str], object], number: int, text: object) -> None:
    say(f"line {number}: {text}")


def _read_lines(voice: Voice, lines: Sequence[str]):
    """Return `(readings, errors)` by the number of a line, counted from 1."""
    readings, errors = {}, {}
    for number, line in enumerate(lines, 1):
        try:
            readings[number] = voice.read(line)
        except TextError as error:
            errors[number] = str(error)
    return readings, errors


@contextmanager
def line_bar(count: int) -> Iterator[dict[str, Callable]]:
    """Yield `say` and `progress` for `speak_lines`: a progress bar of lines if standard
    error is a terminal, with the messages above it."""
    with tqdm(total=count, unit="line", disable=None) as bar:
        yield {
            "say": lambda text: tqdm.write(text, file=sys.stderr),
            "progress": lambda done, total: bar.update(done - bar.n),
        }


@contextmanager
def sound_bar() -> Iterator[Callable[[float, float], None]]:
    """Yield `progress(done, total)` in seconds of sound, which draws a progress bar if
    standard error is a terminal, from its first call on."""
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
