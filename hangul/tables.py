"""How the tables of this room are written: compact blocks of text, parsed once."""

import re
from collections.abc import Iterable
from pathlib import Path


def names(block: str) -> frozenset[str]:
    """Split words at white space."""
    return frozenset(block.split())


def pairs(block: str) -> dict[str, str]:
    """Parse `key: value`, separated by semicolons or line ends; keys may have spaces.

    Raises ValueError for an entry without a colon and for a key given twice.
    """
    table = {}
    for entry in block.replace("\n", ";").split(";"):
        if not entry.strip():
            continue
        key, colon, value = entry.strip().rpartition(": ")
        if not colon or key in table:
            raise ValueError(f"table entry {entry.strip()!r} is unreadable or repeated")
        table[key] = value
    return table


def read_pairs(name: str) -> dict[str, str]:
    """Read a long table from the file `name` of this room, an entry a line."""
    return pairs((Path(__file__).parent / name).read_text(encoding="utf-8"))


def alternatives(words: str | Iterable[str]) -> str:
    """Compile a pattern of literal words, longest first; a block is cut at spaces.

    Bare alternatives without a group, for use inside one.
    """
    words = words.split() if isinstance(words, str) else words
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
