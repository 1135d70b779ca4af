"""Normalize written Korean to spoken Korean by ordered rules.

Each rule is a `str -> str` function that rewrites what it knows and leaves all else to
the rules below it, so the order is part of the grammar: an address is no sum, a date
no fraction, a unit no word. The last step closes the alphabet: modern syllables, space
and `. , ? !`. All rules but the last need a character outside that alphabet, which
makes the whole idempotent.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

from . import (
    addresses,
    calendar,
    clock,
    codes,
    contexts,
    english,
    expressions,
    hanja,
    measures,
    names,
    particles,
    quantities,
    scripts,
    sequences,
    signs,
)
from .characters import unify
from .markup import strip_markup
from .mojibake import cut_mojibake

_DIGIT = re.compile(r"\d")
_LATIN = re.compile("[A-Za-z]")
_HANJA = re.compile("[\u3400-\u4dbf\u4e00-\u9fff〇]")
_FOREIGN = re.compile("[\u00c0-\u024f\u0370-\u1effの∆∑∏]")
_ARROWS = re.compile("[↑↓]")
# The guard of rules that no narrower character calls for.
_OUTSIDE_ALPHABET = re.compile("[^가-힣 .,?!]")
_PAUSES = re.compile(r"[^가-힣 .,?!]|\.\.")
_PRIMES = re.compile(r"\d[°'\"′″]")
_JAMO = re.compile("[ㄱ-ㅣ]")


@dataclass(frozen=True)
class Normalized:
    """Spoken text, the pieces that could not be read, and the rules that acted."""

    text: str
    dropped: tuple[str, ...]
    rules: tuple[str, ...]

    @property
    def unreadable(self) -> tuple[str, ...]:
        """Return the dropped pieces that stand for words: letters, numbers, U+FFFD.

        What else is dropped, such as an emoji, is not spoken.
        """
        return tuple(filter(_holds_letter, self.dropped))


def _holds_letter(piece: str) -> bool:
    """Whether a piece holds a letter or digit, encircled too, or a lost character."""
    compatible = unicodedata.normalize("NFKC", piece)
    return any(
        character.isalnum()
        or character == "\ufffd"
        or unicodedata.category(character) == "Co"
        for character in compatible
    )


@dataclass(frozen=True)
class Rule:
    """A named step, taken only where `needs` finds something to do."""

    name: str
    needs: re.Pattern
    apply: Callable[[str], str]


RULES = (
    Rule("hanja", _HANJA, hanja.read_hanja),
    Rule("foreign letters", _FOREIGN, scripts.strip_accents),
    Rule("faces", _OUTSIDE_ALPHABET, signs.drop_faces),
    Rule("primes", _PRIMES, measures.read_primes),
    Rule("codes", _DIGIT, codes.read_named),
    Rule("open particles", _OUTSIDE_ALPHABET, particles.open_particles),
    Rule("addresses", _OUTSIDE_ALPHABET, addresses.read_addresses),
    Rule("fixed tokens", _OUTSIDE_ALPHABET, english.read_fixed),
    Rule("compounds", _DIGIT, sequences.read_compounds),
    Rule("abbreviations", _OUTSIDE_ALPHABET, signs.expand_abbreviations),
    Rule("arrows", _ARROWS, signs.read_arrows),
    Rule("names", _DIGIT, names.read_names),
    Rule("dates", _DIGIT, calendar.read_dates),
    Rule("times", _DIGIT, clock.read_times),
    Rule("telephones", _DIGIT, codes.read_telephones),
    Rule("versions", _DIGIT, codes.read_versions),
    Rule("prices", _DIGIT, measures.read_prices),
    Rule("letters and digits", _LATIN, english.read_numbered),
    Rule("sums", _OUTSIDE_ALPHABET, expressions.read_sums),
    Rule("units", _OUTSIDE_ALPHABET, measures.read_units),
    Rule("powers", _OUTSIDE_ALPHABET, expressions.read_powers),
    Rule("ambiguous counters", _DIGIT, contexts.read_ambiguous),
    Rule("sequences", _DIGIT, sequences.read_sequences),
    Rule("spans", _OUTSIDE_ALPHABET, signs.read_spans),
    Rule("fractions", _DIGIT, expressions.read_fractions),
    Rule("counters", _DIGIT, quantities.read_counters),
    Rule("ratios", _DIGIT, expressions.read_ratios),
    Rule("middle dots", _OUTSIDE_ALPHABET, signs.join_middle_dots),
    Rule("numbers", _DIGIT, quantities.read_plain),
    Rule("roman numerals", _LATIN, english.read_romans),
    Rule("words", _LATIN, english.read_english),
    Rule("greek", _FOREIGN, scripts.read_greek),
    Rule("particles", _OUTSIDE_ALPHABET, particles.choose_particles),
    Rule("lone jamo", _JAMO, signs.read_lone_jamo),
    Rule("pauses", _PAUSES, signs.place_pauses),
    Rule("signs", _OUTSIDE_ALPHABET, signs.read_signs),
)
_RULES_WITHOUT_JAMO = tuple(
    replace(rule, apply=signs.drop_lone_jamo) if rule.needs is _JAMO else rule
    for rule in RULES
)

# Marks that carry no words: they vanish without being reported.
_SILENT = re.compile(r"[\s\-~·'\"()\[\]{}<>「」『』《》〈〉【】〔〕⟨⟩…–—_/|:;*^`\\]+")
_UNREAD = re.compile("[^가-힣 .,?!]+")
_MARKS = re.compile(" ?[.,?!](?: ?[.,?!])*+ ?")


def _strongest(match: re.Match) -> str:
    return next(mark for mark in "?!.," if mark in match[0]) + " "


def _close(text: str) -> str:
    """Keep the alphabet alone, one space between words, one mark at a time."""
    text = re.sub(" +", " ", _UNREAD.sub(" ", text))
    return re.sub(" +", " ", _MARKS.sub(_strongest, text)).strip(" ").lstrip(".,?! ")


def normalize_verbose(text: str, lone_jamo: bool = True) -> Normalized:
    """Normalize a text and tell what was dropped unread and which rules acted.

    `lone_jamo=False` drops ㅋㅋㅋ and ㅠㅠ instead of reading them.
    """
    applied, before = [], text
    text, garbled = cut_mojibake(text)
    text = unify(strip_markup(text))
    if text != before:
        applied.append("characters")
    for rule in RULES if lone_jamo else _RULES_WITHOUT_JAMO:
        spoken = rule.apply(text) if rule.needs.search(text) else text
        if spoken != text:
            applied.append(rule.name)
            text = spoken
    pieces = (_SILENT.sub("", piece) for piece in garbled + _UNREAD.findall(text))
    return Normalized(_close(text), tuple(filter(None, pieces)), tuple(applied))


def normalize(text: str, lone_jamo: bool = True) -> str:
    """Write a text as a Korean newsreader would say it.

    Only modern syllables, space and `. , ? !` remain. Idempotent, and defined for
    every string: what cannot be read is dropped (see `normalize_verbose`).
    """
    return normalize_verbose(text, lone_jamo).text
