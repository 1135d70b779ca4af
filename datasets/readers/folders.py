"""Corpora made by hand: a text beside every recording."""

from pathlib import Path

from datasets.readers import recordings, sources
from datasets.readers.corpus import Corpus, CorpusError
from datasets.readers.line_tables import read_transcripts
from datasets.rejections import Reason
from moksori.audio.files import SUFFIXES


def has_texts(folder: Path) -> bool:
    """Whether a text lies beside at least one recording."""
    named = (folder / n for n in sources.walk(folder) if recordings.is_sound(n))
    return any(sound.with_suffix(".txt").is_file() for sound in named)


def read_folder(corpus: Corpus) -> None:
    """Read a corpus made by hand: `transcripts.tsv`, or a text beside every recording.

    A sub-folder is a speaker; recordings at the top belong to the folder's own name.
    """
    if (corpus.folder / "transcripts.tsv").is_file():
        read_transcripts(corpus)
        return
    names = sources.below(corpus.folder)
    held = set(names)
    for name in filter(recordings.is_sound, names):
        sound, stem = corpus.folder / name, name.rpartition(".")[0]
        id = stem.replace("/", "_")
        if f"{stem}.txt" not in held:
            detail = f"{sound}: no {sound.stem}.txt beside it"
            corpus.reject(id, Reason.NO_TRANSCRIPT, detail)
            continue
        try:
            content = " ".join(sources.read_text(sound.with_suffix(".txt")).split())
        except CorpusError as error:
            corpus.reject(id, Reason.NO_TRANSCRIPT, str(error))
            continue
        corpus.add(id, recordings.speaker_of(corpus.folder, sound), content, sound)
    for name in names:
        stem, _, suffix = name.rpartition(".")
        if suffix != "txt" or any(stem + s in held for s in SUFFIXES):
            continue
        detail = f"no recording beside {corpus.folder / name}"
        corpus.reject(stem.replace("/", "_"), Reason.MISSING, detail)
