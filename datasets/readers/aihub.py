"""AI Hub voice sets: JSON labels, one for a recording or one for many.

The sets agree on little: where each keeps the text, the speaker and the name of the
recording stands in the tables below, with what was said before what was written.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from datasets.readers import recordings, sources, text_files, timed_texts
from datasets.readers.corpus import Corpus, CorpusError
from datasets.readers.timed_texts import Cue
from datasets.rejections import Reason

_TEXTS = (
    ("전사정보", "TransLabelText"),
    ("전사정보", "LabelText"),
    ("전사정보", "OrgLabelText"),
    ("발화정보", "stt"),
    ("voice_piece", "tr"),
    ("origin_text",),
    ("dialect_form",),
    ("form",),
    ("standard_form",),
    ("전사문",),
    ("dialogs", "text"),
    ("transcription", "dialect"),
    ("transcription", "ReadingLabelText"),
    ("transcription", "AnswerLabelText"),
    ("transcription", "standard"),
    ("transcription", "text"),
    ("script", "text"),
    ("script", "value"),
)
_SPEAKERS = (
    ("화자정보", "SpeakerName"),
    ("녹음자정보", "recorderId"),
    ("speaker_id",),
    ("speakerId",),
    ("dialogs", "speakerId"),
    ("speaker", "id"),
    ("reciter", "id"),
    ("reciter", "name"),
)
_FILES = (
    ("파일정보", "FileName"),
    ("발화정보", "fileNm"),
    ("voice_piece", "filename"),
    ("음성파일명",),
    ("fileName",),
)
# Where a label holds a list of utterances, of one recording or of one each.
_LISTS = (
    ("utterance",),
    ("sentences",),
    ("대화내용",),
    ("dialogs",),
    ("transcription", "sentences"),
)
_STARTS = (("start",), ("startTime",), ("기타정보", "SpeechStart"))
_ENDS = (("end",), ("endTime",), ("기타정보", "SpeechEnd"))
# Labels of these are the set's own, also where their text is missing.
_SECTIONS = {"전사정보", "화자정보", "발화정보"}
# No sentence is so long: such times are in milliseconds.
_LONGEST_SECONDS = 100.0


def has_labels(folder: Path) -> bool:
    """Whether a folder holds JSON labels of AI Hub; the first few are opened."""
    return any(map(_is_label, islice(folder.rglob("*.json"), 20)))


def _is_label(path: Path) -> bool:
    try:
        return bool(_entries(sources.read_json(path)))
    except CorpusError:
        return False


def _entries(content) -> list[tuple[dict, dict]]:
    """Return (label, utterance) for everything that a parsed JSON labels.

    The utterance is the label itself where that holds no list of them.
    """
    if isinstance(content, list):
        return [entry for one in content for entry in _entries(one)]
    if not isinstance(content, dict):
        return []
    for keys in _LISTS:
        found = sources.member(content, *keys)
        if isinstance(found, list) and any(map(_texts, found)):
            return [(content, one) for one in found if isinstance(one, dict)]
    if _texts(content) or _SECTIONS & set(content):
        return [(content, content)]
    return []


def _texts(content) -> list[str]:
    found = (sources.member(content, *keys) for keys in _TEXTS)
    return [text for text in found if isinstance(text, str)]


def read_aihub(corpus: Corpus) -> None:
    """Read AI Hub voices: JSON labels beside the recordings or in a parallel tree."""
    index = corpus.recordings
    for label in sorted(corpus.folder.rglob("*.json")):
        id = recordings.compose(label.stem)
        try:
            entries = _entries(sources.read_json(label))
        except CorpusError as error:
            corpus.reject(id, Reason.NO_TRANSCRIPT, str(error))
            continue
        whole = _locate(corpus, index, label, entries[0][0]) if entries else None
        shared = []
        for content, entry in entries:
            if len(entries) == 1 or entry is content or _first(entry, _FILES):
                _add(corpus, index, label, content, entry)
            else:
                shared.append((content, entry))
        if shared and whole is None:
            corpus.reject(id, Reason.MISSING, f"no recording of {label}")
        elif shared:
            cues = timed_texts.judge(list(_cues(label, shared)))
            text_files.add_cues(corpus, id, label.stem, whole, label, cues)


def _add(
    corpus: Corpus, index: recordings.Index, label: Path, content: dict, entry: dict
) -> None:
    """Append an utterance that has a recording of its own."""
    sound = _locate(corpus, index, label, entry if _first(entry, _FILES) else content)
    name = _first(entry, _FILES) if entry is not content else None
    id = recordings.compose(recordings.drop_suffix(Path(name or label.stem).name))
    texts = _texts(entry)
    if not texts:
        corpus.reject(id, Reason.NO_TRANSCRIPT, f"{label}: no text", sound)
        return
    alone = label.parent.name if entry is content else label.stem
    speaker = _first(entry, _SPEAKERS) or _first(content, _SPEAKERS) or alone
    text = next((text for text in texts if text.strip()), "")
    start, end = _cut(entry)
    path = sound or label.with_name(f"{id}.wav")
    corpus.add(id, speaker, text, path, start_seconds=start, end_seconds=end)


def _cues(label: Path, shared: list[tuple[dict, dict]]) -> Iterator[Cue]:
    """Return the utterances of one recording, cut at their times."""
    for content, entry in shared:
        start, end = _cut(entry)
        text = next((text for text in _texts(entry) if text.strip()), "")
        speaker = _first(entry, _SPEAKERS) or _first(content, _SPEAKERS) or label.stem
        # Numbers count the speakers of one recording: another's 1 is somebody else.
        speaker = f"{label.stem}_{speaker}" if speaker.isdigit() else speaker
        problem = None
        if end is None:
            problem = (Reason.TORN_LINE, "no times in seconds")
        yield Cue(start or 0.0, end or 0.0, text, speaker, problem)


def _locate(
    corpus: Corpus, index: recordings.Index, label: Path, entry: dict
) -> Path | None:
    """Return the recording that a label names, or the one of the label's own name."""
    names = (_first(entry, _FILES), label.stem)
    places = (
        str(label.parent.relative_to(corpus.folder) / name) for name in names if name
    )
    return next(filter(None, map(index.find, places)), None)


def _first(content: dict, paths: tuple[tuple[str, ...], ...]) -> str | None:
    """Return the first text or number at one of the nested keys."""
    found = (sources.member(content, *keys) for keys in paths)
    return next(
        (str(one) for one in found if one and isinstance(one, (str, int))), None
    )


def _cut(content: dict) -> tuple[float | None, float | None]:
    """Return where the speech of a label begins and ends, in seconds, if it says."""
    start, end = (
        next(
            (time for keys in paths if (time := _time(content, keys)) is not None), None
        )
        for paths in (_STARTS, _ENDS)
    )
    if end is None:
        return start, end
    length = end - (start or 0.0)
    if length <= 0:
        return None, None
    if length > _LONGEST_SECONDS:
        start, end = start and start / 1000, end / 1000
    return start, end


def _time(content: dict, keys: tuple[str, ...]) -> float | None:
    return sources.seconds(sources.member(content, *keys))
