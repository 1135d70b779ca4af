"""Korean names in Latin letters (국어의 로마자 표기법, 2000): Seongsu → 성수."""

import re

from .jamo import CODA_LETTERS, LEAD_LETTERS, VOWEL_LETTERS, join
from .tables import alternatives, pairs

_LEADS = pairs(
    """
    g: ㄱ; kk: ㄲ; k: ㅋ; d: ㄷ; tt: ㄸ; t: ㅌ; b: ㅂ; pp: ㅃ; p: ㅍ; j: ㅈ; jj: ㅉ
    ch: ㅊ; s: ㅅ; ss: ㅆ; h: ㅎ; n: ㄴ; m: ㅁ; r: ㄹ; l: ㄹ
    """
) | {"": "ㅇ"}
_VOWELS = pairs(
    """
    a: ㅏ; ae: ㅐ; ya: ㅑ; yae: ㅒ; eo: ㅓ; e: ㅔ; yeo: ㅕ; ye: ㅖ; o: ㅗ
    wa: ㅘ; wae: ㅙ; oe: ㅚ; yo: ㅛ; u: ㅜ; wo: ㅝ; we: ㅞ
    wi: ㅟ; yu: ㅠ; eu: ㅡ; ui: ㅢ; i: ㅣ
    """
)
_CODAS = pairs("k: ㄱ; n: ㄴ; t: ㅅ; l: ㄹ; m: ㅁ; p: ㅂ; ng: ㅇ")
_SYLLABLE = (
    rf"({alternatives(_LEADS)})({alternatives(_VOWELS)})({alternatives(_CODAS)})??"
)
_REST = re.sub(r"\((?!\?)", "(?:", _SYLLABLE)
_NEXT = re.compile(rf"{_SYLLABLE}(?=(?:{_REST})*$)")
# What hardly any other language writes; eo and eu alone are in English as well.
_KOREAN = re.compile("yeo|[bdghjkmnprst]eo(?:[knm]|ng)|[bdghjkmnprs]eu[lnm]|eong|eung")


def read_romanized(word: str) -> str | None:
    """Read a lower-case word in Hangul if it is spelled like a Korean name."""
    if not _KOREAN.search(word):
        return None
    syllables, at = "", 0
    while at < len(word):
        match = _NEXT.match(word, at)
        if not match:
            return None
        lead, vowel, coda = match.groups()
        final = CODA_LETTERS.index(_CODAS[coda]) + 1 if coda else 0
        syllables += join(
            LEAD_LETTERS.index(_LEADS[lead]), VOWEL_LETTERS.index(_VOWELS[vowel]), final
        )
        at = match.end()
    return syllables
