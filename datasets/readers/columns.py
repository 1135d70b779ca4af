"""Judge which column of a table is the text: before anything is learned from it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from datasets.readers.recordings import Index
from datasets.readers.rows import SEPARATORS, Table, show
from datasets.readers.sources import CorpusError

ID, TEXT, SPEAKER, OTHER, RAW = "id", "text", "speaker", "-", "raw text"

# So many rows are enough to judge a column by.
_JUDGED = 1000
# Below so many, equal cells are chance.
_ENOUGH = 3
# Korean names have fewer syllables, sentences rarely.
_SENTENCE_SYLLABLES = 5
_SYLLABLE = re.compile("[가-힣]")
_NUMBER = re.compile(r"[\d.,:+-]+")


def parse(columns: str) -> tuple[str, ...]:
    """The value of `--columns`, such as "id,text,speaker", as roles of columns.

    Raises `CorpusError` unless one column is the id or path and one the text.
    """
    names = [name.strip().lower() for name in columns.split(",")]
    roles = tuple(ID if name == "path" else name for name in names)
    counts = Counter(roles)
    if (
        set(roles) - {ID, TEXT, SPEAKER, OTHER}
        or (counts[ID], counts[TEXT]) != (1, 1)
        or counts[SPEAKER] > 1
    ):
        raise CorpusError(
            f"--columns {columns}: write one id (or path), one text, if there is one a "
            "speaker, and - for every other column, such as id,-,text,speaker"
        )
    return roles


def check(table: Table, roles: Sequence[str], recordings: Index) -> None:
    """Raise `CorpusError` where the columns of a table are hardly what `roles` says.

    The message shows the columns and what to write after --columns. Only rows with as
    many columns as `roles` are judged.
    """
    rows = [cells for _, cells in table.rows if len(cells) == len(roles)][:_JUDGED]
    if not rows:
        return
    columns = [
        _Column(number, role, cells, recordings)
        for number, (role, *cells) in enumerate(zip(roles, *rows, strict=True), start=1)
    ]
    if fault := next(_faults(columns), None):
        raise _refusal(table, fault, rows[0], columns)


def refuse_width(table: Table, recordings: Index, allowed: str) -> None:
    """Raise `CorpusError` for a table whose number of columns is not one of `allowed`.

    Does nothing for rows of one column, which are torn.
    """
    width = Counter(len(cells) for _, cells in table.rows).most_common(1)[0][0]
    if width > 1:
        rows = [cells for _, cells in table.rows if len(cells) == width][:_JUDGED]
        columns = [
            _Column(number, OTHER, list(cells), recordings)
            for number, cells in enumerate(zip(*rows, strict=True), start=1)
        ]
        divided = SEPARATORS[table.separator]
        fault = f"a {divided} divides {width} columns instead of {allowed}"
        raise _refusal(table, fault, rows[0], columns)


def _refusal(
    table: Table, fault: str, row: Sequence[str], columns: Sequence["_Column"]
) -> CorpusError:
    return CorpusError(
        f"{table.path}: {fault}. Its columns are {show(row)}; say what they are, such "
        f"as --columns {','.join(_guess(columns))}"
    )


def describe_odd(texts: Sequence[str]) -> list[str]:
    """Say what is odd about the texts of a corpus of any layout, a line each."""
    if len(texts) < _ENOUGH:
        return []
    found = []
    (text, repeats), count = Counter(texts).most_common(1)[0], len(texts)
    if 2 * repeats > count:
        found.append(f'"{text[:40]}" is the text of {repeats} of {count} utterances')
    silent = sum(not _SYLLABLE.search(text) for text in texts)
    if 2 * silent > count:
        found.append(f"{silent} of {count} texts hold no Hangul")
    return found


class _Column:
    """What the cells of a column have in common; shares are of 1."""

    def __init__(self, number: int, role: str, cells: list[str], recordings: Index):
        count = len(cells)
        self.number, self.role, self.cells, self.count = number, role, cells, count
        syllables = [len(_SYLLABLE.findall(cell)) for cell in cells]
        self.syllables = sum(syllables) / count  # of Hangul in a cell
        self.hangul = sum(map(bool, syllables)) / count
        self.numbers = sum(bool(_NUMBER.fullmatch(cell)) for cell in cells) / count
        self.spaced = sum(" " in cell for cell in cells) / count
        self.found = sum(bool(c and recordings.find(c)) for c in cells[:100])
        self.found /= min(count, 100)
        self.commonest, self.repeats = Counter(cells).most_common(1)[0]
        self.distinct = len(set(cells))

    @property
    def is_repetitive(self) -> bool:
        """Whether its cells are few different ones, as those of a speaker."""
        return 2 * self.distinct <= self.count


def _faults(columns: list[_Column]) -> Iterator[str]:
    """Say what is wrong with the roles of the columns, the surest first."""
    by_role = {column.role: column for column in columns}
    id, text = by_role[ID], by_role[TEXT]
    named = max(columns, key=lambda column: column.found)
    if id.found < 0.5 < named.found:
        yield f"column {named.number} names the recordings, not column {id.number}"
    yield from _text_faults(
        text, [one for one in columns if one.role not in (ID, TEXT)]
    )
    speaker, raw = by_role.get(SPEAKER), by_role.get(RAW)
    if (
        speaker
        and 1 < speaker.count == speaker.distinct
        and speaker.syllables > max(text.syllables / 2, _SENTENCE_SYLLABLES)
    ):
        yield f"every sentence of column {speaker.number} would be its own speaker"
    if raw and _is_shared(raw, text):
        yield (
            f"column {raw.number} should be the text as written, but is "
            f'"{raw.commonest}" for different texts: perhaps a speaker'
        )


def _text_faults(text: _Column, others: list[_Column]) -> Iterator[str]:
    """Say what speaks against the column that is taken for the text."""
    count, taken = text.count, f"column {text.number} was taken for the text, but"
    other = max(others, key=lambda one: one.syllables, default=None)
    if other and other.syllables >= max(2 * text.syllables, _SENTENCE_SYLLABLES):
        yield f"{taken} column {other.number} holds the sentences"
    if text.repeats >= _ENOUGH and 2 * text.repeats > count:
        yield f'{taken} is "{text.commonest[:40]}" in {text.repeats} of {count} lines'
    if other and other.hangul > 0.5:
        if text.is_repetitive and other.distinct == count > _ENOUGH:
            yield f"{taken} holds {text.distinct} different ones in {count} lines"
        if text.hangul < 0.5 and not (
            other.is_repetitive and text.distinct > other.distinct
        ):
            yield f"{taken} holds no Hangul, column {other.number} does"
    if text.hangul < 0.5 and count >= _ENOUGH:
        if text.numbers > 0.5:
            yield f"{taken} holds numbers"
        if text.spaced < 0.5:
            yield f"{taken} holds no Hangul"


def _is_shared(raw: _Column, text: _Column) -> bool:
    """Whether most cells of `raw` stand beside different texts, as a speaker's name."""
    beside = defaultdict(set)
    for one, other in zip(raw.cells, text.cells, strict=True):
        beside[one].add(other)
    shared = sum(bool(cell) and len(beside[cell]) > 1 for cell in raw.cells)
    return 2 * shared > raw.count


def _guess(columns: Sequence[_Column]) -> list[str]:
    """The roles that the columns look like."""
    id = max(columns, key=lambda one: (one.found, one.role == ID))
    rest = [one for one in columns if one is not id]
    text = max(rest, key=lambda one: (one.syllables, one.role == TEXT))
    speaker = next(
        (
            one
            for one in rest
            if one is not text
            and one.numbers < 0.5
            and one.syllables < _SENTENCE_SYLLABLES
            and (one.distinct < one.count or one.count < _ENOUGH)
        ),
        None,
    )
    known = {id: ID, text: TEXT, speaker: SPEAKER}
    return [known.get(one, OTHER) for one in columns]
