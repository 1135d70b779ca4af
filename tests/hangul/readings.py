"""The tables of these tests: a case a line, written → spoken."""


def readings(block: str) -> list[tuple[str, str]]:
    """Cases of a block; a long case continues, indented deeper, on the next line.

    Raises ValueError for a case without an arrow.
    """
    lines: list[str] = []
    for line in filter(str.strip, block.splitlines()):
        if line.startswith(" " * 8):
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.strip())
    cases = []
    for line in lines:
        written, arrow, spoken = line.partition(" → ")
        if not arrow:
            raise ValueError(f"no arrow in {line!r}")
        cases.append((written, spoken))
    return cases
