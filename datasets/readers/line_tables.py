"""Corpora whose transcript is a table of lines: KSS, LJ Speech, Zeroth, our own."""

from pathlib import Path

from datasets.readers import recordings, sources
from datasets.readers.corpus import Corpus, CorpusError
from datasets.rejections import Reason
from moksori.audio.files import SUFFIXES


def kss_tables(folder: Path) -> list[Path]:
    """Transcripts at the top, the newest release last."""
    tables = sorted(folder.glob("transcript*.txt"))
    return [path for path in tables if sources.read_text(path).count("|") >= 3]


def read_kss(corpus: Corpus) -> None:
    """Read Korean Single Speaker: `path|original|expanded|decomposed|duration|english`.

    v1.3 has 5 fields, the first release 4. The expanded text has numbers spelled out
    by the corpus's own reader, so it wins over the original.
    """
    tables = kss_tables(corpus.folder)
    if not tables:
        raise CorpusError(f"{corpus.folder}: no transcript.v.1.4.txt")
    table = tables[-1]
    for number, line in sources.lines(table):
        fields = line.split("|")
        if not 4 <= len(fields) <= 6:
            detail = f"{len(fields)} fields instead of 4 to 6"
            corpus.reject_line(table, number, detail)
            continue
        name = fields[0].strip()
        places = (corpus.folder / name, corpus.folder / "kss" / name)
        path = recordings.first_file(*places)
        text = fields[2].strip() or fields[1]
        corpus.add(Path(name).stem, "kss", text, path or corpus.folder / name)


def read_ljspeech(corpus: Corpus) -> None:
    """Read LJ Speech and its kin: `id|text|normalized` and `wavs/`."""
    table = corpus.folder / "metadata.csv"
    speaker = corpus.folder.resolve().name
    for number, line in sources.lines(table):
        fields = line.split("|")
        if not 2 <= len(fields) <= 3 or not fields[0].strip():
            detail = f"{len(fields)} fields instead of 2 or 3"
            corpus.reject_line(table, number, detail)
            continue
        id = fields[0].strip()
        path = recordings.find_sound(id, corpus.folder / "wavs", corpus.folder)
        text = fields[-1].strip() or fields[1]
        corpus.add(Path(id).stem if "/" in id else id, speaker, text, path)


def read_zeroth(corpus: Corpus) -> None:
    """Read Zeroth-Korean: `<script>/<speaker>/` of flac files and one table."""
    for table in sorted(corpus.folder.rglob("*.trans.txt")):
        speaker = table.name.split("_")[0]
        told = set()
        for number, line in sources.lines(table):
            id, _, text = line.partition(" ")
            told.add(id)
            if not id.startswith(f"{speaker}_"):
                corpus.reject_line(table, number, f"{id} is not of speaker {speaker}")
                continue
            corpus.add(id, speaker, text, recordings.find_sound(id, table.parent))
        for sound in recordings.sounds(table.parent, deep=False):
            if sound.stem not in told:
                corpus.reject(
                    sound.stem, Reason.NO_TRANSCRIPT, f"{sound}: not in {table}"
                )


def read_transcripts(corpus: Corpus) -> None:
    """Read `transcripts.tsv`: `path or id<TAB>text`, or `…<TAB>speaker<TAB>text`."""
    folder, table = corpus.folder, corpus.folder / "transcripts.tsv"
    index: dict[str, list[Path]] = {}
    for sound in recordings.sounds(folder):
        index.setdefault(sound.stem, []).append(sound)
    for number, line in sources.lines(table):
        fields = [part.strip() for part in line.split("\t")]
        if len(fields) not in (2, 3) or not fields[0]:
            detail = f"{len(fields)} columns instead of 2 or 3"
            corpus.reject_line(table, number, detail)
            continue
        name = fields[0]
        if number == 1 and name.lower() in ("id", "path", "file"):
            continue
        speaker = fields[1] if len(fields) == 3 else None
        path = _locate(name, speaker, folder, index)
        own = speaker or (recordings.speaker_of(folder, path) if path else "")
        id = name.rsplit("/", 1)[-1]
        id = Path(id).stem if Path(id).suffix.lower() in SUFFIXES else id
        corpus.add(id, own, fields[-1], path)


def _locate(
    name: str, speaker: str | None, folder: Path, index: dict[str, list[Path]]
) -> Path | None:
    """The recording that a line means: the speaker's own place counts first."""
    places = [folder, *(folder / place for place in recordings.PLACES)]
    if speaker:
        places = [place / speaker for place in places] + places
    path = recordings.first_file(*(place / name for place in places))
    path = path or recordings.find_sound(name, *places)
    if path is not None:
        return path
    # Anywhere else, but only where no other recording could be meant.
    found = index.get(Path(name).stem if "/" in name else name, [])
    found = [
        one for one in found if speaker in (None, recordings.speaker_of(folder, one))
    ]
    return found[0] if len(found) == 1 else None
