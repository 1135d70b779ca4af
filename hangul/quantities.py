"""Rules for numbers that count something, and for the numbers that are left."""

import re

from .numerals import (
    MAGNITUDES,
    NATIVE_BELOW,
    NATIVE_COUNTERS,
    SINO_COUNTERS,
    SINO_UNITS,
    attributive,
    count,
    decimal,
    digits,
    read_integer,
    sino,
)
from .tables import alternatives

INTEGER = r"(?<!\d)(?:\d{1,3}(?:,\d{3})++(?!\d)|\d++)"
NUMBER = rf"{INTEGER}(?:\.\d++)?"
# 경 and 조 also begin words (3경기, 3조각): they are magnitudes only before these.
_AFTER_MAGNITUDE = (
    r"(?=$|[^가-힣]|원|달러|엔|유로|위안|여|대|개|명|[을를이가은는의에로도와과])"
)
_MAGNITUDE = rf"(?:[십백천]?(?:[만억]|[조경]{_AFTER_MAGNITUDE})|[백천])"
# No amount has more parts than magnitudes; the bound keeps the search linear.
AMOUNT = rf"(?:{NUMBER}{_MAGNITUDE} ?){{0,6}}{NUMBER}(?:{_MAGNITUDE})?"
# A minus sign does not follow a digit, a letter or a closing bracket.
MINUS = r"(?:(?<![\w)\]%])[-−])?"

_PART = re.compile(rf"({NUMBER})([십백천]?)([만억조경]?)")


def whole_value(amount: str) -> int | None:
    """1만 2천 → 12000; None where the parts do not descend or one has a fraction."""
    total = section = 0
    ceiling = small_ceiling = 10**30
    for number, small, big in _PART.findall(amount):
        if "." in number or len(number) > 36:
            return None
        value = int(number.replace(",", "")) * MAGNITUDES.get(small, 1)
        if value >= small_ceiling:
            return None
        section += value
        small_ceiling = MAGNITUDES[small] if small else 1
        if big:
            if MAGNITUDES[big] >= ceiling:
                return None
            total += section * MAGNITUDES[big]
            ceiling = small_ceiling = MAGNITUDES[big]
            section = 0
    return total + section


def read_number(text: str) -> str:
    """Read 12,345 and 3.14 and 007 and 1만 2천 in Sino-Korean words."""
    if re.fullmatch(r"0\d+", text):
        return digits(text)
    value = whole_value(text)
    if value is not None:
        return sino(value)
    return " ".join(
        _read_part(number) + small + big for number, small, big in _PART.findall(text)
    )


def _read_part(number: str) -> str:
    whole, point, fraction = number.replace(",", "").partition(".")
    return decimal(whole, fraction) if point else read_integer(whole)


def read_count(amount: str, counter: str) -> str:
    """Read an amount before a counter; fractions are Sino-Korean (삼 점 오 개)."""
    value = whole_value(amount)
    zeros = re.fullmatch(r"0\d+", amount) and counter not in (
        "월",
        "일",
        "시",
        "분",
        "초",
    )
    if value is None or zeros:
        return f"{read_number(amount)} {counter}"
    return count(value, counter)


def sign(minus: str) -> str:
    """Return 마이너스 and a space for any minus sign, nothing for none."""
    return "마이너스 " if minus else ""


# What may follow a counter of one syllable: particles and suffixes. 4대강 is no 네 대.
_SUFFIXES = alternatives(
    """
    은 는 이 가 을 를 의 에 도 만 와 과 로 나 라 다 인 며 고 요 든 씩 째 쯤 당 간 꼴
    여 들 중 내 전 후 반 차 말 초 용 분 치 경 께 밖 뿐 으로 였 예요 입니 보다 부터
    까지 처럼 마다 짜리 어치 이상 이하 미만 초과 가량 정도 남짓 안팎 하고 조차 마저
    동안 사이 배기
    """
)
_TAIL = rf"(?=[^가-힣]|$|대$|{_SUFFIXES})"
_COUNTERS = NATIVE_COUNTERS | SINO_COUNTERS | NATIVE_BELOW.keys()
_LONG = sorted((c for c in _COUNTERS if len(c) > 1), key=len, reverse=True)
_SHORT = "".join(sorted(c for c in _COUNTERS if len(c) == 1))
COUNTER = rf"(?:{'|'.join(_LONG)}|월|개[{SINO_UNITS}]{_TAIL}|개|[{_SHORT}]{_TAIL})"
_COUNTED = re.compile(rf"((?<![가-힣])제 ?)?({MINUS})({AMOUNT})(여?) ?({COUNTER})")


def read_native(amount: str, counter: str) -> str:
    """Read an amount as things are counted: 3, 대 → 세 대."""
    value = whole_value(amount)
    word = read_number(amount) if value is None else attributive(value)
    return f"{word} {counter}"


def _read_counted(match: re.Match) -> str:
    ordinal, minus, amount, about, counter = match.groups()
    if about:
        return f"{ordinal or ''}{sign(minus)}{read_number(amount)}여 {counter}"
    if ordinal:
        return f"제{read_number(amount)} {counter}"
    if minus and counter == "도":
        return f"영하 {read_number(amount)} 도"
    return sign(minus) + read_count(amount, counter)


def read_counters(text: str) -> str:
    """Read counters: 3개 → 세 개, 20살 → 스무 살, 6월 → 유월, 3.5개 → 삼 점 오 개."""
    return _COUNTED.sub(_read_counted, text)


_PLAIN = re.compile(rf"({MINUS})({AMOUNT})")


def read_plain(text: str) -> str:
    """Read each number that no rule above knew: Sino-Korean, 007 digit by digit."""

    def plain(match):
        letter = match.string[match.end() : match.end() + 1]
        space = " " * (letter.isascii() and letter.isalpha())
        return sign(match[1]) + read_number(match[2]) + space

    return _PLAIN.sub(plain, text)
