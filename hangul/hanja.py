"""Hanja in running text: glosses in brackets dropped, characters and words read.

`hanja_characters.txt` gives each character one reading as it sounds inside a word
(力 력, 女 녀): those of KS X 1001, of the characters taught at school and of those that
names may have, after Unihan's kHangul. `hanja_words.txt` lists the words in which a
character has another one (便所 변소).
"""

import re
from functools import cache

from .jamo import LEAD_LETTERS, VOWEL_LETTERS, coda_of, join, split
from .tables import read_pairs

_HANJA = "\u4e00-\u9fff\u3400-\u4dbf"
# 〇 is a nought among digits; elsewhere it stands for a name, like ○.
_NOUGHT = re.compile("(?<=[零一二三四五六七八九])〇|〇(?=〇*[一二三四五六七八九])")
_WORD = re.compile(f"(?<![{_HANJA}])[{_HANJA}]+")
_GLOSS = re.compile(rf"(?<=[가-힣]) ?[(\[（〔][{_HANJA}][{_HANJA} ·,、]*[)\]）〕]")
_GLOSSED = re.compile(rf"(?<![{_HANJA}])[{_HANJA}]++ ?[(\[（〔]([가-힣 ]+)[)\]）〕]")
# Behind a record 更新 is 경신, "to break"; elsewhere 갱신, "to renew".
_RENEWED_RECORD = re.compile("((?:기록|최고|최저|최다)[치가를을]? ?)更新")
# A lone 金 is the surname 김, glued to a word only before a title or particle: 金요일.
_GOLD = re.compile(
    " ?\\d|(?=[가-힣])(?!(?:씨|군|양|모|대통령|의원|장관|총리|위원장|대표|시장|지사"
    "|회장|사장|감독|선수|여사|박사|교수|총재|주석)|[은는이가을를의도과와에](?![가-힣]))"
)
# A syllable that makes a derived word of three others: 미성년자 is no 2 + 2.
_SUFFIXES = frozenset("者期的法化層用性論會團家員權費課部署長式型制界")


@cache
def _readings() -> dict[str, str]:
    """Return the reading of each character."""
    return {
        character: reading
        for reading, characters in read_pairs("hanja_characters.txt").items()
        for character in characters
    }


@cache
def _words() -> dict[str, str]:
    return read_pairs("hanja_words.txt")


def read_hanja(text: str) -> str:
    """Read hanja: 大韓民國 → 대한민국, 한국(韓國) → 한국, 金(김) → 김; others stay."""
    text = _GLOSSED.sub(r"\1", _GLOSS.sub("", text))
    text = _NOUGHT.sub("零", text).replace("〇", "○")
    text = _RENEWED_RECORD.sub(r"\1경신", text)
    return _WORD.sub(_read_match, text)


def _read_match(match: re.Match) -> str:
    word, text = match[0], match.string
    before = text[: match.start()][-1:]
    begins = not (before.isdigit() or "가" <= before <= "힣")
    if word == "金":
        return "금" if not begins or _GOLD.match(text, match.end()) else "김"
    return _read_word(word, begins)


def _read_word(word: str, begins: bool) -> str:
    """Read by the longest listed words, else by character; 두음 법칙 where one begins.

    Four characters are two words of two, unless the last is a suffix: 해외여행 but
    미성년자.
    """
    starts = {0} if begins else set()
    if len(word) == 4 and word[-1] not in _SUFFIXES:
        starts.add(2)
    syllables, at = "", 0
    while at < len(word):
        for length in range(min(5, len(word) - at), 1, -1):
            if word[at : at + length] in _words():
                syllables += _words()[word[at : at + length]]
                at += length
                break
        else:
            syllables += _read_character(word, at, syllables, at in starts)
            at += 1
    return syllables


def _read_character(word: str, at: int, before: str, initial: bool) -> str:
    """Read a character by its place: 茶 is 차 at the end, 狀 장 at the end of three."""
    character, last = word[at], at == len(word) - 1
    if character == "金" and at == 0 and len(word) == 3:
        return "김"
    if character == "茶" and last:
        return "차"
    if character == "狀" and last and len(word) > 2:
        return "장"
    reading = _readings().get(character, character)
    if reading == character:
        return reading
    if character == "不" and not last:
        following = split(_readings().get(word[at + 1], "가"))[0]
        return "부" if LEAD_LETTERS[following] in "ㄷㅈ" else "불"
    if reading in ("렬", "률") and before and not initial:
        open_end = "가" <= before[-1] <= "힣" and coda_of(before[-1]) in ("", "ㄴ")
        return {"렬": "열", "률": "율"}[reading] if open_end else reading
    return _initial(reading) if initial else reading


def _initial(reading: str) -> str:
    """Adapt the first syllable of a word by 두음 법칙: 녀 → 여, 락 → 낙."""
    lead, vowel, coda = split(reading)
    narrow = VOWEL_LETTERS[vowel] in "ㅑㅕㅖㅛㅠㅣ"
    letter = LEAD_LETTERS[lead]
    if letter in "ㄴㄹ" and narrow:
        letter = "ㅇ"
    elif letter == "ㄹ":
        letter = "ㄴ"
    return join(LEAD_LETTERS.index(letter), vowel, coda)
