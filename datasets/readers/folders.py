"""Corpora made by hand: a text beside every recording."""

import os
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from datasets.readers import recordings, sources, text_files
from datasets.readers.corpus import Corpus
from datasets.readers.line_tables import TRANSCRIPTS, read_transcripts
from datasets.rejections import Reason

# Subtitles carry their language before the suffix: `name.ko.srt`.
_LANGUAGE = re.compile(r"\.([a-z]{2,3})(-[a-z0-9]+)*$", re.IGNORECASE)
_KOREAN = ("ko", "kor", "kr")

# Stem -> recordings, texts, and what is neither.
Groups = dict[str, tuple[list[str], list[str], list[str]]]


def has_texts(folder: Path) -> bool:
    """Whether a text lies beside at least one recording."""
    beside = _beside(sources.walk(folder))
    return any(sounds and texts for sounds, texts, _ in beside.values())


def read_folder(corpus: Corpus) -> None:
    """Read a corpus made by hand: `transcripts.tsv`, or a text beside every recording.

    Where there is a table, it counts first. A text with times (subtitles, a TextGrid of
    Praat, labels of Audacity) cuts its recording into utterances. A sub-folder is a
    speaker; recordings at the top belong to the folder's own name.
    """
    beside = _beside(sources.below(corpus.folder))
    if sources.top_file(corpus.folder, TRANSCRIPTS):
        read_transcripts(corpus)
        beside = _left_by_table(corpus, beside)
    for stem, (sounds, texts, others) in beside.items():
        id = stem.replace("/", "_")
        for name in sounds:
            same = [text for text in texts if text.startswith(name.rpartition(".")[0])]
            _add(corpus, id, corpus.folder / name, same or texts, others)
        for name in () if sounds else texts:
            detail = f"no recording beside {corpus.folder / name}"
            corpus.reject(id, Reason.MISSING, detail)


def _left_by_table(corpus: Corpus, beside: Groups) -> Groups:
    """The recordings with a text beside them that the table does not name."""
    left: Groups = {}
    for stem, (sounds, texts, others) in beside.items():
        paths = [corpus.folder / name for name in sounds]
        if texts and any(map(corpus.is_named, paths)):
            for name in texts:
                detail = f"{corpus.folder / name}: {TRANSCRIPTS} is read instead"
                corpus.reject(stem.replace("/", "_"), Reason.UNUSED, detail)
        elif texts and sounds:
            left[stem] = sounds, texts, others
    if left:
        corpus.notes.append(
            f"{corpus.folder}: {TRANSCRIPTS} names {len(corpus.utterances)}, and "
            f"{len(left)} more recordings have a text beside them: both are read"
        )
    return left


def _add(
    corpus: Corpus, id: str, sound: Path, texts: list[str], others: list[str]
) -> None:
    """Append a recording with the first of its texts that can be read."""
    if not texts:
        detail = f"{sound}: no {sound.stem}.txt, .srt, .vtt or .TextGrid beside it"
        if others:
            detail += f"; {', '.join(others)} cannot be read"
        corpus.reject(id, Reason.NO_TRANSCRIPT, detail, sound)
        return
    speaker, taken = recordings.speaker_of(corpus.folder, sound), None
    for name in texts:
        text = corpus.folder / name
        if taken:
            corpus.reject(id, Reason.UNUSED, f"{text}: {taken} is read instead")
            continue
        if text_files.try_text(corpus, id, speaker, sound, text):
            taken = text.name


def _beside(names: Iterable[str]) -> Groups:
    """Group files that differ in the suffix: (recordings, texts, what is neither).

    The texts are in the order of `text_files.SUFFIXES`. What has neither a recording
    nor a text is left out, and so are hidden files.
    """
    groups: Groups = defaultdict(lambda: ([], [], []))
    tagged = []
    for name in names:
        # A folder may be here twice, composed and decomposed: it stays as it is.
        place, file = os.path.split(name)
        stem, suffix = os.path.splitext(os.path.join(place, recordings.compose(file)))
        if os.path.basename(name).startswith("."):
            continue
        if recordings.is_sound(name):
            groups[stem][0].append(name)
            continue
        if suffix.lower() not in text_files.SUFFIXES:
            groups[stem][2].append(name)
            continue
        stem = recordings.drop_suffix(stem)  # name.wav.srt
        tag = _LANGUAGE.search(stem)
        if tag and suffix.lower() != ".txt":
            tagged.append((stem, tag, name))
        else:
            groups[stem][1].append(name)
    for stem, tag, name in tagged:
        if groups[stem][0]:
            groups[stem][1].append(name)
        else:
            korean = tag[1].lower() in _KOREAN
            groups[stem[: tag.start()]][1 if korean else 2].append(name)
    for _, texts, _ in groups.values():
        texts.sort(key=_preference)
    return {stem: group for stem, group in groups.items() if group[0] or group[1]}


def _preference(name: str) -> int:
    return text_files.SUFFIXES.index(os.path.splitext(name)[1].lower())
