"""Rules for numbers that count or measure something."""

import re

from .lexicon import CENTS, CURRENCIES, SPEEDS, UNITS
from .numerals import (
    MAGNITUDES,
    NATIVE_BELOW,
    NATIVE_COUNTERS,
    SINO_COUNTERS,
    count,
    decimal,
    digits,
    sino,
)

INTEGER = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)"
NUMBER = rf"{INTEGER}(?:\.\d+)?"
# 경 and 조 also begin words (3경기, 3조각): they are magnitudes only before these.
_AFTER_MAGNITUDE = (
    r"(?=$|[^가-힣]|원|달러|엔|유로|위안|여|대|개|명|[을를이가은는의에로도와과])"
)
_MAGNITUDE = rf"(?:[십백천]?(?:[만억]|[조경]{_AFTER_MAGNITUDE})|[백천])"
AMOUNT = rf"(?:{NUMBER}{_MAGNITUDE} ?)*{NUMBER}(?:{_MAGNITUDE})?"
# A minus sign does not follow a digit, letter or closing bracket.
MINUS = r"(?:(?<![\w)\]])[-−])?"

_PART = re.compile(rf"({NUMBER})([십백천]?)([만억조경]?)")
_SPACED_PART = re.compile(rf"({NUMBER}{_MAGNITUDE}?)")


def _whole_value(amount: str) -> int | None:
    """1만 2천 → 12000; None where the parts do not descend or one has a fraction."""
    total = section = 0
    ceiling = small_ceiling = float("inf")
    for number, small, big in _PART.findall(amount):
        if "." in number:
            return None
        value = int(number.replace(",", ""))
        if small and value >= 1000:
            return None
        value *= MAGNITUDES.get(small, 1)
        if value >= small_ceiling:
            return None
        section += value
        small_ceiling = MAGNITUDES.get(small, 0) if small else 1
        if big:
            if MAGNITUDES[big] >= ceiling or section >= 10 * ceiling:
                return None
            total += section * MAGNITUDES[big]
            ceiling, section, small_ceiling = MAGNITUDES[big], 0, MAGNITUDES[big]
    return total + section


def read_number(text: str) -> str:
    """12,345 and 3.14 and 007 and 1만 2천 as Sino-Korean words."""
    if re.fullmatch(r"0\d+", text):
        return digits(text)
    value = _whole_value(text)
    if value is not None:
        return sino(value)
    return " ".join(
        _read_part(number) + small + big for number, small, big in _PART.findall(text)
    )


def _read_part(number: str) -> str:
    number = number.replace(",", "")
    whole, point, fraction = number.partition(".")
    return decimal(whole, fraction) if point else sino(int(whole))


def read_count(amount: str, counter: str) -> str:
    """An amount before a counter; fractions are always Sino-Korean (삼 점 오 개)."""
    value = _whole_value(amount)
    if value is None or (re.fullmatch(r"0\d+", amount) and counter not in ("월", "일")):
        return f"{read_number(amount)} {counter}"
    return count(value, counter)


def _sign(minus: str) -> str:
    return "마이너스 " if minus else ""


# What may follow a counter of one syllable: particles and suffixes. 4대강 is no 네 대.
_TAIL = (
    "(?=[^가-힣]|$|[은는이가을를의에도만와과로나라다인며고요든씩째쯤당간꼴여들중내전후반"
    "차말초용분치]|으로|였|예요|입니|보다|부터|까지|처럼|마다|밖|뿐|짜리|어치|이상|이하|미만|"
    "초과|가량|정도|남짓|안팎|하고|조차|마저|동안|사이|배기|대$)"
)
_LONG = sorted(
    (c for c in NATIVE_COUNTERS | SINO_COUNTERS | NATIVE_BELOW.keys() if len(c) > 1),
    key=len,
    reverse=True,
)
_SHORT = [
    c for c in NATIVE_COUNTERS | SINO_COUNTERS | NATIVE_BELOW.keys() if len(c) == 1
]
COUNTER = rf"(?:{'|'.join(_LONG)}|월|(?:개|[{''.join(_SHORT)}]{_TAIL}))"
_COUNTED = re.compile(rf"({MINUS})({AMOUNT})(여?) ?({COUNTER})")
_RANGE = re.compile(rf"({AMOUNT}) ?[-~] ?({AMOUNT})(여?) ?({COUNTER})")


