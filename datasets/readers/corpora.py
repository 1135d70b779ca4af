"""Corpora as people find them, read into utterances.

A reader is a small function from a folder to a `Corpus`. What a corpus promises and
does not hold (a missing recording, a torn line) is `Rejected` with its reason:
nothing is dropped in silence. Text is NFC; no sound is opened here.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from datasets.readers import sources
from datasets.readers.sources import CorpusError
from datasets.rejections import Reason, Rejected


@dataclass(frozen=True, slots=True)
class Utterance:
    """One recorded sentence; `start_seconds` and `end_seconds` cut it from a file."""

    id: str
    speaker: str
    text: str
    path: Path
    start_seconds: float | None = None
    end_seconds: float | None = None


@dataclass
class Corpus:
    """The utterances of a folder in a fixed order, and what was wrong with it."""

    folder: Path
    format: str
    utterances: list[Utterance] = field(default_factory=list)
    problems: list[Rejected] = field(default_factory=list)

    def add(self, id: str, speaker: str, text: str, path: Path | None, **cut) -> None:
        """Append an utterance; reject it where `path` is None or no file."""
        if path is None or not path.is_file():
            self.reject(id, Reason.MISSING, f"no recording {path or id}")
            return
        text = unicodedata.normalize("NFC", text).strip()
        self.utterances.append(Utterance(id, speaker, text, path, **cut))

    def reject(self, id: str, reason: Reason, detail: str) -> None:
        """Note that an utterance is left out, and why."""
        self.problems.append(Rejected(id, "", reason, detail))

    def summary(self) -> str:
        """What was found, in a line."""
        return f"{self.folder}: {self.format}, {len(self.utterances)} utterances"


def read(folder: str | Path, format: str | None = None) -> Corpus:
    """Read a corpus; without `format`, its layout is recognised.

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
    if not corpus.utterances and not corpus.problems:
        raise CorpusError(f"{folder}: holds nothing in the layout {name}")
    return corpus


def recognise(folder: Path) -> str:
    """The name of the layout of a folder; raises `CorpusError` where none fits."""
    tests: dict[str, Callable[[Path], bool]] = {
        "demo": lambda f: (f / "demo.json").is_file(),
        "kss": lambda f: bool(sources.kss_tables(f)),
        "ljspeech": lambda f: (f / "metadata.csv").is_file(),
        "folder": lambda f: (f / "transcripts.tsv").is_file(),
        "zeroth": lambda f: any(n.endswith(".trans.txt") for n in sources.walk(f)),
        "aihub": lambda f: any(map(sources.is_aihub, islice(f.rglob("*.json"), 20))),
        "json": lambda f: any(map(sources.is_path_table, sorted(f.glob("*.json")))),
    }
    for name, test in tests.items():
        if test(folder):
            return name
    named = (folder / name for name in sources.walk(folder) if sources.is_sound(name))
    if any(sound.with_suffix(".txt").is_file() for sound in named):
        return "folder"
    raise CorpusError(
        f"{folder}: no known corpus layout; name it with --format "
        f"({', '.join(FORMATS)}) or put a text beside every recording: "
        "name.wav and name.txt"
    )


def _kss(corpus: Corpus) -> None:
    """Korean Single Speaker: `path|original|expanded|decomposed|duration|english`.

    v1.3 has 5 fields, the first release 4. The expanded text has numbers spelled out
    by the corpus's own reader, so it wins over the original.
    """
    tables = sources.kss_tables(corpus.folder)
    if not tables:
        raise CorpusError(f"{corpus.folder}: no transcript.v.1.4.txt")
    table = tables[-1]
    for number, line in sources.lines(table):
        fields = line.split("|")
        if not 4 <= len(fields) <= 6:
            _torn(corpus, table, number, f"{len(fields)} fields instead of 4 to 6")
            continue
        name = fields[0].strip()
        path = sources.first_file(corpus.folder / name, corpus.folder / "kss" / name)
        text = fields[2].strip() or fields[1]
        corpus.add(Path(name).stem, "kss", text, path or corpus.folder / name)


def _ljspeech(corpus: Corpus) -> None:
    """LJ Speech and its kin: `id|text|normalized` and `wavs/`."""
    table = corpus.folder / "metadata.csv"
    speaker = corpus.folder.resolve().name
    for number, line in sources.lines(table):
        fields = line.split("|")
        if not 2 <= len(fields) <= 3 or not fields[0].strip():
            _torn(corpus, table, number, f"{len(fields)} fields instead of 2 or 3")
            continue
        id = fields[0].strip()
        path = sources.find_sound(id, corpus.folder / "wavs", corpus.folder)
        text = fields[-1].strip() or fields[1]
        corpus.add(Path(id).stem if "/" in id else id, speaker, text, path)


