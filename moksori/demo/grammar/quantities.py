"""Numbers in written form for the demo's sentences: dates, prices, counters."""

import random
from collections.abc import Callable

from moksori.demo.grammar.tables import NOUNS

_COUNTED = (
    ("개", NOUNS["fruit"]),
    ("벌", NOUNS["clothes"]),
    ("권", ("책", "공책", "사전", "소설책", "만화책", "잡지")),
    ("장", ("종이", "우표", "표", "수건", "엽서", "접시", "사진", "입장권")),
    ("병", ("물", "맥주", "콜라", "우유", "참기름", "간장", "식초")),
    ("대", ("자전거", "트럭", "컴퓨터", "세탁기", "냉장고", "택시")),
    ("켤레", ("양말", "구두", "운동화", "장갑", "장화")),
)


def _clock(r: random.Random) -> str:
    part = r.choice(("", "", "오전 ", "오후 ", "아침 ", "밤 "))
    hour = r.randint(7, 11) if part in ("아침 ", "밤 ") else r.randint(1, 12)
    minute = r.choice(("", "", " 반", f" {r.randrange(5, 60, 5)}분"))
    return f"{part}{hour}시{minute}"


def _price(r: random.Random) -> str:
    return f"{r.choice((r.randrange(5, 100) * 100, r.randrange(10, 990) * 1000)):,}원"


def _piece(r: random.Random) -> str:
    counter, words = r.choice(_COUNTED)
    return f"{r.choice(words)} {r.randint(1, 20)}{counter}"


def _date(r: random.Random) -> str:
    return f"{r.randint(1, 12)}월 {r.randint(1, 28)}일"


def _phone(r: random.Random) -> str:
    first = r.choice(("010", "010", "02", "031"))
    middle = r.randint(1000, 9999) if first == "010" else r.randint(200, 999)
    return f"{first}-{middle}-{r.randint(0, 9999):04d}"


def _temperature(r: random.Random) -> str:
    return f"{r.choice(('', '', '영하 '))}{r.randint(1, 38)}도"


def _percent(r: random.Random) -> str:
    return r.choice((f"{r.randint(1, 99)}%", f"{r.randint(1, 40)}.{r.randint(1, 9)}%"))


def _suite(r: random.Random) -> str:
    floor = r.randint(1, 19)
    return f"{floor}층 {floor}{r.randint(1, 12):02d}호"


NUMBERS: dict[str, Callable[[random.Random], str]] = {
    "clock": _clock,
    "price": _price,
    "pieces": _piece,
    "date": _date,
    "fulldate": lambda r: f"{r.randint(1950, 2026)}년 {_date(r)}",
    "year": lambda r: f"{r.randint(1950, 2026)}년",
    "phone": _phone,
    "temperature": _temperature,
    "percent": _percent,
    "fever": lambda r: f"{r.randint(37, 40)}.{r.randint(1, 9)}도",
    "pictures": lambda r: f"{r.randint(2, 300)}장",
    "opening": lambda r: f"오전 {r.randint(7, 11)}시{r.choice(('', ' 반'))}",
    "suite": _suite,
    "few": lambda r: f"{r.randint(2, 9)}명",
    "budget": lambda r: f"{r.randint(2, 900)}억 원",
    "cups": lambda r: f"{r.randint(1, 9)}잔",
    "kilos": lambda r: r.choice((f"{r.randint(1, 30)}kg", f"{r.randint(2, 9)}.5kg")),
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