def _read_range(match: re.Match) -> str:
    first, last, about, counter = match.groups()
    if about:
        return f"{read_number(first)}에서 {read_number(last)}여 {counter}"
    return _from_to(first, last, counter)


def _from_to(first: str, last: str, counter: str) -> str:
    """Native counters, months and years are said twice (열 명에서 스무 명), others once."""
    twice = counter in NATIVE_COUNTERS or counter in NATIVE_BELOW or counter in "월년"
    left = read_count(first, counter) if twice else read_number(first)
    return f"{left}에서 {read_count(last, counter)}"


def read_ranges(text: str) -> str:
    return _RANGE.sub(_read_range, text)


def _read_counted(match: re.Match) -> str:
    minus, amount, about, counter = match.groups()
    if about:
        return f"{_sign(minus)}{read_number(amount)}여 {counter}"
    return _sign(minus) + read_count(amount, counter)


def read_counters(text: str) -> str:
    """3개 → 세 개, 20살 → 스무 살, 6월 → 유월, 3.5개 → 삼 점 오 개."""
    return _COUNTED.sub(_read_counted, text)


_UNIT_NAMES = sorted(UNITS, key=len, reverse=True)
_UNIT = rf"(?:{'|'.join(map(re.escape, _UNIT_NAMES))})(?![A-Za-z0-9²³])"
_SPEED = re.compile(rf"([시초분]속 ?)?({AMOUNT}) ?(km|m|cm|mm|mi)/(h|hr|s|sec|min)\b")
_MEASURED = re.compile(rf"({MINUS})({AMOUNT}) ?({_UNIT})")


def _read_speed(match: re.Match) -> str:
    said, amount, length, time = match.groups()
    speed = (said or SPEEDS[time]).strip()
    return f"{speed} {read_number(amount)} {UNITS[length]}"


def read_units(text: str) -> str:
    text = _SPEED.sub(_read_speed, text)
    return _MEASURED.sub(
        lambda m: f"{_sign(m[1])}{read_number(m[2])} {UNITS[m[3]]}", text
    )


_MONEY_SIGN = "|".join(re.escape(c) for c in sorted(CURRENCIES, key=len, reverse=True))
_PRICE = re.compile(rf"({MINUS})({_MONEY_SIGN}) ?({AMOUNT})(?: ?원)?")


def _read_price(match: re.Match) -> str:
    minus, sign, amount = match.groups()
    name = CURRENCIES[sign]
    coins = re.fullmatch(rf"({INTEGER})\.(\d\d)", amount)
    if coins and name in CENTS:
        whole, small = read_number(coins[1]), int(coins[2])
        price = f"{whole} {name}" + (f" {sino(small)} {CENTS[name]}" if small else "")
    else:
        price = f"{read_number(amount)} {name}"
    return _sign(minus) + price


def read_prices(text: str) -> str:
    return _PRICE.sub(_read_price, text)


_FRACTION = re.compile(r"(?<![\d/.])(\d+)/(\d+)(?![\d/])")
_RATIO = re.compile(r"(?<![\d:.])(\d+(?:\.\d+)?)((?: ?: ?\d+(?:\.\d+)?)+)(?![\d:])")
_SCORE = re.compile(r"(?<![\w-])(\d{1,3}) ?- ?(\d{1,3})(?![\w-])")
_PLAIN = re.compile(rf"({MINUS})({AMOUNT})")


def read_fractions(text: str) -> str:
    return _FRACTION.sub(lambda m: f"{sino(int(m[2]))}분의 {sino(int(m[1]))}", text)


def read_ratios(text: str) -> str:
    def ratio(match):
        return " 대 ".join(map(read_number, re.split(r" ?: ?", match[0])))

    text = _RATIO.sub(ratio, text)
    return _SCORE.sub(lambda m: f"{sino(int(m[1]))} 대 {sino(int(m[2]))}", text)


def read_plain(text: str) -> str:
    return _PLAIN.sub(lambda m: _sign(m[1]) + read_number(m[2]), text)
