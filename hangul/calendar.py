"""Rules for dates and clock times."""

import re

from .lexicon import WEEKDAYS
from .numerals import count, sino

_YEAR = r"(?:1[0-9]|20|21)\d\d"
_MONTH = r"(?:1[0-2]|0?[1-9])"
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_DATE = re.compile(
    rf"(?<!\d)({_YEAR})(?P<mark>[-./]) ?({_MONTH})(?P=mark) ?({_DAY})(?!\d)\.?(?!\d)"
)
_WEEKDAY = re.compile(rf"((?:\d일|[./-]\d+\.?)) ?\(([{WEEKDAYS}])\)")
_CLOCK = re.compile(
    r"(?<![\d:.])((?:오전|오후|새벽|아침|낮|저녁|밤) ?)?([01]?\d|2[0-4]):([0-5]\d)"
    r"(?::([0-5]\d))?(?![\d:])"
)


def _read_date(match: re.Match) -> str:
    year, _, month, day = match.groups()
    return f"{sino(int(year))} 년 {count(int(month), '월')} {count(int(day), '일')}"


def read_dates(text: str) -> str:
    """2024.3.5 and 2024-03-05 → 이천이십사 년 삼월 오 일; 5일(화) → 5일 화요일."""
    text = _WEEKDAY.sub(r"\1 \2요일", text)
    return _DATE.sub(_read_date, text)


def _read_clock(match: re.Match) -> str:
    part, hour, minute, second = match.groups()
    words = [(part or "").strip(), count(int(hour), "시")]
    if int(minute):
        words.append(f"{sino(int(minute))} 분")
    if second and int(second):
        words.append(f"{sino(int(second))} 초")
    return " ".join(filter(None, words))


def read_times(text: str) -> str:
    """15:30 → 십오 시 삼십 분; minutes always have two digits, a ratio's need not."""
    return _CLOCK.sub(_read_clock, text)
