"""Add what a text beside a recording says: one utterance, or one for every cue."""

from pathlib import Path

from datasets.readers import sources, timed_texts
from datasets.readers.corpus import Corpus, CorpusError
from datasets.readers.timed_texts import Cue

# Of several beside one recording the first is taken: times tell more than none.
SUFFIXES = (".srt", ".vtt", ".textgrid", ".txt")


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


def add_cues(
    corpus: Corpus, id: str, speaker: str, sound: Path, table: Path, cues: list[Cue]
) -> None:
    """Append an utterance for every cue of `table`, or reject it with its problem."""
    for number, cue in enumerate(cues, start=1):
        name = f"{id}_{number:04d}"
        if cue.problem:
            reason, detail = cue.problem
            where = f"cue {number} at {cue.start_seconds:.2f} s"
            corpus.reject(name, reason, f"{table}, {where}: {detail}")
            continue
        cut = {"start_seconds": cue.start_seconds, "end_seconds": cue.end_seconds}
        corpus.add(name, cue.speaker or speaker, cue.text, sound, **cut)