def _zeroth(corpus: Corpus) -> None:
    """Zeroth-Korean: `<script>/<speaker>/` of flac files and one transcript table."""
    for table in sorted(corpus.folder.rglob("*.trans.txt")):
        speaker = table.name.split("_")[0]
        told = set()
        for number, line in sources.lines(table):
            id, _, text = line.partition(" ")
            told.add(id)
            if not id.startswith(f"{speaker}_"):
                _torn(corpus, table, number, f"{id} is not of speaker {speaker}")
                continue
            corpus.add(id, speaker, text, sources.find_sound(id, table.parent))
        for sound in sources.sounds(table.parent, deep=False):
            if sound.stem not in told:
                corpus.reject(
                    sound.stem, Reason.NO_TRANSCRIPT, f"{sound}: not in {table}"
                )


def _json(corpus: Corpus) -> None:
    """Tables path -> text, as recognisers write them; only the file name counts."""
    tables = sources.path_tables(corpus.folder)
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
            path = sources.first_file(*(place / name for place in places))
            path = path or sources.find_sound(stem, *places) or places[0] / name
            corpus.add(stem, speaker, text, path)


def _aihub(corpus: Corpus) -> None:
    """AI Hub voices: a JSON beside (or in a parallel tree of) every wav."""
    sounds: dict[str, list[Path]] = {}
    for path in sources.sounds(corpus.folder):
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
            if sources.is_aihub_content(content):
                corpus.reject(stem, Reason.NO_TRANSCRIPT, f"{label}: no TransLabelText")
            continue
        speaker = (
            sources.member(content, "화자정보", "SpeakerName") or label.parent.name
        )
        near = label.with_suffix(".wav")
        found = sounds.get(stem, [])
        path = near if near.is_file() or len(found) != 1 else found[0]
        start = sources.seconds(sources.member(content, "기타정보", "SpeechStart"))
        end = sources.seconds(sources.member(content, "기타정보", "SpeechEnd"))
        if end is not None and end <= (start or 0.0):
            start = end = None
        corpus.add(stem, str(speaker), text, path, start_seconds=start, end_seconds=end)


def _folder(corpus: Corpus) -> None:
    """Made by hand: `transcripts.tsv`, or a text beside every recording.

    A sub-folder is a speaker; recordings at the top belong to the folder's own name.
    """
    table = corpus.folder / "transcripts.tsv"
    if table.is_file():
        _table(corpus, table)
        return
    names = sources.below(corpus.folder)
    held = set(names)
    for name in filter(sources.is_sound, names):
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
        corpus.add(id, _speaker_of(corpus.folder, sound), content, sound)
    for name in names:
        stem, _, suffix = name.rpartition(".")
        if suffix != "txt" or any(stem + s in held for s in sources.SOUND_SUFFIXES):
            continue
        detail = f"no recording beside {corpus.folder / name}"
        corpus.reject(stem.replace("/", "_"), Reason.MISSING, detail)


def _table(corpus: Corpus, table: Path) -> None:
    """Lines `path or id<TAB>text`, or `path or id<TAB>speaker<TAB>text`."""
    folder = corpus.folder
    index: dict[str, list[Path]] = {}
    for sound in sources.sounds(folder):
        index.setdefault(sound.stem, []).append(sound)
    for number, line in sources.lines(table):
        fields = [part.strip() for part in line.split("\t")]
        if len(fields) not in (2, 3) or not fields[0]:
            _torn(corpus, table, number, f"{len(fields)} columns instead of 2 or 3")
            continue
        name = fields[0]
        if number == 1 and name.lower() in ("id", "path", "file"):
            continue
        speaker = fields[1] if len(fields) == 3 else None
        path = _locate(name, speaker, folder, index)
        own = speaker or (_speaker_of(folder, path) if path else "")
        id = name.rsplit("/", 1)[-1]
        suffix = Path(id).suffix.lower()
        id = Path(id).stem if suffix in sources.SOUND_SUFFIXES else id
        corpus.add(id, own, fields[-1], path)


def _locate(
    name: str, speaker: str | None, folder: Path, index: dict[str, list[Path]]
) -> Path | None:
    """The recording that a line means: the speaker's own place counts first."""
    places = [folder, folder / "wavs", folder / "audio"]
    if speaker:
        places = [place / speaker for place in places] + places
    path = sources.first_file(*(place / name for place in places))
    path = path or sources.find_sound(name, *places)
    if path is not None:
        return path
    # Anywhere else, but only where no other recording could be meant.
    found = index.get(Path(name).stem if "/" in name else name, [])
    found = [one for one in found if speaker in (None, _speaker_of(folder, one))]
    return found[0] if len(found) == 1 else None


FORMATS: dict[str, Callable[[Corpus], None]] = {
    "kss": _kss,
    "ljspeech": _ljspeech,
    "zeroth": _zeroth,
    "json": _json,
    "aihub": _aihub,
    "folder": _folder,
    "demo": _folder,
}


def _torn(corpus: Corpus, table: Path, number: int, detail: str) -> None:
    where = f"{table.name}:{number}"
    corpus.reject(where, Reason.TORN_LINE, f"{table}, line {number}: {detail}")


def _speaker_of(folder: Path, sound: Path) -> str:
    parts = sound.relative_to(folder).parts[:-1]
    inner = [part for part in parts if part not in ("wavs", "audio")]
    return inner[0] if inner else folder.resolve().name
