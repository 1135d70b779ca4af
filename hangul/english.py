"""Rules for Latin letters: words, acronyms, letters with digits."""

import re
from functools import cache, lru_cache

from .lexicon import LETTERS, MIXED, MIXED_ONLY_BEFORE
from .numerals import digits, read_integer
from .romanized import read_romanized
from .spelling import to_hangul
from .tables import alternatives
from .words import ENGLISH_NUMBERS, SPELLED, SPOKEN_ACRONYMS, known_word, words

_MIXED = re.compile(
    rf"(?<![A-Za-z0-9.,])(?:{alternatives(MIXED)})"
    r"(?![A-Za-z]|(?<=\d)[.,]?\d)",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*")
_INITIALS = re.compile(r"(?<![A-Za-z])[A-Z](?:\.[A-Z])+\.?(?![A-Za-z])")
_NUMBERED = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]+)-?(\d+)(?![\d.,]*\d)")
# A noun behind A4, no particle: 에이 사 용지 but 에이 사를.
_NOUN = re.compile("(?![은는이가을를의에도만와과로나보부까처])[가-힣]{2}")
_HYPHEN = re.compile(r"(?<=[A-Za-z])-(?=[A-Za-z0-9가-힣])")
_DOT = re.compile(r"(?<=[A-Za-z0-9가-힣_])\.(?=[A-Za-z]{2,4}\d?(?![A-Za-z]))")
_ROMAN = re.compile(
    r"(?<![A-Za-z])([A-Za-z]+ )?((?:XX?)?(?:IX|IV|VI{0,3}|I{1,3}|X))(?![A-Za-z])"
)
_ROMAN_COUNTER = re.compile(r" ?(?:세대|세|기|장|부|권|편|차|급|형|호|악장|단계)")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def roman_value(numeral: str) -> int:
    """Count a Roman numeral: XIV → 14; what is none counts letter by letter too."""
    values = [_ROMAN_VALUES[letter] for letter in numeral.upper()]
    following = [*values[1:], 0]
    return sum(-v if v < n else v for v, n in zip(values, following, strict=True))


def spell(letters: str) -> str:
    """Spell letters by their names: KTX → 케이티엑스."""
    return "".join(
        LETTERS[letter]
        for letter in letters.upper()
        if letter in LETTERS or letter.upper() in LETTERS
    )


@cache
def _phrase() -> re.Pattern:
    """Compile the listed words that hold a blank or a sign."""
    listed = [key for key in words() if not key.isalpha() and "'" not in key]
    return re.compile(
        rf"(?<![A-Za-z])(?:{alternatives(listed)})(?![A-Za-z])", re.IGNORECASE
    )


@lru_cache(maxsize=4096)
def read_word(word: str) -> str:
    """Read a word of Latin letters: by the list of words, letter by letter or by rule.

    Capitals: the acronyms said as words, then letters for those that are listed or
    short or without a vowel. Mixed case falls apart at its humps where the whole is
    unknown (OpenStack), and what is left goes through the spelling rules.
    """
    if len(word) == 1:
        return spell(word)
    if word.isupper():
        if word in SPOKEN_ACRONYMS:
            return SPOKEN_ACRONYMS[word]
        if word in SPELLED:
            return spell(word)
    known = known_word(word.lower()) or read_romanized(word.lower())
    if known:
        return known
    plain = word.replace("'", "")
    if (word.isupper() and len(plain) <= 5) or not re.search("[aeiouyAEIOUY]", plain):
        return spell(plain)
    humps = re.findall("[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|[A-Z]", plain)
    if len(humps) > 1 and not word.isupper():
        return "".join(read_word(hump) for hump in humps)
    return to_hangul(plain)


def read_fixed(text: str) -> str:
    """Read tokens with digits or signs from a table: mp3, 5G, COVID-19, R&D."""
    return _MIXED.sub(_read_fixed, text)


def read_numbered(text: str) -> str:
    """Read numbers after letters: F-16 → F 십육; four digits by digit: ISO 구공공일."""
    return _NUMBERED.sub(_read_numbered, text)


def _read_fixed(match: re.Match) -> str:
    key = match[0].lower()
    only_before = MIXED_ONLY_BEFORE.get(key)
    if only_before and not re.match(
        rf" ?(?:{only_before})", match.string[match.end() :]
    ):
        return match[0]
    glued = match.string[match.end() : match.end() + 1].isdigit()
    return MIXED[key] + " " * glued


def _read_numbered(match: re.Match) -> str:
    word, number = match.groups()
    by_digit = len(number) > 3 or number.startswith("0")
    said = digits(number) if by_digit else read_integer(number)
    return f"{word} {said}" + " " * bool(_NOUN.match(match.string, match.end()))


def _read_roman(match: re.Match) -> str:
    """Numerals behind an English word or before a counter; a lone I is none."""
    word, numeral = match.groups()
    counter = _ROMAN_COUNTER.match(match.string, match.end())
    title = word and word[0].isupper() and len(word) > 3 and len(numeral) > 1
    # X세대 is a letter, Ⅱ세대 a number.
    letter = len(numeral) == 1 and counter and counter[0].strip() == "세대"
    if counter and not letter:
        return (word or "") + read_integer(str(roman_value(numeral)))
    if title and numeral not in ("XX", "XXX"):
        value = roman_value(numeral)
        return word + ENGLISH_NUMBERS.get(value, read_integer(str(value)))
    return match[0]


def read_romans(text: str) -> str:
    """Read Roman numerals: World War II → World War 투, II세 → 이세."""
    return _ROMAN.sub(_read_roman, text)


def read_english(text: str) -> str:
    """Read all that is left of Latin letters."""
    text = _INITIALS.sub(lambda m: m[0].replace(".", ""), text)
    text = _phrase().sub(lambda m: words()[m[0].lower()], text)
    text = _DOT.sub(" 점 ", _HYPHEN.sub(" ", text))
    text = re.sub(r"(?<![A-Za-z])a(?= [a-z]{2})", "어", text)
    return _TOKEN.sub(lambda m: read_word(m[0]), text)
