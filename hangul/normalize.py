"""Written Korean to spoken Korean: the ordered rules.

Each rule is a `str -> str` function that rewrites what it knows and leaves all else for
the rules below it. The last one closes the alphabet: modern syllables, space, `. , ? !`.
"""

import re
import unicodedata
from dataclasses import dataclass

from . import calendar, codes, quantities
from .jamo import compose
from .lexicon import CHATTER, LETTER_NAMES, LETTERS


@dataclass(frozen=True)
class Normalized:
    """Spoken text, the pieces that could not be read, and the rules that acted."""

    text: str
    dropped: tuple[str, ...]
    rules: tuple[str, ...]


def _unify(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _spell(text: str) -> str:
    return re.sub(
        "[A-Za-z]+", lambda m: "".join(LETTERS[c] for c in m[0].upper()), text
    )


def _read_jamo(text: str) -> str:
    return re.sub(
        "[ㄱ-ㅎ]",
        lambda m: CHATTER.get(m[0]) or LETTER_NAMES.get(m[0], ""),
        re.sub(
            "[ㅏ-ㅣ]", lambda m: chr(0xAC00 + (11 * 21 + ord(m[0]) - 0x314F) * 28), text
        ),
    )


_RULES = (
    ("unify", _unify),
    ("telephones", codes.read_telephones),
    ("dates", calendar.read_dates),
    ("times", calendar.read_times),
    ("versions", codes.read_versions),
    ("prices", quantities.read_prices),
    ("ranges", quantities.read_ranges),
    ("units", quantities.read_units),
    ("counters", quantities.read_counters),
    ("fractions", quantities.read_fractions),
    ("ratios", quantities.read_ratios),
    ("numbers", quantities.read_plain),
    ("letters", _spell),
    ("jamo", _read_jamo),
)
_OUTSIDE = re.compile(r"[^가-힣 .,?!]+")


def _close(text: str) -> str:
    text = _OUTSIDE.sub(" ", text)
    text = re.sub(r"[.,?!](?:\s*[.,?!])+", _strongest, text)
    text = re.sub(r"\s+", " ", re.sub(r"\s*([.,?!])", r"\1 ", text))
    return text.strip(" ").lstrip(" .,?!")


def _strongest(match: re.Match) -> str:
    return next(mark for mark in "?!.," if mark in match[0])


def normalize_verbose(text: str) -> Normalized:
    applied = []
    text = compose(text)
    for name, rule in _RULES:
        spoken = rule(text)
        if spoken != text:
            applied.append(name)
            text = spoken
    dropped = tuple(_OUTSIDE.findall(text))
    return Normalized(_close(text), dropped, tuple(applied))


def normalize(text: str) -> str:
    """Written text as a Korean newsreader would say it."""
    return normalize_verbose(text).text
