"""Corpora whose transcript is a JSON object: path of a recording -> text."""

import re
from pathlib import Path

from datasets.readers import recordings, sources, text_files
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
    """Read tables path -> text, or path of a text, as recognisers write them."""
    tables = path_tables(corpus.folder)
    if not tables:
        raise CorpusError(f"{corpus.folder}: no JSON object of paths and texts")
    files = text_files.Files(corpus.folder)
    for table in tables:
        ending = "-recognition-All"
        named = table.stem.removesuffix(ending) if ending in table.stem else None
        speaker = named or corpus.folder.resolve().name
        content = sources.read_json(table)
        if not isinstance(content, dict):
            raise CorpusError(f"{table}: is not one object of paths and texts")
        for key, value in content.items():
            id = recordings.id_of(key)
            try:
                text = _text_of(value)
                file = files.find(text)
            except CorpusError as error:
                sound, detail = corpus.recordings.find(key), f"{table}: {key} {error}"
                corpus.reject(id, Reason.NO_TRANSCRIPT, detail, sound)
                continue
            sound = corpus.find(id, key, near="audio")
            if sound and file:
                text_files.try_text(corpus, id, speaker, sound, file)
            elif sound:
                corpus.add(id, speaker, text, sound)


def _text_of(value) -> str:
    """Return the text of a path: a string, alone in a list, or called `text`."""
    texts = value if isinstance(value, list) else [value]
    texts = [one.get("text") if isinstance(one, dict) else one for one in texts]
    if not texts or not all(isinstance(one, str) for one in texts):
        raise CorpusError("has no text")
    if len(set(texts)) > 1:
        raise CorpusError(f"has {len(texts)} different texts; keep one")
    return texts[0]
