"""Corpora as people find them, read into utterances.

A reader is a small function that fills a `Corpus` from its folder; the readers lie in
modules by the kind of transcript. What a corpus promises and does not hold (a missing
recording, a torn line) is `Rejected` with its reason: nothing is dropped in silence.
Text is NFC; no sound is opened here.
"""

from collections.abc import Callable
from pathlib import Path

from datasets.readers import aihub, folders, json_tables, line_tables, sources
from datasets.readers.conventions import Transcription, resolve
from datasets.readers.corpus import Corpus, CorpusError, Utterance

__all__ = ["FORMATS", "Corpus", "CorpusError", "Utterance", "read", "recognise"]

FORMATS: dict[str, Callable[[Corpus], None]] = {
    "kss": line_tables.read_kss,
    "ljspeech": line_tables.read_ljspeech,
    "zeroth": line_tables.read_zeroth,
    "json": json_tables.read_json_tables,
    "aihub": aihub.read_aihub,
    "folder": folders.read_folder,
    "demo": folders.read_folder,
}


def read(
    folder: str | Path,
    format: str | None = None,
    transcription: Transcription = "spoken",
) -> Corpus:
    """Read a corpus; without `format`, its layout is recognised.

    `transcription` says which of two spellings of a word counts, as in KsponSpeech.
    Raises `CorpusError` for a missing folder, an unknown or unrecognised layout, and
    a corpus without a single utterance.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CorpusError(f"{folder}: no such folder")
    # Whoever extracts may stand elsewhere, and says of a recording what we would say.
    folder = folder.absolute()
    name = format or recognise(folder)
    if name not in FORMATS:
        raise CorpusError(f"unknown format {name}; known: {', '.join(FORMATS)}")
    corpus = Corpus(folder, name)
    FORMATS[name](corpus)
    resolve(corpus, transcription)
    if not corpus.utterances and not corpus.problems:
        raise CorpusError(f"{folder}: holds nothing in the layout {name}")
    return corpus


def recognise(folder: Path) -> str:
    """The name of the layout of a folder; raises `CorpusError` where none fits."""
    tests: tuple[tuple[str, Callable[[Path], bool]], ...] = (
        ("demo", lambda f: (f / "demo.json").is_file()),
        ("kss", lambda f: bool(line_tables.kss_tables(f))),
        ("ljspeech", lambda f: (f / "metadata.csv").is_file()),
        ("folder", lambda f: (f / "transcripts.tsv").is_file()),
        ("zeroth", lambda f: any(n.endswith(".trans.txt") for n in sources.walk(f))),
        ("aihub", aihub.has_labels),
        ("json", lambda f: bool(json_tables.path_tables(f))),
        ("folder", folders.has_texts),
    )
    for name, test in tests:
        if test(folder):
            return name
    raise CorpusError(
        f"{folder}: no known corpus layout; name it with --format "
        f"({', '.join(FORMATS)}) or put a text beside every recording: "
        "name.wav and name.txt (or .srt, .vtt, .TextGrid)"
    )
