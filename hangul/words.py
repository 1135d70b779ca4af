"""English words and names with their established Hangul, and what is built of them.

`english_words.txt` spells them as the dictionaries of the National Institute do where
they list the word, otherwise as its owner or the press does. Inflected forms and
compounds of listed words follow by rule.
"""

from functools import cache

from .inflection import inflect
from .tables import names, pairs, read_pairs

# Capitals that are said as one word; all others of up to five are spelled out unless
# they are listed words.
SPOKEN_ACRONYMS = pairs(
    """
    AIDS: 에이즈; APEC: 에이펙; ASEAN: 아세안; COVID: 코비드; FIFA: 피파
    IMAX: 아이맥스; KAIST: 카이스트; KOSDAQ: 코스닥; KOSPI: 코스피; KOTRA: 코트라
    LAN: 랜; LASER: 레이저; MERS: 메르스; NASA: 나사; NASDAQ: 나스닥; NATO: 나토
    OPEC: 오펙; PIN: 핀; RAM: 램; ROM: 롬; SARS: 사스; THAAD: 사드; TOEFL: 토플
    TOEIC: 토익; UEFA: 유에파; UNESCO: 유네스코; UNICEF: 유니세프; POSTECH: 포스텍
    UNIST: 유니스트; SIM: 심; GIST: 지스트; DGIST: 디지스트; OPIC: 오픽; HIPHOP: 힙합
    FAQ: 에프에이큐; ASMR: 에이에스엠알
    """
)
# Listed words that mean letters when written in capitals.
SPELLED = names(
    "IT US WHO AI PC TV OR AS BE DO ME WE AM PM SO GO NO ARM CAN MS MR PR XI"
)
SPELLED |= names("HER SHE ALL ART MAC APP CAR GAS MAY OF ON IN TO AT IS HE MY UP BY ID")
SPELLED |= names("SEO SAP ERA RIP")
# Followed by II or III they are titles, read with English numbers.
ENGLISH_NUMBERS = dict(
    enumerate(
        ["원", "투", "스리", "포", "파이브", "식스", "세븐", "에이트", "나인", "텐"],
        start=1,
    )
)
# Parts that more often begin or end other words than compounds.
_NO_PARTS = names(
    "able age all and ant any are arm art ate bus but con den die end ear for get her"
    " him his ion its les men not off oil old one our out own pro raw rob sin son tan"
    " tea ten tor the tin too use van was"
)


@cache
def words() -> dict[str, str]:
    """Return the listed words and phrases, keys in lower case."""
    return read_pairs("english_words.txt")


def known_word(word: str) -> str | None:
    """Spell a lower-case word that is listed, inflected from one, or made of two."""
    if word in words():
        return words()[word]
    if word.upper() in SPOKEN_ACRONYMS:
        return SPOKEN_ACRONYMS[word.upper()]
    return inflect(word, words()) or _compound(word)


def _compound(word: str) -> str | None:
    for cut in range(len(word) - 3, 2, -1):
        first, second = word[:cut], word[cut:]
        if first in words() and not {first, second} & _NO_PARTS:
            spoken = words().get(second) or inflect(second, words())
            if spoken:
                return words()[first] + spoken
    return None
