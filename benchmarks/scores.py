"""Jamo error rates: what was heard against what was to be said."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.recogniser import Recogniser, letters_of, spell
from hangul.jamo import CODA_LETTERS, LEAD_LETTERS, VOWEL_LETTERS
from moksori.metrics.bootstrap import ratio_of

_NOTHING = 0


@dataclass(frozen=True)
class Sentence:
    """One sentence as ids of jamo: what was to be said, and what was heard."""

    text: str
    expected: list[int]
    heard: list[int]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        return align(self.expected, self.heard)

    @property
    def errors(self) -> int:
        return sum(said != heard for said, heard in self.pairs)

    @property
    def rate(self) -> float:
        """Errors for each jamo that was to be said; above 1 where much was added."""
        return self.errors / len(self.expected)


def align(expected: Sequence[int], heard: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs (expected, heard) of a cheapest edit; 0 stands where one has nothing.

    The number of unequal pairs is the Levenshtein distance.
    """
    cost = np.zeros((len(expected) + 1, len(heard) + 1), np.int32)
    cost[:, 0], cost[0] = np.arange(len(expected) + 1), np.arange(len(heard) + 1)
    for i, wanted in enumerate(expected, start=1):
        for j, got in enumerate(heard, start=1):
            changed = cost[i - 1, j - 1] + (wanted != got)
            cost[i, j] = min(changed, cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    i, j, pairs = len(expected), len(heard), []
    while i or j:
        here = cost[i, j]
        different = bool(i and j and expected[i - 1] != heard[j - 1])
        if i and j and here == cost[i - 1, j - 1] + different:
            i, j = i - 1, j - 1
            pairs.append((expected[i], heard[j]))
        elif i and here == cost[i - 1, j] + 1:
            i -= 1
            pairs.append((expected[i], _NOTHING))
        else:
            j -= 1
            pairs.append((_NOTHING, heard[j]))
    return pairs[::-1]


def listen(
    recogniser: Recogniser,
    waves: Sequence[np.ndarray],
    sample_rate: int,
    texts: Sequence[str],
) -> list[Sentence]:
    """Hear waves [samples] that were to say `texts`, written Korean.

    Raises `ValueError` when counts differ or a text has nothing to say.
    """
    if len(waves) != len(texts):
        raise ValueError(f"{len(waves)} waves, but {len(texts)} texts")
    wanted = [letters_of(text) for text in texts]
    for text, letters in zip(texts, wanted, strict=True):
        if not letters:
            raise ValueError(f"nothing to hear in {text!r}: it has no Korean")
    heard = recogniser.hear(waves, sample_rate)
    return [Sentence(*each) for each in zip(texts, wanted, heard, strict=True)]


def rate_of(sentences: Sequence[Sentence], seed: int = 1) -> dict:
    """Return errors per jamo over all sentences, as `metrics.bootstrap.ratio_of`."""
    errors = [s.errors for s in sentences]
    return ratio_of(errors, [len(s.expected) for s in sentences], seed)


def summary(name: str, sentences: Sequence[Sentence], worst: int = 10) -> dict:
    """Everything to be said about a set, as plain values for JSON."""
    rate = rate_of(sentences)
    mistakes = Counter(
        pair for s in sentences for pair in s.pairs if pair[0] != pair[1]
    )
    ranked = sorted(sentences, key=lambda s: (-s.rate, -s.errors, s.text))
    return {
        "name": name,
        "sentences": len(sentences),
        "jamo": sum(len(s.expected) for s in sentences),
        "errors": sum(s.errors for s in sentences),
        "rate": rate["mean"],
        "interval": rate["interval"],
        "flawless": sum(s.errors == 0 for s in sentences),
        "confusions": [
            {"said": _name(said), "heard": _name(heard), "count": count}
            for (said, heard), count in mistakes.most_common(15)
        ],
        "worst": [_row(s) for s in ranked[:worst] if s.errors],
    }


def table(summaries: Sequence[dict]) -> str:
    """The summaries as text: the rates, then what was misheard in each set."""
    width = max(len(s["name"]) for s in summaries)
    lines = [f"{'':{width}}  sentences   jamo  wrong   95 % interval  flawless"]
    for s in summaries:
        low, high = (100 * bound for bound in s["interval"])
        lines.append(
            f"{s['name']:{width}}  {s['sentences']:9}  {s['jamo']:5}  "
            f"{100 * s['rate']:4.1f}%  {low:5.1f} - {high:4.1f}%  {s['flawless']:8}"
        )
    for s in summaries:
        if s["worst"]:
            lines += ["", f"{s['name']}, worst first"]
            lines += [
                f"  {100 * w['rate']:3.0f}%  {w['expected']}\n        {w['heard']}"
                for w in s["worst"]
            ]
            lines.append("  " + ", ".join(_mistake(c) for c in s["confusions"]))
    return "\n".join(lines)


def _row(sentence: Sentence) -> dict:
    return {
        "text": sentence.text,
        "expected": spell(sentence.expected),
        "heard": spell(sentence.heard),
        "errors": sentence.errors,
        "rate": sentence.rate,
    }


def _name(letter: int) -> str:
    """A letter as people type it, a coda with a stroke before it; "" for nothing."""
    if not letter:
        return ""
    coda = letter > len(LEAD_LETTERS) + len(VOWEL_LETTERS)
    typed = LEAD_LETTERS + VOWEL_LETTERS + CODA_LETTERS
    return "-" * coda + typed[letter - 1]


def _mistake(confusion: dict) -> str:
    said, heard, count = confusion["said"], confusion["heard"], confusion["count"]
    return f"{said or '·'}→{heard or '·'} {count}"
