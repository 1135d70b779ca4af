"""The folder that spoken lines are written to.

    0001.wav, 0001.png   sound and alignment of line 1
    manifest.jsonl       a row for each line, in the order in which they were finished

The script hands in what it draws and judges with, so this room needs neither.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from audio.files import save
from voices.reading import TextError
from voices.trained import Speech, TrainedVoice


class Output:
    """Writes lines as they come; whatever is written is whole, so a run that is stopped
    keeps what it finished. An earlier manifest is replaced with the first row.

    `judge(speech) -> (figures, complaints)` looks at the attention; `draw(speech,
    path)` makes its picture.
    """

    def __init__(
        self,
        folder: str | Path,
        judge: Callable[[Speech], tuple[dict, list[str]]],
        draw: Callable[[Speech, Path], object],
    ):
        self.folder = Path(folder)
        self._judge, self._draw = judge, draw
        self._begun = False

    def write(self, line: int, speech: Speech) -> dict:
        """Sound, picture and row of a line, which is counted from 1; gives the row."""
        wav, picture = (self.folder / f"{line:04d}.{kind}" for kind in ("wav", "png"))
        self.folder.mkdir(parents=True, exist_ok=True)
        save(wav, speech.wave, speech.sample_rate)
        self._draw(speech, picture)
        figures, complaints = self._judge(speech)
        return self._row(
            {
                "line": line,
                "text": speech.text,
                "spoken": speech.spoken,
                "speaker": speech.speaker,
                "wav": wav.name,
                "alignment": picture.name,
                "seconds": round(speech.seconds, 4),
                "real_time_factor": round(speech.real_time_factor, 4),
                "stopped": speech.stopped,
                "attention": figures,
                "warnings": [*speech.warnings, *complaints],
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
    voice: TrainedVoice,
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
    readings, refused = {}, {}
    for number, line in enumerate(lines, 1):
        try:
            readings[number] = voice.read(line)
        except TextError as error:
            refused[number] = str(error)
    speeches = voice.stream(list(readings.values()), speaker, seed, speed)
    for number, error in refused.items():
        output.refuse(number, lines[number - 1], error)
        say(f"line {number}: {error}")
    progress(len(refused), len(lines))
    numbers = list(readings)
    for done, (i, speech) in enumerate(speeches, len(refused) + 1):
        for warning in output.write(numbers[i], speech)["warnings"]:
            say(f"line {numbers[i]}: {warning}")
        progress(done, len(lines))
    return len(refused)
