"""What a reader makes of a folder: utterances, and what was wrong with it."""

import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from datasets.rejections import Reason, Rejected


class CorpusError(ValueError):
    """A folder that is no corpus; the message is one line."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One recorded sentence; `start_seconds` and `end_seconds` cut it from a file."""

    id: str
    speaker: str
    text: str
    path: Path
    start_seconds: float | None = None
    end_seconds: float | None = None


@dataclass
class Corpus:
    """The utterances of a folder in a fixed order, and what was wrong with it.

    `notes` are lines about the corpus as a whole that its user should know.
    """

    folder: Path
    format: str
    utterances: list[Utterance] = field(default_factory=list)
    problems: list[Rejected] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, id: str, speaker: str, text: str, path: Path | None, **cut) -> None:
        """Append an utterance; reject it where `path` is None or no file."""
        if path is None or not path.is_file():
            self.reject(id, Reason.MISSING, f"no recording {path or id}")
            return
        text = unicodedata.normalize("NFC", text).strip()
        self.utterances.append(Utterance(id, speaker, text, path, **cut))

    def reject(self, id: str, reason: Reason, detail: str) -> None:
        """Note that an utterance is left out, and why."""
        self.problems.append(Rejected(id, "", reason, detail))

    def reject_line(self, table: Path, number: int, detail: str) -> None:
        """Note that line `number` of a table is not whole, and why."""
        where = f"{table}, line {number}"
        self.reject(f"{table.name}:{number}", Reason.TORN_LINE, f"{where}: {detail}")

    def summary(self) -> str:
        """What was found, in a line."""
        return f"{self.folder}: {self.format}, {len(self.utterances)} utterances"
