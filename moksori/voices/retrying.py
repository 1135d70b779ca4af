"""Speak a line again when its attention failed or its stop token did not come.

The first attempt is left as it is if nothing is wrong with it. Later ones draw other
dropout masks from the same seed; the last ones also confine attention to a window that
moves forward only. A line without a sign at its end, whose stop token did not come, is
closed with a comma for all later attempts: most sentences of a corpus end with a sign.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

import hangul
from moksori.metrics.attention import complaints, health
from moksori.voices import stopping
from moksori.voices.attempts import ATTEMPTS, COMMA, FIRST, LADDER, Attempt
from moksori.voices.generation import Generated, Generator
from moksori.voices.speech import no_stop_token

_COMMA = hangul.ALPHABET.index(",")


@dataclass(frozen=True)
class Take:
    """Hold the attempt at a line that was kept.

    `flaws` say in plain words what is wrong with it, and `severity` counts them;
    `first_flaws` were those of the first of so many `attempts`, and `remedies` name
    what the kept one did otherwise.
    """

    generated: Generated
    severity: int
    flaws: tuple[str, ...]
    remedies: tuple[str, ...] = ()
    attempts: int = 1
    first_flaws: tuple[str, ...] = ()


class RetryingGenerator:
    """Generate lines as `Generator` does, and those that fail up to `attempts` times.

    Of the attempts at a line the first without a flaw is kept, or else the first of
    those with the fewest. Raises `ValueError` for a number outside 1 to `ATTEMPTS`.
    """

    def __init__(self, generator: Generator, attempts: int = ATTEMPTS):
        if not 1 <= attempts <= ATTEMPTS:
            raise ValueError(f"attempts must be 1 to {ATTEMPTS}, not {attempts}")
        self.generator, self.attempts = generator, attempts

    def stream(
        self,
        ids: Sequence[Sequence[int]],
        speakers: Sequence[int],
        factor: int,
        seed: int = 0,
        batch: int = 32,
    ) -> Iterator[tuple[list[int], list[Take]]]:
        """Generate lines batch after batch, the shortest first; yields `(indices,
        takes)` of each batch, whose lines that failed were tried again together."""
        for indices, lines in self.generator.stream(ids, speakers, factor, seed, batch):
            texts = [ids[i] for i in indices]
            numbers = [speakers[i] for i in indices]
            takes = [
                _judged(line, text, text, FIRST)
                for line, text in zip(lines, texts, strict=True)
            ]
            for attempt in LADDER[1 : self.attempts]:
                self._retry(takes, texts, numbers, factor, seed, attempt)
            yield indices, takes

    def _retry(self, takes, texts, speakers, factor, seed, attempt) -> None:
        """Replace takes with flaws where a further attempt has fewer."""
        failed = [i for i, take in enumerate(takes) if take.severity]
        given = [_closed(texts[i], takes[i]) for i in failed]
        numbers = [speakers[i] for i in failed]
        lines = self.generator.generate(given, numbers, factor, seed, attempt=attempt)
        for i, text, line in zip(failed, given, lines, strict=True):
            take = _judged(line, texts[i], text, attempt)
            takes[i] = _better(takes[i], take)


def _closed(ids: Sequence[int], take: Take) -> Sequence[int]:
    """Put a comma before the end symbol if the stop token did not come without it."""
    ended = take.generated.stopped == stopping.TOKEN and COMMA not in take.remedies
    if ended or len(ids) < 2 or not hangul.ALPHABET[ids[-2]].isalpha():
        return ids
    return (*ids[:-1], _COMMA, ids[-1])


def _judged(line: Generated, ids, text, attempt: Attempt) -> Take:
    """Find the flaws of an attempt at `ids` that spoke `text`."""
    remedies = attempt.remedies
    if len(text) > len(ids):
        remedies = (*remedies, COMMA)
        # The comma's attention counts as the end's: the line has no such symbol.
        spread = line.alignment
        spread = np.hstack([spread[:, :-2], spread[:, -2:].sum(axis=1, keepdims=True)])
        line = replace(line, alignment=spread)
    figures = health(line.alignment, [hangul.ALPHABET[i] for i in ids])
    flaws = complaints(figures)
    if line.stopped != stopping.TOKEN:
        flaws.append(no_stop_token(line.stopped))
    severity = (
        figures["skips"]
        + figures["repeats"]
        + (not figures["started"])
        + (not figures["reached_end"])
        + stopping.REASONS.index(line.stopped)
    )
    return Take(line, severity, tuple(flaws), remedies)


def _better(before: Take, take: Take) -> Take:
    """Return the attempt with fewer flaws, and the history of both."""
    return replace(
        take if take.severity < before.severity else before,
        attempts=before.attempts + 1,
        first_flaws=before.first_flaws or before.flaws,
    )


def in_order(lists: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """Join lists of words, each word once."""
    return tuple(dict.fromkeys(word for words in lists for word in words))


def note_of(takes: Sequence[Take]) -> tuple[str, ...]:
    """Say that a line, of which `takes` are the pieces, was spoken again, if it was."""
    again = [take for take in takes if take.attempts > 1]
    if not again:
        return ()
    failed = "; ".join(in_order(take.first_flaws for take in again))
    if any(take.severity for take in again):
        times = max(take.attempts for take in again)
        return (f"spoken {times} times, the best is kept; at first: {failed}",)
    done = ", ".join(in_order(take.remedies for take in again))
    return (f"spoken again with {done}; at first: {failed}",)
