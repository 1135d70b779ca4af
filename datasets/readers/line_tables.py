"""Corpora whose transcript is a table of lines: KSS, LJ Speech, Zeroth, our own."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from datasets.readers import recordings, sources
from datasets.readers.columns import ID, OTHER, RAW, SPEAKER, TEXT, check, refuse_width
from datasets.readers.corpus import Corpus, CorpusError
from datasets.readers.rows import Table, read_table

METADATA, TRANSCRIPTS = "metadata.csv", "transcripts.tsv"

# What the columns are, by their number.
# path|original|expanded|decomposed|duration|english
_KSS = {n: (ID, RAW, TEXT, OTHER, OTHER, OTHER)[:n] for n in (3, 4, 5, 6)}
_LJSPEECH = {2: (ID, TEXT), 3: (ID, RAW, TEXT)}
_TRANSCRIPTS = {2: (ID, TEXT), 3: (ID, SPEAKER, TEXT)}


def kss_tables(folder: Path) -> list[Path]:
    """Transcripts at the top, the newest release last."""
    return [
        path
        for path in sorted(folder.glob("[Tt]ranscript*.[Tt][Xx][Tt]"))
        if _has_bars(path)
    ]


def _has_bars(path: Path) -> bool:
    try:
        lines = sources.lines(path, lambda number, damage: None)
    except CorpusError:
        return False
    return any(line.count("|") >= 3 for _, line in lines)


def read_kss(corpus: Corpus) -> None:
    """Read Korean Single Speaker: `path|original|expanded|decomposed|duration|english`.

    v1.3 has 5 fields, the first release 4. The expanded text has numbers spelled out
    by the corpus's own reader, so it wins over the original.
    """
    tables = kss_tables(corpus.folder)
    if not tables:
        raise CorpusError(f"{corpus.folder}: no transcript.v.1.4.txt")
    path = tables[-1]
    table = read_table(path, "|", corpus.damaged_lines(path))
    read_judged(corpus, table, _KSS, "kss")


def read_ljspeech(corpus: Corpus) -> None:
    """Read LJ Speech and its kin: `id|text|normalized` and `wavs/`."""
    path = sources.top_file(corpus.folder, METADATA)
    if path is None:
        raise CorpusError(f"{corpus.folder / 'metadata.csv'}: no such file")
    table = read_table(path, "|", corpus.damaged_lines(path))
    read_judged(corpus, table, _LJSPEECH, corpus.folder.resolve().name, "wavs")


def read_transcripts(corpus: Corpus) -> None:
    """Read `transcripts.tsv`: `path or id<TAB>text`, or `…<TAB>speaker<TAB>text`."""
    path = sources.top_file(corpus.folder, TRANSCRIPTS)
    if path is None:
        raise CorpusError(f"{corpus.folder / 'transcripts.tsv'}: no such file")
    table = read_table(path, "\t", corpus.damaged_lines(path))
    read_judged(corpus, table, _TRANSCRIPTS)


def read_named_columns(corpus: Corpus, roles: Sequence[str]) -> None:
    """Read the table of a folder whose columns are `roles`, whatever its layout.

    Where no layout names the table, all at the top with so many columns are read.
    Raises `CorpusError` where there is none.
    """
    folder = corpus.folder
    known = [
        sources.top_file(folder, METADATA),
        sources.top_file(folder, TRANSCRIPTS),
        *kss_tables(folder)[-1:],
    ]
    known = [path for path in known if path][:1]
    found = 0
    for path in known or list_tables(folder):
        damage: list[tuple[int, str]] = []
        try:
            table = read_table(
                path,
                "\t" if path.suffix.lower() == ".tsv" else "|",
                lambda *line, damage=damage: damage.append(line),
                len(roles),
                open_end=roles[-1] == TEXT,
            )
        except CorpusError:
            if known:
                raise
            continue
        found += 1
        for number, detail in damage:
            corpus.reject_line(path, number, detail)
        _read_rows(corpus, table, {len(roles): roles})
    if not found:
        raise CorpusError(f"{folder}: no table of {len(roles)} columns at its top")


def list_tables(folder: Path) -> list[Path]:
    """Files at the top of a folder that may be tables, by their names."""
    return [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in (".csv", ".tsv", ".txt", ".list")
        and path.is_file()
        and not path.name.startswith(".")
    ]


def read_judged(
    corpus: Corpus,
    table: Table,
    layouts: Mapping[int, Sequence[str]],
    speaker: str | None = None,
    near: str = "",
) -> None:
    """Add an utterance for every row of a table whose columns are what they should be.

    `layouts` says what the columns are by their number, unless the table does itself;
    a row with another number than most is torn: its text may be what it lacks.
    Without a column of speakers, every utterance is `speaker`'s, or of the speaker in
    whose folder its recording lies; recordings are looked for in `near` first. Raises
    `CorpusError` where the columns look like something else.
    """
    if table.columns:
        layouts = {len(table.columns): table.columns}
    if table.unsure:
        allowed = "2, unless it stands in the texts: quote those"
        refuse_width(table, corpus.recordings, allowed)
    widths = Counter(len(cells) for _, cells in table.rows)
    width = max(layouts, key=lambda one: (widths[one], one))
    if widths[width]:
        layouts = {width: layouts[width]}
        check(table, layouts[width], corpus.recordings)
    elif table.rows:
        refuse_width(table, corpus.recordings, _either(layouts))
    _read_rows(corpus, table, layouts, speaker, near)


def _read_rows(
    corpus: Corpus,
    table: Table,
    layouts: Mapping[int, Sequence[str]],
    speaker: str | None = None,
    near: str = "",
) -> None:
    for number, cells in table.rows:
        roles = layouts.get(len(cells))
        if not roles:
            detail = f"{len(cells)} columns instead of {_either(layouts)}"
            corpus.reject_line(table.path, number, detail)
            continue
        named = dict(zip(roles, cells, strict=True))
        if not named[ID]:
            corpus.reject_line(table.path, number, "names no recording")
            continue
        id = recordings.id_of(named[ID])
        path = corpus.find(id, named[ID], named.get(SPEAKER), near)
        if path is not None:
            own = named.get(SPEAKER) or speaker
            own = own or recordings.speaker_of(corpus.folder, path)
            corpus.add(id, own, named[TEXT] or named.get(RAW, ""), path)


def _either(layouts: Mapping[int, Sequence[str]]) -> str:
    return " or ".join(map(str, layouts))


def read_zeroth(corpus: Corpus) -> None:
    """Read Zeroth-Korean: `<script>/<speaker>/` of flac files and one table."""
    for table in sorted(corpus.folder.rglob("*.trans.txt")):
        speaker = table.name.split("_")[0]
        near = table.parent.relative_to(corpus.folder).as_posix()
        for number, line in sources.lines(table, corpus.damaged_lines(table)):
            id, _, text = line.partition(" ")
            if not id.startswith(f"{speaker}_"):
                corpus.reject_line(table, number, f"{id} is not of speaker {speaker}")
                continue
            path = corpus.find(id, id, near=near)
            if path is not None:
                corpus.add(id, speaker, text, path)
