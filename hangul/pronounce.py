"""Standard pronunciation: spelled Hangul respelled as it sounds.

Follows 표준 발음법 (National Institute of Korean Language, 표준어 규정 제2부), articles
5 and 8–30. Article numbers stand beside the rules. Words whose sound no rule can tell
from the spelling are respelled first, from the tables of `sounds`.

Between words the sounds meet as in fluent speech where the standard itself gives
phrases: an obstruent coda joins ㅎ (12: 옷 한 벌), moves before a vowel as its neutral
sound (15: 닭 앞에) and turns nasal before ㄴ and ㅁ (18: 책 넣는다); -(으)ㄹ makes a
dependent noun tense (27: 할 것을), and listed pairs take ㄴ (29: 한 일). All else, and
everything across punctuation, is pronounced word by word.
"""

import re
from itertools import pairwise

from .jamo import CODA_LETTERS, LEAD_LETTERS, VOWEL_LETTERS, join, split
from .respelling import respell

_PHRASE = re.compile("[가-힣]+(?: [가-힣]+)*")

# Codas as they sound before a pause or a consonant (8–11).
_NEUTRAL = dict(
    zip(
        CODA_LETTERS,
        "ㄱㄱㄱㄴㄴㄴㄷㄹㄱㅁㄹㄹㄹㅂㄹㅁㅂㅂㄷㄷㅇㄷㄷㄱㄷㅂㄷ",
        strict=True,
    )
)
_CLUSTERS = {
    "ㄳ": "ㄱㅅ",
    "ㄵ": "ㄴㅈ",
    "ㄶ": "ㄴㅎ",
    "ㄺ": "ㄹㄱ",
    "ㄻ": "ㄹㅁ",
    "ㄼ": "ㄹㅂ",
    "ㄽ": "ㄹㅅ",
    "ㄾ": "ㄹㅌ",
    "ㄿ": "ㄹㅍ",
    "ㅀ": "ㄹㅎ",
    "ㅄ": "ㅂㅅ",
}
_ASPIRATED = {"ㄱ": "ㅋ", "ㄷ": "ㅌ", "ㅂ": "ㅍ", "ㅈ": "ㅊ"}
_TENSE = {"ㄱ": "ㄲ", "ㄷ": "ㄸ", "ㅂ": "ㅃ", "ㅅ": "ㅆ", "ㅈ": "ㅉ"}
_NASAL = {"ㄱ": "ㅇ", "ㄷ": "ㄴ", "ㅂ": "ㅁ"}
# Vowels before which a compound adds ㄴ (29), so that no coda moves there.
_GLIDES = frozenset("ㅣㅑㅒㅕㅖㅛㅠ")
# Numbers whose coda moves into the counters 일, 인 and 이 even so.
_NUMBERS = frozenset("육뉵륙십씹백뱅억럭")
_COUNTERS = frozenset("일인이")
# Nouns in ㄺ: their ㄱ stays before ㄱ (닭과 닥꽈), a verb's gives way (맑게 말께; 11).
_NOUNS_IN_RG = frozenset("닭흙칡슭삵")


class _Syllable:
    """Letters of one syllable, changed in place; `gap` is a space before it."""

    __slots__ = ("coda", "gap", "lead", "vowel")

    def __init__(self, syllable: str, gap: bool):
        lead, vowel, coda = split(syllable)
        self.lead = LEAD_LETTERS[lead]
        self.vowel = VOWEL_LETTERS[vowel]
        self.coda = CODA_LETTERS[coda - 1] if coda else ""
        self.gap = gap

    def __str__(self) -> str:
        return " " * self.gap + self.letters()

    def letters(self) -> str:
        coda = CODA_LETTERS.index(self.coda) + 1 if self.coda else 0
        lead = LEAD_LETTERS.index(self.lead)
        return join(lead, VOWEL_LETTERS.index(self.vowel), coda)

    def counts(self, following: "_Syllable") -> bool:
        """Whether a number and its counter are said as one word: 십육 일 심뉴길."""
        return self.letters() in _NUMBERS and following.letters() in _COUNTERS

    def is_noun_in_rg(self) -> bool:
        return self.letters() in _NOUNS_IN_RG


def pronounce(text: str) -> str:
    """Respell a normalised text as it is spoken; spaces and punctuation stay.

    국물 → 궁물, 신라 → 실라, 좋다 → 조타, 굳이 → 구지. Input other than composed
    Hangul passes through unchanged.
    """
    return _PHRASE.sub(lambda match: _speak(respell(match[0])), text)


def _speak(phrase: str) -> str:
    syllables, gap = [], False
    for character in phrase:
        if character == " ":
            gap = True
        else:
            syllables.append(_Syllable(character, gap))
            gap = False
    for left, right in pairwise(syllables):
        _meet(left, right)
    if syllables:
        last = syllables[-1]
        last.coda = _NEUTRAL.get(last.coda, "")
    for syllable in syllables:
        _simplify_vowel(syllable)
    return "".join(map(str, syllables))


