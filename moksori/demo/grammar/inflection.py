"""Korean endings: particles by the coda before them, predicates conjugated."""

_SYLLABLE, _LAST_SYLLABLE = ord("가"), ord("힣")
_CODAS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
# How a number ends when it is read: 영 일 이 삼 사 오 육 칠 팔 구, and 미터 etc.
_READ_CODAS = dict(zip("0123456789", "ㅇㄹ ㅁ  ㄱㄹㄹ ", strict=True)) | {"%": " "}
_AFTER_VOWEL = {
    "은": "는",
    "이": "가",
    "을": "를",
    "과": "와",
    "으로": "로",
    "이에요": "예요",
    "이라는": "라는",
    "이라고": "라고",
    "이란": "란",
}
_HONORIFIC_STEMS = {"먹": "드", "마시": "드", "자": "주무"}


def coda(word: str) -> str:
    """Return the letter that closes a word's last syllable, or a space.

    Digits count as they are read one by one, Latin letters as units (kg, km, cm).
    """
    last = word[-1]
    if not _SYLLABLE <= ord(last) <= _LAST_SYLLABLE:
        return _READ_CODAS.get(last, "ㅁ" if word.endswith("g") else " ")
    return _CODAS[(ord(last) - _SYLLABLE) % len(_CODAS)]


def with_particle(word: str, particle: str) -> str:
    """Add a particle, named by its shape after a coda: 사과, 을 -> 사과를."""
    last = coda(word)
    open_end = last == " " or (particle == "으로" and last == "ㄹ")
    return word + (_AFTER_VOWEL.get(particle, particle) if open_end else particle)


def conjugate(predicate: str, ending: str) -> str:
    """Conjugate a predicate (`stem/infinitive[/으-base]`) with an ending.

    The ending is written as it follows a closed stem with the vowel ㅏ (았어요, 습니다,
    으면, 을까요, 는 …); contraction, ㄹ, ㅂ and 으 are seen to here, and so are the
    honorific verbs (먹 + 으세요 -> 드세요).
    """
    before, space, forms = predicate.rpartition(" ")
    return before + space + _conjugate(*forms.split("/"), ending=ending)


def _conjugate(stem: str, infinitive: str, base: str = "", *, ending: str) -> str:
    open_end = coda(stem) in " ㄹ"
    base = base or (stem if open_end else stem + "으")
    first, tail = ending[0], ending[1:]
    if first == "아":
        return infinitive + tail
    if first == "았":
        return _close(infinitive, "ㅆ") + tail
    if ending.startswith("습니") and open_end:
        return _close(stem, "ㅂ") + tail
    if ending.startswith("는대") and open_end:
        return _close(stem, "ㄴ") + tail
    if first in "을읍은":
        return _close(base, {"을": "ㄹ", "읍": "ㅂ", "은": "ㄴ"}[first]) + tail
    if first == "으" and tail[0] in "니시세셨":
        honorific = tail[0] != "니" and _HONORIFIC_STEMS.get(stem)
        return (honorific or _without_l(base)) + tail
    if first == "으":
        return base + tail
    return (_without_l(stem) if first in "는네니느" else stem) + ending


def _close(word: str, letter: str) -> str:
    """Close `word`, which ends on a vowel or ㄹ, with `letter` instead."""
    shift = _CODAS.index(letter) - _CODAS.index(coda(word))
    return word[:-1] + chr(ord(word[-1]) + shift)


def _without_l(word: str) -> str:
    return _close(word, " ") if coda(word) == "ㄹ" else word
