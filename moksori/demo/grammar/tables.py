"""The words and sentence patterns of the demo's grammar, read from the text files here.

`nouns.txt` (and other words that do not bend) and `predicates.txt` hold lists, as
`name: word, word`, continued on indented lines. The rarer letters and letter pairs of
modern Korean (ㄳ ㄽ ㄾ ㄿ ㅒ ㅞ …) are met on purpose, most of all in `coverage`. A
predicate is `stem/infinitive`, or `stem/infinitive/으-base` where the third form is
irregular (걷/걸어/걸으, 춥/추워/추우); what stands before the last word of the stem
belongs to all forms (책을 읽/읽어).

`patterns.txt` holds groups of patterns by subject, each under `== weight`. `{class}` is
a word of the class, `{class:은}` adds the particle in the shape that its end asks for,
`{class~았어요}` conjugates a predicate, `{#name}` is a number in written form.
"""

import re
from pathlib import Path

_FOLDER = Path(__file__).parent


def _read_table(name: str) -> dict[str, tuple[str, ...]]:
    """Read the word lists of a file."""
    table = {}
    for entry in re.split(r"\n(?=\S)", (_FOLDER / name).read_text("utf-8")):
        title, _, text = entry.partition(":")
        table[title] = tuple(" ".join(word.split()) for word in text.split(","))
    return table


def _read_patterns() -> list[tuple[float, tuple[str, ...]]]:
    """Read the groups of patterns: (weight against the others, patterns)."""
    groups = []
    for entry in (_FOLDER / "patterns.txt").read_text("utf-8").split("== ")[1:]:
        weight, _, text = entry.partition("\n")
        patterns = (pattern.strip() for pattern in re.split(r"[|\n]", text))
        groups.append((float(weight), tuple(filter(None, patterns))))
    return groups


NOUNS = _read_table("nouns.txt")
PREDICATES = _read_table("predicates.txt")
PATTERNS = _read_patterns()