def _simplify_vowel(syllable: _Syllable) -> None:
    """져 쪄 쳐 sound as 저 쩌 처, and ㅢ behind a consonant as ㅣ (5)."""
    if syllable.lead in "ㅈㅉㅊ" and syllable.vowel == "ㅕ":
        syllable.vowel = "ㅓ"
    elif syllable.vowel == "ㅢ" and syllable.lead != "ㅇ":
        syllable.vowel = "ㅣ"


def _meet(left: _Syllable, right: _Syllable) -> None:
    """What a coda and the next lead make of each other."""
    if not left.coda:
        return
    if right.gap:
        _neutralize(left, right)
        _liaise(left, right, across=True)
    else:
        _palatalize(left, right)
        _tense_stem(left, right)
    _aspirate(left, right)
    if not right.gap:
        _liaise(left, right, across=False)
    if left.coda:
        _neutralize(left, right)
        if not right.gap:
            _tense(left, right)
        _assimilate(left, right)


def _palatalize(left: _Syllable, right: _Syllable) -> None:
    """ㄷ ㅌ before 이 and 히 become ㅈ ㅊ (17): 굳이 구지, 같이 가치, 묻히다 무치다."""
    if right.vowel not in ("ㅣ", "ㅕ"):
        return
    if right.lead == "ㅇ" and left.coda in ("ㄷ", "ㅌ", "ㄾ"):
        right.lead = "ㅈ" if left.coda == "ㄷ" else "ㅊ"
        left.coda = "ㄹ" if left.coda == "ㄾ" else ""
    elif right.lead == "ㅎ" and left.coda == "ㄷ":
        right.lead, left.coda = "ㅊ", ""


def _tense_stem(left: _Syllable, right: _Syllable) -> None:
    """Stems in ㄵ ㄻ ㄼ ㄾ make an ending tense (24, 25), ㄺ does before ㄱ (11)."""
    if left.coda == "ㄺ" and right.lead == "ㄱ" and not left.is_noun_in_rg():
        left.coda, right.lead = "ㄹ", "ㄲ"
    elif left.coda in ("ㄵ", "ㄾ", "ㄼ", "ㄻ") and right.lead in "ㄱㄷㅅㅈ":
        right.lead = _TENSE[right.lead]


def _aspirate(left: _Syllable, right: _Syllable) -> None:
    """ㅎ joins a neighbour or vanishes (12): 놓고 노코, 각하 가카, 낳은 나은."""
    if left.coda in ("ㅎ", "ㄶ", "ㅀ"):
        rest = _CLUSTERS.get(left.coda, "")[:1]
        if right.lead in _ASPIRATED and right.lead != "ㅂ":
            right.lead, left.coda = _ASPIRATED[right.lead], rest
        elif right.lead == "ㅅ":
            right.lead, left.coda = "ㅆ", rest
        elif right.lead == "ㅇ" or rest:
            left.coda = rest
    elif right.lead == "ㅎ" and left.coda:
        head, tail = _CLUSTERS.get(left.coda, " " + left.coda)
        tail = tail if tail in _ASPIRATED else _NEUTRAL[tail]
        if tail in _ASPIRATED:
            single = left.coda in ("ㄳ", "ㅄ", "ㄽ")
            right.lead = _ASPIRATED[_NEUTRAL[left.coda] if single else tail]
            left.coda = "" if single else head.strip()


def _liaise(left: _Syllable, right: _Syllable, across: bool) -> None:
    """A coda moves before a vowel (13, 14); the ㅅ of a cluster becomes tense.

    Between words only a neutral obstruent moves, and not into 이 야 여 요 유 (15).
    """
    if right.lead != "ㅇ" or left.coda in ("", "ㅇ"):
        return
    if across and not _moves_across(left, right):
        return
    stays, moves = _CLUSTERS.get(left.coda, ("", left.coda))
    right.lead = "ㅆ" if stays and moves == "ㅅ" else moves
    left.coda = stays


def _moves_across(left: _Syllable, right: _Syllable) -> bool:
    if right.vowel in _GLIDES and not left.counts(right):
        return False
    return left.coda in _NASAL


def _neutralize(left: _Syllable, right: _Syllable) -> None:
    left.coda = _NEUTRAL[left.coda] if left.coda else ""


def _tense(left: _Syllable, right: _Syllable) -> None:
    """After an obstruent a plain consonant is tense (23): 국밥 국빱."""
    if left.coda in _NASAL:
        right.lead = _TENSE.get(right.lead, right.lead)


def _assimilate(left: _Syllable, right: _Syllable) -> None:
    """Nasals (18, 19) and liquids (20): 먹는 멍는, 담력 담녁, 막론 망논, 난로 날로."""
    if right.lead == "ㄹ" and not right.gap and left.coda not in ("ㄴ", "ㄹ"):
        right.lead = "ㄴ"
    if left.coda in _NASAL and right.lead in ("ㄴ", "ㅁ"):
        left.coda = _NASAL[left.coda]
    elif not right.gap and {left.coda, right.lead} == {"ㄴ", "ㄹ"}:
        left.coda = right.lead = "ㄹ"
