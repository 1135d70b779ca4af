"""Add what a text beside a recording says: one utterance, or one for every cue."""

import os
from pathlib import Path

from datasets.readers import recordings, sources, timed_texts
from datasets.readers.corpus import Corpus, CorpusError
from datasets.readers.timed_texts import Cue
from datasets.rejections import Reason

# Of several beside one recording the first is taken: times tell more than none.
SUFFIXES = (".srt", ".vtt", ".textgrid", ".txt")


class Files:
    """The text files below a folder, for paths that another machine wrote."""

    def __init__(self, folder: Path):
        self._held = {
            recordings.compose(name).casefold(): folder / name
            for name in sources.walk(folder)
            if _is_text(name)
        }

    def find(self, written: str) -> Path | None:
        """The file whose path ends as `written` does; None where that names no text.

        Raises `CorpusError` for the path of a text that is not there.
        """
        name = recordings.compose(written).casefold().replace("\\", "/").strip()
        if not _is_text(name):
            return None
        parts = [part for part in name.split("/") if part not in ("", ".", "..")]
        for first in range(len(parts)):
            if file := self._held.get("/".join(parts[first:])):
                return file
        raise CorpusError(f"names a text that is not there: {written}")


def _is_text(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in SUFFIXES


def add_text(corpus: Corpus, id: str, speaker: str, sound: Path, text: Path) -> None:
    """Append the utterances of a recording whose transcript is the file `text`.

    A transcript with times cuts the recording; its utterances are called `id` and the
    number of the cue. Raises `CorpusError` for a file that cannot be read.
    """
    content = sources.read_text(text)
    try:
        cues = timed_texts.read_cues(content)
    except timed_texts.TimedTextError as error:
        raise CorpusError(f"{text}: {error}") from None
    if cues is None:
        if text.suffix.lower() != ".txt":
            raise CorpusError(f"{text}: holds no times")
        corpus.add(id, speaker, " ".join(content.split()), sound)
        return
    if not cues:
        raise CorpusError(f"{text}: holds no sentence")
    add_cues(corpus, id, speaker, sound, text, cues)


def try_text(corpus: Corpus, id: str, speaker: str, sound: Path, text: Path) -> bool:
    """Append as `add_text` does; reject the recording where that raises."""
    try:
        add_text(corpus, id, speaker, sound, text)
    except CorpusError as error:
        corpus.reject(id, Reason.NO_TRANSCRIPT, str(error), sound)
        return False
    return True


def add_cues(
    corpus: Corpus, id: str, speaker: str, sound: Path, table: Path, cues: list[Cue]
) -> None:
    """Append an utterance for every cue of `table`, or reject it with its problem."""
    for number, cue in enumerate(cues, start=1):
        name = f"{id}_{number:04d}"
        if cue.problem:
            reason, detail = cue.problem
            where = f"cue {number} at {cue.start_seconds:.2f} s"
            corpus.reject(name, reason, f"{table}, {where}: {detail}", sound)
            continue
        cut = {"start_seconds": cue.start_seconds, "end_seconds": cue.end_seconds}
        corpus.add(name, cue.speaker or speaker, cue.text, sound, **cut)
