"""Findings as a person reads them: a table with the advice under what worries."""

import textwrap
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from moksori.doctor.findings import Finding, Level, worst

_MARKS = {Level.OK: "ok", Level.WARNING: "warning", Level.ERROR: "ERROR"}
_COLOURS = {Level.OK: "32", Level.WARNING: "33", Level.ERROR: "31;1"}
# From how many seconds on a unit is used, and how many it has.
_SPANS = ((172800, 86400, "days"), (5400, 3600, "h"), (120, 60, "min"))
_MARK = max(map(len, _MARKS.values()))


def wants_colours(stream, environment: Mapping[str, str]) -> bool:
    """Whether `stream` is a terminal whose owner did not refuse (no-color.org)."""
    refused = environment.get("NO_COLOR") or environment.get("TERM") == "dumb"
    return stream.isatty() and not refused


def teller(stream) -> Callable[[str], None]:
    """A function that says what takes a while: on a terminal in one line, which goes
    with the next text or an empty one; elsewhere in a line each."""

    def tell(text: str) -> None:
        if stream.isatty():
            print(f"\r\x1b[K{text} …" if text else "\r\x1b[K", end="", file=stream)
        elif text:
            print(text, file=stream)
        stream.flush()

    return tell


def show(
    sections: Mapping[str, Sequence[Finding]], width: int = 100, colours: bool = False
) -> str:
    """The whole table, at most `width` columns wide where words allow it."""
    everything = [finding for found in sections.values() for finding in found]
    column = max((_wide(finding.name) for finding in everything), default=0)
    paint = _painted if colours else _unpainted
    blocks = []
    for title, found in sections.items():
        lines = [paint("1", title)]
        for finding in found:
            lines += _row(finding, column, width, paint)
        if found:
            blocks.append("\n".join(lines))
    return "\n\n".join([*blocks, _summary(everything, paint)])


def binary(size: float) -> str:
    """Bytes with a unit: 512 MiB, 23.5 GiB."""
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:,.1f} GiB"


def lasting(seconds: float) -> str:
    """A time with a unit: 0.21 s, 45 s, 12 min, 3.5 h, 12 days."""
    if seconds < 10:
        return f"{seconds:.2g} s"
    for least, length, unit in _SPANS:
        if seconds >= least:
            count = seconds / length
            return f"{count:,.0f} {unit}" if count >= 10 else f"{count:.1f} {unit}"
    return f"{seconds:.0f} s"


def many(count: int, noun: str, plural: str = "") -> str:
    """1 GPU, 2 GPUs."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"


def _row(finding: Finding, column: int, width: int, paint) -> list[str]:
    mark = paint(_COLOURS[finding.level], _MARKS[finding.level].ljust(_MARK))
    name = finding.name + " " * (column - _wide(finding.name))
    indent = " " * (2 + _MARK + 2 + column + 2)
    room = max(24, width - len(indent))
    text = _wrapped(finding.text, room)
    lines = [f"  {mark}  {name}  {text[0]}", *(indent + more for more in text[1:])]
    if finding.advice:
        advice = _wrapped(finding.advice, room - 2)
        arrow = paint(_COLOURS[finding.level], "→")
        lines.append(f"{indent}{arrow} {advice[0]}")
        lines += [f"{indent}  {more}" for more in advice[1:]]
    return lines


def _wrapped(text: str, room: int) -> list[str]:
    kept = {"break_long_words": False, "break_on_hyphens": False}
    return textwrap.wrap(text, room, **kept) or [""]


def _summary(findings: Sequence[Finding], paint) -> str:
    level = worst(findings)
    counts = {
        word: sum(finding.level is each for finding in findings)
        for each, word in ((Level.ERROR, "error"), (Level.WARNING, "warning"))
    }
    told = ", ".join(many(count, word) for word, count in counts.items() if count)
    return paint(_COLOURS[level], told or "Nothing stands in the way.")


def _wide(text: str) -> int:
    """Columns a terminal needs for it: Korean letters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _painted(colour: str, text: str) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m"


def _unpainted(colour: str, text: str) -> str:
    return text
