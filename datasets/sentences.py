"""A grammar of everyday Korean: the sentences that the demo speaks.

Words and patterns are tables beside this file; here they are put together: particles
by the coda before them, predicates conjugated, numbers drawn in written form. Among a
few candidates the one whose jamo pairs are rarest so far is taken, so that even a
small corpus visits every corner of the language.
"""

import hashlib
import itertools
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator

from datasets.inflection import conjugate, with_particle
from datasets.patterns import GROUPS
from datasets.predicates import PREDICATES
from datasets.vocabulary import NOUNS

HELD_OUT_SHARE = 16
CANDIDATES = 4
SYLLABLES = range(5, 23)

_LEADS, _VOWELS, _CODAS = 19, 21, 28
_SLOT = re.compile(r"\{(#?)(\w+)(?:([:~])([^}]+))?\}")


def _numbers() -> dict[str, Callable[[random.Random], str]]:
    def clock(r: random.Random) -> str:
        part = r.choice(("", "", "오전 ", "오후 ", "아침 ", "밤 "))
        hour = r.randint(7, 11) if part in ("아침 ", "밤 ") else r.randint(1, 12)
        minute = r.choice(("", "", " 반", f" {r.randrange(5, 60, 5)}분"))
        return f"{part}{hour}시{minute}"

    def price(r: random.Random) -> str:
        return (
            f"{r.choice((r.randrange(5, 100) * 100, r.randrange(10, 990) * 1000)):,}원"
        )

    def piece(r: random.Random) -> str:
        kinds = (
            ("fruit", "개"),
            ("book", "권"),
            ("paper", "장"),
            ("clothes", "벌"),
            ("bottle", "병"),
            ("car", "대"),
            ("shoes", "켤레"),
        )
        kind, counter = r.choice(kinds)
        words = _COUNTED.get(kind) or NOUNS[kind]
        return f"{r.choice(words)} {r.randint(1, 20)}{counter}"

    def date(r: random.Random) -> str:
        return f"{r.randint(1, 12)}월 {r.randint(1, 28)}일"

    def phone(r: random.Random) -> str:
        first = r.choice(("010", "010", "02", "031"))
        middle = r.randint(1000, 9999) if first == "010" else r.randint(200, 999)
        return f"{first}-{middle}-{r.randint(0, 9999):04d}"

    def temperature(r: random.Random) -> str:
        return f"{r.choice(('', '', '영하 '))}{r.randint(1, 38)}도"

    def percent(r: random.Random) -> str:
        return r.choice(
            (f"{r.randint(1, 99)}%", f"{r.randint(1, 40)}.{r.randint(1, 9)}%")
        )

    def suite(r: random.Random) -> str:
        floor = r.randint(1, 19)
        return f"{floor}층 {floor}{r.randint(1, 12):02d}호"

    return {
        "clock": clock,
        "price": price,
        "pieces": piece,
        "date": date,
        "fulldate": lambda r: f"{r.randint(1950, 2026)}년 {date(r)}",
        "year": lambda r: f"{r.randint(1950, 2026)}년",
        "phone": phone,
        "temperature": temperature,
        "percent": percent,
        "fever": lambda r: f"{r.randint(37, 40)}.{r.randint(1, 9)}도",
        "pictures": lambda r: f"{r.randint(2, 300)}장",
        "opening": lambda r: f"오전 {r.randint(7, 11)}시{r.choice(('', ' 반'))}",
        "suite": suite,
        "few": lambda r: f"{r.randint(2, 9)}명",
        "budget": lambda r: f"{r.randint(2, 900)}억 원",
        "cups": lambda r: f"{r.randint(1, 9)}잔",
        "kilos": lambda r: r.choice(
            (f"{r.randint(1, 30)}kg", f"{r.randint(2, 9)}.5kg")
        ),
        "distance": lambda r: f"{r.randint(1, 400)}km",
        "minutes": lambda r: f"{r.randint(2, 59)}분",
        "bus": lambda r: f"{r.randint(10, 7999)}번",
        "age": lambda r: f"{r.randint(3, 99)}살",
        "times": lambda r: f"{r.randint(1, 4)}번",
        "room": lambda r: f"{r.randint(1, 19)}{r.randint(1, 29):02d}호",
        "floor": lambda r: f"{r.choice(('', '', '지하 '))}{r.randint(1, 19)}층",
        "years": lambda r: f"{r.randint(1, 30)}년",
        "pages": lambda r: f"{r.randint(10, 480)}쪽",
        "score": lambda r: f"{r.randint(40, 100)}점",
        "lesson": lambda r: f"{r.randint(1, 7)}교시",
        "height": lambda r: f"{r.randint(148, 192)}cm",
        "people": lambda r: f"{r.randint(2, 90)}명",
        "animals": lambda r: f"{r.randint(1, 12)}마리",
        "won": lambda r: f"{r.randint(2, 900)}만 원",
        "population": lambda r: f"{r.randint(3, 350)}만 명",
        "code": lambda r: f"{r.randint(0, 9999):04d}",
    }


