"""Rules for letters of other alphabets than Hangul and the plain Latin one.

Accents are stripped, Greek letters of formulas named. Words in Greek, Cyrillic, Arabic,
Thai, kana and the like stay, to be reported as unreadable: spelled in Latin letters
they would be said by the rules of English.
"""

import re
import unicodedata

from .lexicon import GREEK

_MARKED = re.compile("[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]")
# Letters without a decomposition into a plain one and its mark.
_LIGATURES = str.maketrans(
    {
        **{"Æ": "Ae", "æ": "ae", "Œ": "Oe", "œ": "oe", "Ø": "O", "ø": "o", "ß": "ss"},
        **{"Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "ı": "i"},
        **{"Þ": "Th", "þ": "th", "Ə": "A", "ə": "a"},
    }
)
# The one kana that stands between Korean words, on signs: 우리の가게.
_NO = re.compile("(?<=[가-힣])の(?=[가-힣])")
_GREEK = re.compile("[\u0370-\u03ff∆∑∏]+")
_LONGEST_FORMULA = 3


def strip_accents(text: str) -> str:
    """Strip accents (café → cafe) and read の between Korean words."""
    text = _MARKED.sub(lambda m: unicodedata.normalize("NFD", m[0])[0], text)
    return _NO.sub("노", text.translate(_LIGATURES))


def read_greek(text: str) -> str:
    """Read up to three Greek letters by name: ΔT → 델타 T; a Greek word stays."""

    def read(match: re.Match) -> str:
        word = match[0].lower()
        if len(word) > _LONGEST_FORMULA:
            return match[0]
        return "".join(GREEK.get(letter, letter) for letter in word)

    return _GREEK.sub(read, text)
