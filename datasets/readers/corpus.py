"""What a reader makes of a folder: utterances, and what was wrong with it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from datasets.readers.recordings import Index, compose
from datasets.readers.sources import CorpusError
from datasets.rejections import Reason, Rejected

__all__ = ["Corpus", "CorpusError", "Utterance"]


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
    _named: set[Path] = field(default_factory=set, repr=False, compare=False)
    _elsewhere: list[str] = field(default_factory=list, repr=False, compare=False)

    @cached_property
    def recordings(self) -> Index:
        """The recordings below the folder, by name."""
        return Index(self.folder)

    def add(self, id: str, speaker: str, text: str, path: Path | None, **cut) -> None:
        """Append an utterance; reject it where `path` is None or no file.

        Its id, speaker and text are composed (NFC), so that equal ones compare equal.
        """
        if path is None or not path.is_file():
            self.reject(id, Reason.MISSING, f"no recording {path or id}")
            return
        self._named.add(path)
        id, speaker = compose(id), compose(speaker).strip()
        text = compose(text).strip()
        self.utterances.append(Utterance(id, speaker, text, path, **cut))

    def find(
        self, id: str, written: str, speaker: str | None = None, near: str = ""
    ) -> Path | None:
        """Find the recording that a transcript calls `written`, as `Index` does.

        The utterance `id` is rejected where there is none, and the name as written is
        in the reason.
        """
        found = self.recordings.look_up(written, speaker, near)
        if found.path is None:
            self.reject(id, Reason.MISSING, found.remark)
        else:
            self._named.add(found.path)
            self._elsewhere += [found.remark] if found.remark else []
        return found.path

    def reject(
        self, id: str, reason: Reason, detail: str, path: Path | None = None
    ) -> None:
        """Note that an utterance, whose recording is `path`, is left out, and why."""
        self.problems.append(Rejected(compose(id), "", reason, detail))
        if path is not None:
            self._named.add(path)

    def reject_line(self, table: Path, number: int, detail: str) -> None:
        """Note that line `number` of a table is not whole, and why."""
        where = f"{table}, line {number}"
        self.reject(f"{table.name}:{number}", Reason.TORN_LINE, f"{where}: {detail}")

    def damaged_lines(self, table: Path) -> Callable[[int, str], None]:
        """Return a function that rejects a line of a table by its number and damage."""
        return lambda number, detail: self.reject_line(table, number, detail)

    def is_named(self, path: Path) -> bool:
        """Whether an utterance, or one that is left out, has this recording."""
        return path in self._named

    def close(self) -> None:
        """Reject recordings without a text, or with two; sum up what lies elsewhere."""
        self._reject_contradictions()
        for path in self.recordings.paths:
            if path not in self._named:
                detail = f"{path}: no transcript names it"
                self.reject(path.stem, Reason.NO_TRANSCRIPT, detail)
        if self._elsewhere:
            count, first = len(self._elsewhere), self._elsewhere[0]
            self.notes.append(
                f"{self.folder}: {count} recordings lie elsewhere, or have another "
                f"suffix, than the transcript says; the first: {first}"
            )

    def _reject_contradictions(self) -> None:
        """Reject utterances of one recording, or cut, whose texts are not the same."""
        texts: dict[tuple, set[str]] = {}
        for one in self.utterances:
            cut = one.path, one.start_seconds, one.end_seconds
            texts.setdefault(cut, set()).add(one.text)
        several = {cut: said for cut, said in texts.items() if len(said) > 1}
        kept = []
        for one in self.utterances if several else ():
            said = several.get((one.path, one.start_seconds, one.end_seconds))
            if said:
                detail = f"{one.path}: has {len(said)} texts, one is {one.text[:40]!r}"
                self.reject(one.id, Reason.CONTRADICTION, detail)
            else:
                kept.append(one)
        self.utterances = kept if several else self.utterances

    def summary(self) -> str:
        """What was found, in a line."""
        return f"{self.folder}: {self.format}, {len(self.utterances)} utterances"
