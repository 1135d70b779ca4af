"""Corpora whose transcript is a JSON object: path of a recording -> text."""

import re
from pathlib import Path

from datasets.readers import recordings, sources
from datasets.readers.corpus import Corpus, CorpusError
from datasets.rejections import Reason
from moksori.audio.files import SUFFIXES


def path_tables(folder: Path) -> list[Path]:
    """The JSON files at the top that map paths of recordings to texts."""
    return [path for path in sorted(folder.glob("*.json")) if is_path_table(path)]


def is_path_table(path: Path) -> bool:
    """Whether a JSON file is an object whose keys name recordings."""
    if re.fullmatch(r"alignment\.json|.*-recognition-All\.json", path.name):
        return True
    try:
        content = sources.read_json(path)
    except CorpusError:
        return False
    keys = content if isinstance(content, dict) else ()
    return any(Path(key).suffix.lower() in SUFFIXES for key in keys)


def read_json_tables(corpus: Corpus) -> None:
    """Read tables path -> text, as recognisers write them; the file name counts."""
    tables = path_tables(corpus.folder)
    if not tables:
        raise CorpusError(f"{corpus.folder}: no JSON object of paths and texts")
    for table in tables:
        ending = "-recognition-All"
        named = table.stem.removesuffix(ending) if ending in table.stem else None
        speaker = named or corpus.folder.resolve().name
        content = sources.read_json(table)
        if not isinstance(content, dict):
            raise CorpusError(f"{table}: is not one object of paths and texts")
        for key, text in content.items():
            name = key.replace("\\", "/").rsplit("/", 1)[-1]
            stem = Path(name).stem
            places = (table.parent / "audio", table.parent, corpus.folder / "audio")
            if not isinstance(text, str):
                corpus.reject(stem, Reason.NO_TRANSCRIPT, f"{table}: {key} has no text")
                continue
            path = recordings.first_file(*(place / name for place in places))
            path = path or recordings.find_sound(stem, *places) or places[0] / name
            corpus.add(stem, speaker, text, path)
