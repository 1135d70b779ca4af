"""Rules for clock times, durations and verses."""

import re

from .numerals import count, digits, sino

_HALF_DAY = re.compile(
    r"(?<![A-Za-z\d])(?:([AaPp])\.?[Mm]\.? ?(\d{1,2}(?::[0-5]\d|(?=시)))(?![\d:])"
    r"|(\d{1,2}(?::[0-5]\d)?) ?([AaPp])\.?[Mm]\b\.?)"
)
_CLOCK = re.compile(
    r"(?<![\d:.])([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?(?![\d:]|\.\d)"
)
_CLOCK_SPAN = re.compile(r"(?<=\d:[0-5]\d) ?[~–-] ?(?=(?:[가-힣]{2} )?\d{1,2}:[0-5]\d)")
_STOPWATCH = re.compile(r"(?<![\d:])(\d{1,2}):([0-5]\d)\.(\d{1,3})(?!\d)")
_NO_CLOCK = re.compile(
    "(?:비율|배율|축척|비|스코어|경쟁률|점수|대결)[은는이가을를도]? ?$"
)
_VERSE = re.compile(
    r"((?:창세기|출애굽기|시편|잠언|이사야|마태복음|마가복음|누가복음|요한복음|"
    r"사도행전|로마서|"
    r"고린도전서|고린도후서|요한계시록) ?)(\d{1,3}):(\d{1,3})"
)


_HOURS = re.compile(
    r"(?<![A-Za-z\d.])(\d{1,2})h ?(\d{1,2})m(?:in)?(?: ?(\d{1,2})s)?(?![A-Za-z\d])"
)


def _read_hours(match: re.Match) -> str:
    hours, minutes, seconds = match.groups()
    said = f"{count(int(hours), '시간')} {sino(int(minutes))} 분"
    return said + (f" {sino(int(seconds))} 초" if seconds else "")


def _read_half_day(match: re.Match) -> str:
    before, early, late, after = match.groups()
    part = "오전" if (before or after) in "Aa" else "오후"
    time = early or late
    whole = ":" in time or match.string.startswith("시", match.end())
    return f"{part} {time}" + ("" if whole else "시")


def _read_clock(match: re.Match) -> str:
    if _NO_CLOCK.search(match.string[: match.start()]):
        return match[0]
    hour, minute, second = match.groups()
    words = [count(int(hour), "시")]
    if int(minute):
        words.append(f"{sino(int(minute))} 분")
    if second and int(second):
        words.append(f"{sino(int(second))} 초")
    return " ".join(words)


def read_times(text: str) -> str:
    """Read times: 15:30 → 십오 시 삼십 분, 9:30 PM → 오후 아홉 시 삼십 분.

    A colon before two digits below sixty is a clock, unless 비율, 스코어 and the like
    stand before it; a ratio's second number may have any length.
    """
    text = _VERSE.sub(
        lambda m: f"{m[1]}{sino(int(m[2]))} 장 {sino(int(m[3]))} 절", text
    )
    text = _HOURS.sub(_read_hours, text)
    text = _STOPWATCH.sub(
        lambda m: f"{sino(int(m[1]))} 분 {sino(int(m[2]))} 초 {digits(m[3], '영')}",
        text,
    )
    text = _CLOCK_SPAN.sub("에서 ", _HALF_DAY.sub(_read_half_day, text))
    return _CLOCK.sub(_read_clock, text)