_COUNTED = {
    "book": ("책", "공책", "사전", "소설책", "만화책", "잡지"),
    "paper": ("종이", "우표", "표", "수건", "엽서", "접시", "사진", "입장권"),
    "bottle": ("물", "맥주", "콜라", "우유", "참기름", "간장", "식초"),
    "car": ("자전거", "트럭", "컴퓨터", "세탁기", "냉장고", "택시"),
    "shoes": ("양말", "구두", "운동화", "장갑", "장화"),
}
_NUMBERS = _numbers()


def _full_name(r: random.Random) -> str:
    return r.choice(NOUNS["family"]) + r.choice(NOUNS["given"])


def _person(r: random.Random) -> str:
    return (
        f"{r.choice(NOUNS['given'])} 씨"
        if r.random() < 0.4
        else r.choice(NOUNS["peer"])
    )


_MADE: dict[str, Callable[[random.Random], str]] = {
    "person": _person,
    "full": _full_name,
    "boss": lambda r: f"{r.choice(NOUNS['family'])} {r.choice(NOUNS['title'])}",
    "weekday7": lambda r: r.choice(NOUNS["weekday"][:7]),
    "produce": lambda r: r.choice(NOUNS["fruit"] + NOUNS["greens"] + NOUNS["meat"]),
    "abroad": lambda r: r.choice(NOUNS["country"] + NOUNS["metropolis"]),
}
_PATTERNS = tuple(
    tuple(pattern.strip() for pattern in re.split(r"[|\n]", text) if pattern.strip())
    for _, text in GROUPS
)
_WEIGHTS = tuple(itertools.accumulate(weight for weight, _ in GROUPS))


def _draw(r: random.Random) -> str:
    """One sentence of the grammar; a word is never used twice in it."""
    group = r.choices(_PATTERNS, cum_weights=_WEIGHTS)[0]
    used: set[str] = set()

    def fill(slot: re.Match) -> str:
        number, name, mark, tail = slot.groups()
        for _ in range(20):
            if number:
                word = _NUMBERS[name](r)
            elif name in _MADE:
                word = _MADE[name](r)
            else:
                word = r.choice(PREDICATES[name] if mark == "~" else NOUNS[name])
            if word not in used:
                break
        used.add(word)
        if mark == "~":
            return conjugate(word, tail)
        return with_particle(word, tail) if mark == ":" else word

    return _SLOT.sub(fill, r.choice(group))


def _jamo_pairs(text: str) -> list[tuple[int, int]]:
    """Neighbouring letters of the written text; 0 is a pause or the side of a digit."""
    letters = [0]
    for character in text:
        index = ord(character) - ord("가")
        if character.isdigit():
            letters += [ord(character), 0]
            continue
        if not 0 <= index < _LEADS * _VOWELS * _CODAS:
            if letters[-1]:
                letters.append(0)
            continue
        rest, coda = divmod(index, _CODAS)
        lead, vowel = divmod(rest, _VOWELS)
        letters += [100 + lead, 200 + vowel] + ([300 + coda] if coda else [])
    return list(itertools.pairwise(letters))


def syllables(text: str) -> int:
    """About how many syllables a sentence takes to say, digits included."""
    hangul = sum("가" <= character <= "힣" for character in text)
    digits = 0.0
    for number in re.findall(r"[\d,.]+", text):
        digits += 1.7 * len(re.sub(r"\D", "", number)) - 0.7
    letters = sum(character.isascii() and character.isalpha() for character in text)
    return round(hangul + digits + 1.5 * letters + 2 * text.count("%"))


def _is_held_out(text: str) -> bool:
    digest = hashlib.blake2b(text.encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") % HELD_OUT_SHARE == 0


def _grammar(seed: int, held_out: bool) -> Iterator[str]:
    r = random.Random(f"{'held out' if held_out else 'sentences'} {seed}")
    while True:
        text = _draw(r)
        if _is_held_out(text) == held_out and syllables(text) in SYLLABLES:
            yield text


def _choose(count: int, seed: int, held_out: bool) -> list[str]:
    if count < 0:
        raise ValueError(f"cannot make {count} sentences: the count must be 0 or more")
    source = _grammar(seed, held_out)
    met: Counter = Counter()
    chosen: dict[str, None] = {}
    misses = 0
    while len(chosen) < count:
        best, best_pairs, best_score = None, [], 0.0
        for text in itertools.islice(source, CANDIDATES):
            if text in chosen:
                continue
            pairs = _jamo_pairs(text)
            score = sum(1 / (1 + met[pair]) for pair in pairs) / len(pairs)
            if score > best_score:
                best, best_pairs, best_score = text, pairs, score
        misses = 0 if best else misses + 1
        if misses > 1000:
            raise ValueError(
                f"the grammar has no {count} sentences of this kind: ask for fewer, "
                f"at most {len(chosen)}"
            )
        if best:
            chosen[best] = None
            met.update(best_pairs)
    return list(chosen)


def sentences(count: int, seed: int = 0) -> list[str]:
    """`count` distinct sentences, the same for the same seed.

    A smaller count gives the beginning of a larger one. Raises `ValueError` when the
    grammar has fewer.
    """
    return _choose(count, seed, held_out=False)


def held_out(count: int, seed: int = 0) -> list[str]:
    """Like `sentences`, from the part of the language that `sentences` never gives."""
    return _choose(count, seed, held_out=True)
