"""Read the rows of a table: its encoding, separator, quotes and header."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.readers import sources
from datasets.readers.recordings import compose
from datasets.readers.sources import CorpusError

SEPARATORS = {"|": "vertical bar", "\t": "tab", ";": "semicolon", ",": "comma"}

# So many lines show what separates the columns.
_SHOWN = 100

# What the columns of a table are called where its first line names them.
_NAMES = {
    "id": "id file file_name filename path file_path filepath audio audio_path "
    "audio_file audio_filepath wav wav_path wav_file clip recording utt_id "
    "utterance_id 파일 파일명 파일이름 경로 음성",
    "text": "text sentence transcript transcription script normalized normalized_text "
    "utterance 문장 텍스트 전사 대본 발화 발화문",
    "speaker": "speaker speaker_id speaker_name spk spk_id client_id voice 화자 화자명",
}
_ROLES = {name: role for role, names in _NAMES.items() for name in names.split()}


@dataclass(frozen=True)
class Table:
    """A table as (line number, cells) of every row.

    Where its first line names the columns, `columns` are "id", "text", "speaker" or "-"
    for each. It is `unsure` where a comma may divide columns or belong to a text.
    """

    path: Path
    separator: str
    rows: list[tuple[int, list[str]]]
    columns: tuple[str, ...] | None = None
    unsure: bool = False


def read_table(
    path: Path,
    usual: str,
    damaged: Callable[[int, str], None],
    width: int | None = None,
    open_end: bool = False,
) -> Table:
    """Read a table whose columns `usual` separates, unless its lines say otherwise.

    `width` is the number of columns where it is known; with `open_end` the last one is
    prose, whose commas divide nothing. `damaged` gets number and damage of each line
    that cannot be read. A column at the end that is empty in all rows is none. Raises
    `CorpusError` for a table without a separator, or that is missing or not text.
    """
    lines = sources.lines(path, damaged)
    separator = _separator(path, [line for _, line in lines[:_SHOWN]], usual, width)
    rows = [(number, split(line, separator)) for number, line in lines]
    _drop_empty_ends([cells for _, cells in rows], width or 2)
    if width:
        prose = open_end and separator in ",;"
        _require_width(path, [cells for _, cells in rows], width, prose)
        for _, cells in rows if prose else ():
            if len(cells) > width:
                cells[width - 1 :] = [separator.join(cells[width - 1 :])]
    for _, cells in rows:
        cells[:] = [compose(cell).strip() for cell in cells]
    columns = header(rows[0][1]) if rows else None
    if columns:
        rows = rows[1:]
    # Prose holds commas: three columns may be two, with a comma in every text.
    widest = max((len(cells) for _, cells in rows), default=0)
    unsure = separator in ",;" and not (columns or width) and widest > 2
    return Table(path, separator, rows, columns, unsure)


def split(line: str, separator: str) -> list[str]:
    """Split a line into cells; quotes count where they enclose a whole cell."""
    plain = line.split(separator)
    if not any(_is_quoted(cell) for cell in plain) and separator in "|\t":
        return plain
    if '"' not in line:
        return plain
    try:
        (cells,) = csv.reader([line], delimiter=separator, strict=True)
    except (csv.Error, ValueError):
        # A quotation mark of the sentence itself.
        return plain
    return cells


def header(cells: Sequence[str]) -> tuple[str, ...] | None:
    """What the columns are, where the cells are names of columns; None elsewhere.

    Of several columns of text the last counts: the first is often not normalised.
    """
    names = [cell.strip().lower() for cell in cells]
    roles = [_ROLES.get(name, "-") for name in names]
    if "id" not in roles or "text" not in roles:
        return None
    # Where there are an id and a path, the path is surer.
    first = max(
        (i for i, role in enumerate(roles) if role == "id"),
        key=lambda i: (names[i] not in ("id", "utt_id", "utterance_id"), -i),
    )
    kept = {first, len(roles) - 1 - roles[::-1].index("text")}
    if "speaker" in roles:
        kept.add(roles.index("speaker"))
    return tuple(role if i in kept else "-" for i, role in enumerate(roles))


def show(cells: Sequence[str]) -> str:
    """The cells of a row, numbered and shortened, for a message."""
    return ", ".join(f'{n} "{cell[:40]}"' for n, cell in enumerate(cells, start=1))


def _is_quoted(cell: str) -> bool:
    cell = cell.strip()
    return len(cell) >= 2 and cell[0] == cell[-1] == '"'


def _separator(path: Path, lines: Sequence[str], usual: str, width: int | None) -> str:
    """The separator that the lines have in common; raises `CorpusError` for none."""
    if not lines:
        return usual
    if width:
        counts = {
            one: [_width(split(line, one), width) for line in lines]
            for one in (usual, *SEPARATORS)
        }
        return max(
            counts,
            key=lambda one: (
                counts[one].count(width),
                sum(count > 1 for count in counts[one]),
            ),
        )
    for one in (usual, "|", "\t"):
        if 2 * sum(one in line for line in lines) > len(lines):
            return one
    for one in ";,":
        # Prose holds them too: they separate where all lines agree.
        widths = {len(split(line, one)) for line in lines}
        if len(widths) == 1 and widths != {1}:
            return one
    name = SEPARATORS[usual]
    raise CorpusError(
        f"{path}: its lines, such as {lines[0][:60]!r}, are not divided into columns; "
        f"write a {name} between them (commas only where all lines have as many)"
    )


def _width(cells: list[str], least: int) -> int:
    """The number of cells without empty ones behind the first few."""
    width = len(cells)
    while width > least and not cells[width - 1].strip():
        width -= 1
    return width


def _require_width(path: Path, rows: list[list[str]], width: int, prose: bool) -> None:
    """Raise `CorpusError` where most rows have not `width` columns.

    Commas of prose are known by their number, which is not the same in all rows.
    """
    wrong = [cells for cells in rows if len(cells) != width]
    if prose and len({len(cells) for cells in rows}) > 1:
        wrong = [cells for cells in wrong if len(cells) < width]
    if 2 * len(wrong) > len(rows):
        raise CorpusError(
            f"{path}: --columns names {width} columns, there are {len(wrong[0])}: "
            f"{show(wrong[0])}"
        )


def _drop_empty_ends(rows: list[list[str]], least: int) -> None:
    """Drop a last column that is empty throughout: a separator ends every line."""
    widest = max(map(len, rows), default=0)
    while widest > least:
        last = [cells for cells in rows if len(cells) == widest]
        if 2 * len(last) < len(rows) or any(cells[-1].strip() for cells in last):
            return
        for cells in last:
            del cells[-1]
        widest -= 1
