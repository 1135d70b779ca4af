"""Where the parts of a compound meet: tense consonants, added ㄴ, ㄹ that becomes ㄴ.

A word is taken apart from its end: particles off, then the longest second part that
`compounds` lists, then the same of what stands before it (국민·연금·법).
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from . import compounds
from .jamo import coda_of
from .sounds import soften, tense

_LONGEST = 4
_SONORANT = frozenset("ㄴㄹㅁㅇ")
# What may follow a noun in its word: particles and the copula, or a verb in 하 and 되.
_PARTICLES = re.compile(
    "(?:들|님|씩|별|적)?(?:(?:이|가|은|는|을|를|의|에|과|와|도|만|로|으로|께|서|에서|에게|"
    "한테|까지|부터|보다|처럼|마다|조차|밖에|만큼|대로|마저|이나|나|이며|며|하고|이랑|랑|뿐|"
    "이란|란|이야|야|이든|든|치고|같이|답게|다운)?(?:서|는|은|도|만|의|나|를|을|이|가)?"
    "|이?(?:다|라|고|지|네|군|죠|면|니|냐|던|므로|라도|라고|라는|라서|라며|지만|었|였|에요|예요)"
    "[가-힣]*|이요|(?:입니|인데|인지|인가|인만|일지|일까|일뿐|임)[가-힣]*|인|일)"
)
_VERB = re.compile(
    "(?:하|한|할|해|했|합|함|되|된|될|돼|됐|됩|됨|시키|시킨|시켰|받|당하|당한|당했)[가-힣]*"
)
# First parts that are numbers (제삼·권) or a name (김일·성) have no suffix that tenses.
_NUMBER_OR_NAME = re.compile(
    "제?[일이삼사오육칠팔구십백천만]+|[수몇][십백천만]|[김박][가-힣]"
)


@lru_cache(maxsize=8192)
def _following(rest: str) -> str:
    """Tell whether particles follow a noun ("noun"), a verb, or neither ("")."""
    if _PARTICLES.fullmatch(rest):
        return "noun"
    return "verb" if _VERB.fullmatch(rest) else ""


def junctions(word: str) -> Iterator[tuple[int, str]]:
    """Yield where a second part begins and how its first syllable sounds there."""
    for end in range(len(word), 1, -1):
        following = _following(word[end:])
        if not following or (word[end:] == "인" and word[end - 1] in "법성증병"):
            continue
        found = _second_part(word[:end], following == "noun")
        if found:
            while found and found[1]:
                yield found
                found = _second_part(word[: found[0]], True)
            return


def _second_part(stem: str, noun: bool) -> tuple[int, str] | None:
    """Find the start of the last listed part and its sound, "" where it is plain.

    Before a verb (완성하다) only pairs of parts that are listed as such count.
    """
    for size in range(min(_LONGEST, len(stem) - 1), 0, -1):
        at = len(stem) - size
        first, part = stem[:at], stem[at:]
        for change in _CHANGES if noun else _CHANGES[:1]:
            sounded = change(first, part)
            if sounded is not None:
                return at, sounded
    return None


def _ends_in(first: str, listed: frozenset[str]) -> bool:
    """Whether a first part is listed: whole, or at its end as `compounds` says."""
    return (
        first in listed
        or first[-2:] in listed
        or first[-3:] in listed
        or (len(first) > 2 and first[-1] in listed)
    )


def _paired(first: str, part: str) -> str | None:
    """28: a tense consonant between two parts that are listed together."""
    only = compounds.TENSE.get(part, frozenset())
    if first in only or first[-2:] in only or first[-3:] in only:
        return tense(part[0])
    if len(first) > 2 and first[-1] + part in compounds.SECOND:
        return tense(part[0])
    return None


def _tensed(first: str, part: str) -> str | None:
    """26 and 28: a tense consonant where the second part is a suffix that tenses."""
    coda = coda_of(first[-1])
    suffixed = len(first) > 1 and not _NUMBER_OR_NAME.fullmatch(first)
    for table, fits in (
        (compounds.TENSE_BEHIND_TWO, suffixed),
        (compounds.TENSE_BEHIND_VOWEL, len(first) > 1 and not coda),
        (compounds.TENSE_BEHIND_CODA, coda in _SONORANT),
    ):
        plain = table.get(part)
        if plain is not None and fits:
            return "" if _ends_in(first, plain) else tense(part[0])
    if len(first) > 1 and first[-1] in compounds.BEHIND_L.get(part, ""):
        return tense(part[0])
    return None


def _inserted(first: str, part: str) -> str | None:
    """29: ㄴ before 이 야 여 요 유 behind a coda, ㄹ behind ㄹ."""
    coda = coda_of(first[-1])
    plain = compounds.INSERTED.get(part)
    if plain is None or not coda:
        return None
    if len(first) < 2 and len(part) < 2 and part not in compounds.INSERTED_BEHIND_ONE:
        return None
    if _ends_in(first, plain):
        return ""
    return soften(part[0], "ㄹ" if coda == "ㄹ" else "ㄴ")


def _unyielding(first: str, part: str) -> str | None:
    """20: ㄹ that becomes ㄴ behind a word in ㄴ."""
    plain = compounds.UNYIELDING.get(part)
    if plain is None or coda_of(first[-1]) != "ㄴ":
        return None
    if len(first) < 2 and part not in compounds.UNYIELDING_BEHIND_ONE:
        return None
    return "" if _ends_in(first, plain) else soften(part[0], "ㄴ")


_CHANGES = (_paired, _tensed, _inserted, _unyielding)
