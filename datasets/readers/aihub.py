"""AI Hub voice sets: a JSON of labels for every recording."""

import unicodedata
from itertools import islice
from pathlib import Path

from datasets.readers import recordings, sources
from datasets.readers.corpus import Corpus, CorpusError
from datasets.rejections import Reason

# No sentence is so long: such times are in milliseconds.
_LONGEST_SECONDS = 100.0


def has_labels(folder: Path) -> bool:
    """Whether a folder holds JSON labels of AI Hub; the first few are opened."""
    return any(map(_is_label, islice(folder.rglob("*.json"), 20)))


def _is_label(path: Path) -> bool:
    try:
        return _is_label_content(sources.read_json(path))
    except CorpusError:
        return False


def _is_label_content(content) -> bool:
    return isinstance(content, dict) and bool({"전사정보", "화자정보"} & set(content))


def read_aihub(corpus: Corpus) -> None:
    """Read AI Hub voices: a JSON beside (or in a parallel tree of) every wav."""
    sounds: dict[str, list[Path]] = {}
    for path in recordings.sounds(corpus.folder):
        sounds.setdefault(unicodedata.normalize("NFC", path.stem), []).append(path)
    for label in sorted(corpus.folder.rglob("*.json")):
        stem = unicodedata.normalize("NFC", label.stem)
        try:
            content = sources.read_json(label)
        except CorpusError as error:
            corpus.reject(stem, Reason.NO_TRANSCRIPT, str(error))
            continue
        text = sources.member(content, "전사정보", "TransLabelText")
        if not isinstance(text, str):
            if _is_label_content(content):
                corpus.reject(stem, Reason.NO_TRANSCRIPT, f"{label}: no TransLabelText")
            continue
        speaker = (
            sources.member(content, "화자정보", "SpeakerName") or label.parent.name
        )
        near = label.with_suffix(".wav")
        found = sounds.get(stem, [])
        path = near if near.is_file() or len(found) != 1 else found[0]
        start, end = _cut(content)
        corpus.add(stem, str(speaker), text, path, start_seconds=start, end_seconds=end)


def _cut(content: dict) -> tuple[float | None, float | None]:
    """Return where the speech of a label begins and ends, in seconds, if it says."""
    start, end = (
        sources.seconds(sources.member(content, "기타정보", name))
        for name in ("SpeechStart", "SpeechEnd")
    )
    if end is None:
        return start, end
    length = end - (start or 0.0)
    if length <= 0:
        return None, None
    if length > _LONGEST_SECONDS:
        start, end = start and start / 1000, end / 1000
    return start, end
