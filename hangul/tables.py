"""How the tables of this room are written: compact blocks of text, parsed once."""


def names(block: str) -> frozenset[str]:
    """Words separated by white space."""
    return frozenset(block.split())


def pairs(block: str) -> dict[str, str]:
    """`key: value` separated by semicolons or line ends; keys may contain spaces.

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
