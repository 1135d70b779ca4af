"""How many English words are spelled right without being listed: cross-validation.

Each tenth of `hangul/english_words.txt` is hidden in turn: its words are spelled by the
letter-to-sound rules alone, and as text is read, by forms and compounds of the words
left as well. Printed are the share spelled exactly as listed and the distance to the
listed spelling in jamo, divided by its length.
"""

import argparse
import sys
import unicodedata
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

FOLDS = 10


def distance(spoken: str, listed: str) -> int:
    """Levenshtein distance of two strings."""
    row = list(range(len(listed) + 1))
    for i, heard in enumerate(spoken, start=1):
        before, row[0] = row[0], i
        for j, wanted in enumerate(listed, start=1):
            before, row[j] = (
                row[j],
                min(row[j] + 1, row[j - 1] + 1, before + (heard != wanted)),
            )
    return row[-1]


def report(name: str, results: list[tuple[str, str]]) -> None:
    """Print share and distance for pairs of a spelling and the listed one."""
    exact = sum(spoken == listed for spoken, listed in results) / len(results)
    pairs = [
        [unicodedata.normalize("NFD", word) for word in result] for result in results
    ]
    error = sum(distance(*pair) for pair in pairs) / sum(len(pair[1]) for pair in pairs)
    print(f"{name:<24}{exact:>7.1%} exact{error:>8.1%} jamo errors")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--wrong", action="store_true", help="print what is wrong")
    show = parser.parse_args().wrong
    from hangul import words
    from hangul.english import spell
    from hangul.spelling import to_hangul

    table = {
        word: listed
        for word, listed in words.words().items()
        if word.isalpha() and len(word) > 2 and " " not in listed
        if listed != spell(word)
    }
    rules, read = [], []
    for fold in range(FOLDS):
        hidden = list(table)[fold::FOLDS]
        rest = {word: table[word] for word in table if word not in set(hidden)}
        with patch.object(words, "words", lambda rest=rest: rest):
            for word in hidden:
                rules.append((to_hangul(word), table[word]))
                read.append((words.known_word(word) or rules[-1][0], table[word]))
                if show and read[-1][0] != table[word]:
                    print(f"{word}: {read[-1][0]}, listed {table[word]}")
    print(f"{len(table):,} words, {FOLDS} folds")
    report("rules alone", rules)
    report("with forms and compounds", read)


if __name__ == "__main__":
    main()
