"""What the sound rules know without their tables: a tenth of each is hidden at a time.

A word whose entry is hidden counts as known where it still sounds as with it. Pairs are
second parts with their first parts, exceptions the first parts behind which a suffix
stays as it is, words the entries that respell a whole word.
"""

import argparse
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hangul import compounds, pronounce, respelling, sounds

PAIRS = (compounds.TENSE,)
EXCEPTIONS = (
    compounds.TENSE_BEHIND_TWO,
    compounds.TENSE_BEHIND_VOWEL,
    compounds.TENSE_BEHIND_CODA,
    compounds.INSERTED,
    compounds.UNYIELDING,
)
WORDS = (
    sounds.SINO_WORDS,
    sounds.JOINED,
    sounds.JOINED_SINO,
    sounds.INSERTED,
    sounds.UNYIELDING,
)
Entry = tuple[dict, str, str]  # the table, the second part, the first part


@contextmanager
def hidden(entries: list[Entry]) -> Iterator[None]:
    """Take entries out of their tables and put them back at the end."""
    table = respelling._TABLE
    whole = {first + part: table.get(first + part) for _, part, first in entries}
    before = {id(t): (t, dict(t)) for t, part, _ in entries if part}
    for entry_table, part, first in entries:
        if part:
            entry_table[part] -= {first}
        table.pop(first + part, None)
    try:
        yield
    finally:
        for entry_table, copy in before.values():
            entry_table.update(copy)
        table.update({word: sound for word, sound in whole.items() if sound})


def kept(entries: list[Entry], folds: int, seed: int) -> tuple[int, int]:
    """Count the words that sound as before while their entry is hidden, and all."""
    random.Random(seed).shuffle(entries)
    known = 0
    for fold in range(folds):
        part_of_them = entries[fold::folds]
        expected = [pronounce(first + part) for _, part, first in part_of_them]
        with hidden(part_of_them):
            known += sum(
                pronounce(first + part) == sound
                for (_, part, first), sound in zip(part_of_them, expected, strict=True)
            )
    return known, len(entries)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folds", type=int, default=10, help="parts to hide (10)")
    parser.add_argument("--seed", type=int, default=0, help="of the shuffle (0)")
    arguments = parser.parse_args()
    for name, tables in (("pairs", PAIRS), ("exceptions", EXCEPTIONS)):
        entries = [
            (table, part, first)
            for table in tables
            for part, firsts in table.items()
            for first in sorted(firsts)
        ]
        report(name, *kept(entries, arguments.folds, arguments.seed))
    entries = [(table, "", word) for table in WORDS for word in table]
    report("words", *kept(entries, arguments.folds, arguments.seed))


def report(name: str, known: int, total: int) -> None:
    print(f"{name:<12}{known:>6} of {total:>5}{100 * known / max(1, total):>7.1f} %")


if __name__ == "__main__":
    main()
