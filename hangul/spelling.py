"""Sounds to Hangul for English words that no list has.

`phonemes` finds the sounds of the letters; here they become syllables as 외래어 표기법
(chapter 3, section 1, English) writes them. Meant to be understood, not to be a
dictionary: common words belong into `english_words.txt`.
"""

import re

from .jamo import CODA_LETTERS, LEAD_LETTERS, VOWEL_LETTERS, join
from .phonemes import sounds_of

_LEADS = dict(
    zip("bdfghklmnprstvzSCJT", "ㅂㄷㅍㄱㅎㅋㄹㅁㄴㅍㄹㅅㅌㅂㅈㅅㅊㅈㅊ", strict=True)
)
_CODAS = {"m": "ㅁ", "n": "ㄴ", "N": "ㅇ", "l": "ㄹ", "p": "ㅂ", "t": "ㅅ", "k": "ㄱ"}
_WITH_Y = dict(zip("ㅏㅐㅓㅔㅗㅜ", "ㅑㅒㅕㅖㅛㅠ", strict=True))
_WITH_W = dict(zip("ㅏㅐㅓㅔㅗㅣ", "ㅘㅙㅝㅞㅝㅟ", strict=True))
_VOWELS = frozenset(VOWEL_LETTERS)


def to_hangul(word: str) -> str:
    """Write an English-like word in Hangul: slide → 슬라이드, blick → 블릭."""
    return _Writer().write(sounds_of(word.lower()))


class _Writer:
    """Group sounds into [lead, vowel, coda]; `short` is the last vowel's length."""

    def __init__(self):
        self.syllables: list[list[str]] = []
        self.short = False

    def write(self, sounds: str) -> str:
        at = 0
        while at < len(sounds):
            at = self.put(sounds, at)
        return "".join(
            join(
                LEAD_LETTERS.index(lead),
                VOWEL_LETTERS.index(vowel),
                CODA_LETTERS.index(coda) + 1 if coda else 0,
            )
            for lead, vowel, coda in self.syllables
        )

    def put(self, sounds: str, at: int) -> int:
        """Place the sound at `at` and return where the next one stands."""
        onset = re.compile(r"([bdfghklmnprstvzSCJT]?)([wy]?)([ㅏ-ㅣ])").match(
            sounds, at
        )
        if onset:
            self.open_syllable(*onset.groups())
            glided = at > 0 and not onset[1] and sounds[at - 1] in _VOWELS
            mark = sounds[onset.end() : onset.end() + 1]
            self.short = mark == "." or (not glided and mark != "-")
            return onset.end()
        if sounds[at] not in "-.wyh" and not (sounds[at] == "r" and self.syllables):
            self.close(sounds[at], sounds[at + 1 : at + 2])
        elif sounds[at] == "r" and not self.ends_open():
            self.close("r", "")
        return at + 1

    def ends_open(self) -> bool:
        return bool(self.syllables) and not self.syllables[-1][2]

    def open_syllable(self, consonant: str, glide: str, vowel: str):
        if glide == "w":
            if consonant not in ("", "g", "k", "h"):
                self.syllables.append([_LEADS[consonant], "ㅡ", ""])
                consonant = ""
            vowel = _WITH_W.get(vowel, vowel)
        elif (glide == "y" or consonant == "S") and consonant not in ("C", "J", "T"):
            vowel = _WITH_Y.get(vowel, vowel)
        if consonant == "l" and self.ends_open():
            self.syllables[-1][2] = "ㄹ"
        lead = _LEADS[consonant] if consonant else "ㅇ"
        self.syllables.append([lead, vowel, ""])

    def close(self, consonant: str, following: str):
        """Place a consonant that no vowel follows: a coda, or a syllable of its own."""
        stop = consonant in "ptk"
        fits = not stop or (self.short and following not in tuple("lrmnwy"))
        if consonant in _CODAS and self.ends_open() and fits:
            self.syllables[-1][2] = _CODAS[consonant]
            self.short = False
            return
        self.short = False
        if consonant in "mn" and self.syllables and self.syllables[-1][2] == "ㄹ":
            self.syllables.append(["ㄹ", "ㅡ", _CODAS[consonant]])
        elif consonant == "N":
            self.syllables.append(["ㅇ", "ㅡ", "ㅇ"])
        elif consonant == "S" and following:
            self.syllables.append(["ㅅ", "ㅠ", ""])
        else:
            vowel = "ㅣ" if consonant in "SCJ" else "ㅡ"
            self.syllables.append([_LEADS[consonant], vowel, ""])
