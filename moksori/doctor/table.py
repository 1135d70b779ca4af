"""The report as a person reads it: a table with the advice under each problem."""

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from moksori.doctor.findings import Finding, Level, pluralize, worst

_MARKS = {
    Level.OK: ("  ok", "green"),
    Level.WARNING: ("  warning", "yellow"),
    Level.ERROR: ("  ERROR", "bold red"),
}


def show(sections: Mapping[str, Sequence[Finding]], console: Console) -> None:
    """Print each section as a table, and how many errors and warnings there are."""
    everything = [finding for found in sections.values() for finding in found]
    width = max(cell_len(finding.name) for finding in everything)
    for title, findings in sections.items():
        console.print(Text(title, "bold"))
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(min_width=len("  warning"))
        table.add_column(min_width=width)
        for finding in findings:
            mark, style = _MARKS[finding.level]
            # Not plain strings: rich would take brackets in them for markup.
            text = Text(finding.text)
            if finding.advice:
                text.append("\n→ ", style).append(finding.advice)
            table.add_row(Text(mark, style), Text(finding.name), text)
        console.print(table, "")
    levels = [finding.level for finding in everything]
    counts = {
        "error": levels.count(Level.ERROR),
        "warning": levels.count(Level.WARNING),
    }
    text = ", ".join(pluralize(n, word) for word, n in counts.items() if n)
    style = _MARKS[worst(everything)][1]
    console.print(Text(text or "Nothing stands in the way of a training.", style))
