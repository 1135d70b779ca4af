"""Public sets of many speakers, a TSV file for each part: Common Voice and FLEURS."""

from pathlib import Path

from datasets.readers import recordings, rows, sources
from datasets.readers.columns import ID, OTHER, RAW, TEXT, check
from datasets.readers.corpus import Corpus, CorpusError
from datasets.readers.line_tables import read_judged

_PARTS = ("train.tsv", "dev.tsv", "test.tsv")
# FLEURS names no columns: number, file, sentence, the same without punctuation, its
# letters, samples, gender.
_FLEURS = (OTHER, ID, TEXT, RAW, OTHER, OTHER, OTHER)


def common_voice_tables(folder: Path) -> list[Path]:
    """Return what is to be read of Common Voice: all that listeners found right.

    `validated.tsv` holds the other parts; `invalidated.tsv` and `other.tsv` are what
    listeners refused or have not heard yet.
    """
    whole = sources.top_file(folder, "validated.tsv")
    tables = [whole] if whole else _parts(folder)
    return [path for path in tables if {"client_id", "path"} <= set(_first_row(path))]


def fleurs_tables(folder: Path) -> list[Path]:
    """Return the parts of FLEURS in a folder of one of its languages."""
    return [path for path in _parts(folder) if _is_fleurs(_first_row(path))]


def _parts(folder: Path) -> list[Path]:
    return [path for name in _PARTS if (path := sources.top_file(folder, name))]


def _is_fleurs(row: list[str]) -> bool:
    return len(row) == len(_FLEURS) and recordings.is_sound(row[_FLEURS.index(ID)])


def _first_row(path: Path) -> list[str]:
    lines = iter(sources.lines(path, lambda number, damage: None))
    _, line = next(lines, (1, ""))
    return line.split("\t")


def read_common_voice(corpus: Corpus) -> None:
    """Read Common Voice: `client_id`, `path`, `sentence` and more, and `clips/`."""
    for path in _some(corpus, common_voice_tables(corpus.folder)):
        table = rows.read_table(path, "\t", corpus.damaged_lines(path))
        if not table.columns:
            raise CorpusError(f"{path}: its first line names no path and sentence")
        read_judged(corpus, table, {}, near="clips")


def read_fleurs(corpus: Corpus) -> None:
    """Read FLEURS: `train.tsv` and `audio/train/`, and so for the other parts.

    It names no speakers: women and men are two voices, each of many people.
    """
    for path in _some(corpus, fleurs_tables(corpus.folder)):
        width = len(_FLEURS)
        table = rows.read_table(path, "\t", corpus.damaged_lines(path))
        check(table, _FLEURS, corpus.recordings)
        for number, cells in table.rows:
            if len(cells) != width or not cells[1]:
                detail = f"{len(cells)} columns instead of {width}, or no file"
                corpus.reject_line(path, number, detail)
                continue
            id, near = recordings.id_of(cells[1]), f"audio/{path.stem}"
            if sound := corpus.find(id, cells[1], near=near):
                corpus.add(id, cells[-1].lower(), cells[2], sound)


def _some(corpus: Corpus, tables: list[Path]) -> list[Path]:
    if not tables:
        raise CorpusError(f"{corpus.folder}: no {', '.join(_PARTS)} of {corpus.format}")
    return tables
