"""Corpora as people find them, read into utterances.

A reader is a small function that fills a `Corpus` from its folder; the readers lie in
modules by the kind of transcript. What a corpus promises and does not hold (a missing
recording, a torn line) is `Rejected` with its reason: nothing is dropped in silence.
Text is NFC; no sound is opened here.
"""

import tarfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from datasets.readers import (
    aihub,
    folders,
    json_tables,
    line_tables,
    public_sets,
    sources,
)
from datasets.readers.columns import describe_odd
from datasets.readers.columns import parse as parse_columns
from datasets.readers.conventions import Transcription, resolve
from datasets.readers.corpus import Corpus, CorpusError, Utterance

__all__ = ["FORMATS", "Corpus", "CorpusError", "Utterance", "read"]

FORMATS: dict[str, Callable[[Corpus], None]] = {
    "kss": line_tables.read_kss,
    "ljspeech": line_tables.read_ljspeech,
    "zeroth": line_tables.read_zeroth,
    "commonvoice": public_sets.read_common_voice,
    "fleurs": public_sets.read_fleurs,
    "json": json_tables.read_json_tables,
    "aihub": aihub.read_aihub,
    "folder": folders.read_folder,
    "demo": folders.read_folder,
}


def read(
    folder: str | Path,
    format: str | None = None,
    transcription: Transcription = "spoken",
    columns: str | None = None,
) -> Corpus:
    """Read a corpus; without `format`, its layout is recognised.

    `transcription` says which of two spellings of a word counts, as in KsponSpeech, and
    `columns`, such as "id,text,speaker", what the columns of a table are. Raises
    `CorpusError` for a missing folder, an unknown or unrecognised layout, a table whose
    columns look like others, and a corpus without a single utterance.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CorpusError(_no_folder(folder))
    # Whoever extracts may stand elsewhere, and says of a recording what we would say.
    folder = folder.absolute()
    if format not in (None, *FORMATS):
        raise CorpusError(f"unknown format {format}; known: {', '.join(FORMATS)}")
    roles = parse_columns(columns) if columns else None
    fitting = [] if format or roles else layouts(folder)
    corpus = Corpus(folder, "table" if roles else format or recognise(folder, fitting))
    if roles:
        line_tables.read_named_columns(corpus, roles)
    else:
        FORMATS[corpus.format](corpus)
    resolve(corpus, transcription)
    if not corpus.utterances and not corpus.problems:
        raise CorpusError(f"{folder}: holds nothing in the layout {corpus.format}")
    corpus.notes += [
        f"{folder}: read as {corpus.format}; what --format {other} would read is not"
        for other in fitting[1:]
    ]
    corpus.close()
    texts = [one.text for one in corpus.utterances]
    corpus.notes += [f"{folder}: {odd}" for odd in describe_odd(texts)]
    return corpus


def _no_folder(path: Path) -> str:
    if not path.is_file():
        return f"{path}: no such folder"
    if zipfile.is_zipfile(path) or tarfile.is_tarfile(path):
        return f"{path}: is an archive; unpack it and name the folder"
    return f"{path}: is a file; name the folder that holds it and the recordings"


def layouts(folder: Path) -> list[str]:
    """The names of all layouts that a folder has, the one that is read first."""
    tests: tuple[tuple[str, Callable[[Path], object]], ...] = (
        ("demo", lambda f: (f / "demo.json").is_file()),
        ("kss", line_tables.kss_tables),
        ("ljspeech", lambda f: sources.top_file(f, line_tables.METADATA)),
        ("folder", lambda f: sources.top_file(f, line_tables.TRANSCRIPTS)),
        ("zeroth", lambda f: any(n.endswith(".trans.txt") for n in sources.walk(f))),
        ("commonvoice", public_sets.common_voice_tables),
        ("fleurs", public_sets.fleurs_tables),
        ("aihub", aihub.has_labels),
        ("json", json_tables.path_tables),
        ("folder", folders.has_texts),
    )
    fitting = dict.fromkeys(name for name, test in tests if test(folder))
    # The demo is a folder with a mark.
    return [name for name in fitting if name != "folder" or "demo" not in fitting]


def recognise(folder: Path, fitting: Sequence[str]) -> str:
    """The name of the layout of a folder; raises `CorpusError` where none fits."""
    if fitting:
        return fitting[0]
    raise CorpusError(
        f"{folder}: no known corpus layout; name it with --format "
        f"({', '.join(FORMATS)}), name the columns of a table at its top by --columns "
        "(such as id,text), or put a text beside every recording: "
        "name.wav and name.txt (or .srt, .vtt, .TextGrid)"
    )
