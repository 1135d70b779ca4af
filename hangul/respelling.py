"""Words respelled before the sound rules: tables, then the parts of compounds.

Words match at their beginning; entries of three syllables and more match anywhere, for
Korean compounds grow at the front (국제인권법, 비상계엄령).
"""

import re

from . import compounds, sounds
from .jamo import CODA_LETTERS, join, split
from .junctions import junctions
from .phrases import plain_words, respell_phrase
from .sounds import tense

_TABLE = (
    {
        first + part: first + tense(part[0]) + part[1:]
        for part, firsts in compounds.TENSE.items()
        for first in firsts
        if len(first) == 1
    }
    | sounds.CODAS
    | sounds.STEMS
    | sounds.SINO_WORDS
    | sounds.JOINED
    | sounds.JOINED_SINO
    | sounds.COMPOUNDS
    | sounds.INSERTED
    | sounds.UNYIELDING
    | {word: word for word in sounds.PLAIN}
)
_LONGEST = max(map(len, _TABLE))
_NUMBER = "일이삼사오육칠팔구십백천만억"


def respell(phrase: str) -> str:
    """Respell a phrase of Hangul words with single spaces, word by word."""
    plain = plain_words(phrase)
    words = respell_phrase(phrase).split(" ")
    return " ".join(
        word if at in plain else _respell_word(word) for at, word in enumerate(words)
    )


def _respell_word(word: str) -> str:
    if len(word) > 1:
        word = _respell_particle(word, _respell_listed(word))
        word = _LINKED.sub(_unlink, word)
        for pattern, change in _PATTERNS:
            word = pattern.sub(change, word)
    return word


def _respell_listed(word: str) -> str:
    """Table entries, longest first; between them the rule for Sino-Korean ㄹ (26).

    Where the parts of a compound meet inside no entry, its second part decides.
    """
    pieces, at, strong, inside = [], 0, False, set()
    while at < len(word):
        for end in range(min(len(word), at + _LONGEST), at + 1, -1):
            found = _TABLE.get(word[at:end])
            if found and (at == 0 or end - at > 2):
                inside.update(range(at + 1, end))
                break
        else:
            found, end = word[at], at + 1
        pieces.append(tense(found[0]) + found[1:] if strong else found)
        strong = _strengthens(word, end)
        at = end
    respelled = "".join(pieces)
    for at, sounded in junctions(word):
        if at not in inside:
            respelled = respelled[:at] + sounded + respelled[at + 1 :]
    return respelled


def _strengthens(word: str, at: int) -> bool:
    """Whether the syllable before `at` makes that at `at` tense (26).

    Not where the same syllable comes twice (절절하다); 일 only as the first syllable.
    """
    first, second = word[at - 1], word[at : at + 1]
    if word[:at] in sounds.PLAIN or first == second:
        return False
    known = first in sounds.SINO_L or (first == "일" and at == 1)
    return known and second in sounds.SINO_NEXT


def _list_pairs() -> dict[str, str]:
    """Respell compounds whose first part has a sound of its own: 출장길 출짱낄."""
    return {
        first + part: _respell_listed(first) + tense(part[0]) + part[1:]
        for part, firsts in compounds.TENSE.items()
        for first in firsts
        if len(first) > 1
    }


_TABLE = _list_pairs() | _TABLE
_LONGEST = max(map(len, _TABLE))


def _respell_particle(word: str, respelled: str) -> str:
    """의 as a particle sounds 에, inside a word 이 (5): 우리의 우리에."""
    ends_in_noun = word in sounds.NOUNS_IN_UI or (
        len(word) > 3 and word.endswith("주의")
    )
    last = "에" if word.endswith("의") and not ends_in_noun else respelled[-1]
    inside = respelled[1:-1].replace("의", "이")
    return respelled[0] + inside + ("이" if last == "의" else last)


# 30: 냇가 내까. Before ㄴ ㅁ and 이 the general rules find the nasal.
_LINKED = re.compile(
    rf"(?:{'|'.join(sorted(sounds.LINKED, key=len, reverse=True))})"
    rf"|[가-힣]?[{''.join(sorted(sounds.LINKING))}][가-힣]"
)


def _unlink(match: re.Match) -> str:
    found = match[0]
    for i in range(len(found) - 1):
        lead, vowel, coda = split(found[i])
        following = found[i + 1]
        if CODA_LETTERS[coda - 1 : coda] == "ㅅ" and tense(following) != following:
            return found[:i] + join(lead, vowel) + tense(following) + found[i + 2 :]
    return found


def _neutral_letter_name(match: re.Match) -> str:
    """16: 디귿이 디그시, 키읔이 키으기."""
    name = match[0]
    codas = dict(zip("귿읒읓읔읕읖읗", "긋읏읏윽읏읍읏", strict=True))
    return name[:-1] + codas[name[-1]]


_VOWEL_LED = "아-잏"
_PATTERNS = (
    (
        re.compile(f"(?:디귿|지읒|치읓|키읔|티읕|피읖|히읗)(?=[{_VOWEL_LED}])"),
        _neutral_letter_name,
    ),
    # 10: 밟 is 밥 before a consonant, but ㅎ joins its ㅂ (밟히다).
    (re.compile(f"밟(?=[^{_VOWEL_LED}하-힣])"), "밥"),
    (re.compile(f"여덟(?=[^{_VOWEL_LED}])"), "여덜"),
    # 29 in numbers: 십육 심뉵, 일육 일륙, 서른여섯 서른녀섣.
    (
        re.compile(
            f"(?<=[십씹백천만억육삼공])육(?=[{_NUMBER}공영]|$|년|월|일|분|명|개|번|호|"
            f"층)"
        ),
        "뉵",
    ),
    (re.compile(f"(?<=[일칠팔])육(?=[{_NUMBER}공영]|$)"), "륙"),
    (
        re.compile("(?<=[열물른흔쉰순든])여(?=섯|덟|덜)"),
        "녀",
    ),
)
