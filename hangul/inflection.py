"""Endings of English words in Hangul: 스타트 + ing → 스타팅, 스토리 + s → 스토리즈.

An ending that begins with a vowel takes the last consonant of the word along; which
consonant that is, a coda or a syllable in ㅡ or ㅣ tells.
"""

from collections.abc import Callable, Iterator, Mapping

from .jamo import CODA_LETTERS, LEAD_LETTERS, VOWEL_LETTERS, join, split

_CARRIED = dict(zip("ㄱㄴㄹㅁㅂㅅ", "ㅋㄴㄹㅁㅍㅌ", strict=True))
_VOICED = {"gㅋ": "ㄱ", "bㅍ": "ㅂ", "dㅌ": "ㄷ"}
_VOICELESS = "ㅋㅌㅍㅅ"


def _letters(syllable: str) -> tuple[str, str, str]:
    lead, vowel, coda = split(syllable)
    return LEAD_LETTERS[lead], VOWEL_LETTERS[vowel], CODA_LETTERS[coda - 1 : coda]


def _syllable(lead: str, vowel: str, coda: str = "") -> str:
    final = CODA_LETTERS.index(coda) + 1 if coda else 0
    return join(LEAD_LETTERS.index(lead), VOWEL_LETTERS.index(vowel), final)


def _cut(base: str, spoken: str) -> tuple[str, str]:
    """Split off the consonant that a word ends in, as a lead: 북 → 부, ㅋ."""
    rest, (lead, vowel, coda) = spoken[:-1], _letters(spoken[-1])
    if coda in _CARRIED:
        carried = _VOICED.get(base[-1] + _CARRIED[coda], _CARRIED[coda])
        return rest + _syllable(lead, vowel, "ㄹ" * (coda == "ㄹ")), carried
    if rest and not coda and (vowel == "ㅡ" or (vowel == "ㅣ" and lead in "ㅅㅈㅊ")):
        return rest, lead
    return spoken, "ㅇ"


def _with_vowel(base: str, spoken: str, vowel: str, coda: str = "") -> str:
    rest, lead = _cut(base, spoken)
    if lead == "ㅇ" and base.endswith(("r", "re")):
        lead = "ㄹ"
    if lead == "ㅇ" and vowel == "ㅣ" and rest[-1] == "이" and len(rest) > 1:
        rest = rest[:-1]
    return rest + _syllable(lead, vowel, coda)


def _plural(base: str, spoken: str) -> str:
    """스 behind a voiceless sound, else 즈; with ㅌ it is 츠, behind a hiss 이즈."""
    rest, lead = _cut(base, spoken)
    if base.endswith(("t", "te")) and lead == "ㅌ":
        return rest + "츠"
    if base.endswith(("d", "de")) and lead == "ㄷ":
        return rest + "즈"
    if lead in "ㅅㅈㅊ" and rest != spoken:
        return rest + _syllable(lead, "ㅣ") + "즈"
    return spoken + ("스" if lead in _VOICELESS else "즈")


def _past(base: str, spoken: str) -> str:
    rest, lead = _cut(base, spoken)
    if lead in "ㅌㄷ" and rest != spoken:
        return rest + _syllable(lead, "ㅣ") + "드"
    return spoken + ("트" if lead in _VOICELESS + "ㅊ" else "드")


def _agent(base: str, spoken: str) -> str:
    if base.endswith(("r", "re")):
        return spoken + "러"
    vowel = "ㅕ" if spoken[-1] == "시" and base.endswith("sh") else "ㅓ"
    return _with_vowel(base, spoken, vowel)


def _adverb(base: str, spoken: str) -> str:
    rest, (lead, vowel, coda) = spoken[:-1], _letters(spoken[-1])
    if coda in "ㄹㄴㅁㅇ" and coda:
        return spoken + "리"
    if coda:
        rest, lead = _cut(base, spoken)
        return rest + _syllable(lead, "ㅡ", "ㄹ") + "리"
    return rest + _syllable(lead, vowel, "ㄹ") + "리"


_ENDINGS: dict[str, Callable[[str, str], str]] = {
    "'s": _plural,
    "s'": _plural,
    "s": _plural,
    "ings": lambda base, spoken: _with_vowel(base, spoken, "ㅣ", "ㅇ") + "스",
    "ing": lambda base, spoken: _with_vowel(base, spoken, "ㅣ", "ㅇ"),
    "ers": lambda base, spoken: _agent(base, spoken) + "스",
    "er": _agent,
    "ed": _past,
    "es": _plural,
    "est": lambda base, spoken: _with_vowel(base, spoken, "ㅣ") + "스트",
    "ly": _adverb,
    "less": lambda _, spoken: spoken + "리스",
    "ness": lambda _, spoken: spoken + "니스",
    "ful": lambda _, spoken: spoken + "풀",
    "ment": lambda _, spoken: spoken + "먼트",
    "ship": lambda _, spoken: spoken + "십",
    "able": lambda base, spoken: _with_vowel(base, spoken, "ㅓ") + "블",
    "y": lambda base, spoken: _with_vowel(base, spoken, "ㅣ"),
}
_SILENT_E = ("ing", "ings", "er", "ers", "ed", "est", "able", "y")


def inflect(word: str, listed: Mapping[str, str]) -> str | None:
    """Spell a form of a listed word, or return None: stories by 스토리 → 스토리즈."""
    for ending, build in _ENDINGS.items():
        stem = word.removesuffix(ending)
        if stem != word:
            for base in _bases(stem, ending):
                if len(base) > 2 and base.isalpha() and base in listed:
                    return build(base, listed[base])
    return None


def _bases(stem: str, ending: str) -> Iterator[str]:
    """What a stem may be without its ending: mak → make, runn → run, stori → story."""
    if ending in _SILENT_E:
        yield stem + "e"
    if ending != "es" or stem.endswith(("s", "x", "z", "sh", "ch", "o")):
        yield stem
    if ending in _SILENT_E and len(stem) > 3 and stem[-1] == stem[-2]:
        yield stem[:-1]
    if stem.endswith("i") and ending in ("es", "ed", "er", "est", "ly", "ness", "ful"):
        yield stem[:-1] + "y"
