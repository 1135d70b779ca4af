"""Rules for dates, clock times and days that are names."""

import re

from .lexicon import ANNIVERSARIES, ANNIVERSARY_WORDS, WEEKDAYS
from .numerals import count, digits, sino

_YEAR = r"(?:1[0-9]|20|21)\d\d"
_MONTH = r"(?:1[0-2]|0?[1-9])"
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_CLOSING_DOT = r"(?:\.(?= *[^\s\d.]))?"
_DATE = re.compile(
    rf"(?<![\d.-])({_YEAR})(?:(?P<mark>[-./])|(?P<spaced>\. )) ?({_MONTH})"
    rf"(?:(?P=mark)|(?P=spaced)) ?({_DAY})(?![\d-]|\.\d){_CLOSING_DOT}"
)
_DATE_SOLID = re.compile(
    r"(?<![\d,.-])((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"
    r"(?![\d,-]|\.\d|[가-힣])"
)
_YEAR_MONTH = re.compile(
    r"(?<![\d.,-])((?:19|20)\d\d)[.-](0[1-9]|1[0-2])(?![\d,]|\.\d|-\d| ?(?:%|포인트|"
    r"원|달러|p))"
    r"\.?"
)
# Two digits of a year only with an apostrophe, padded zeros or a weekday.
_SHORT_YEAR = re.compile(
    rf"(?:'(\d\d)[./-] ?({_MONTH})[./-] ?({_DAY})"
    r"|(?<![\d.-])(\d\d)[./-](0[1-9]|1[0-2])[./-](0[1-9]|[12]\d|3[01]))"
    rf"(?![\d-]|\.\d){_CLOSING_DOT}"
)
_SHORT_YEAR_WEEKDAY = re.compile(
    rf"(?<![\d.-])(\d\d)[./] ?({_MONTH})[./] ?({_DAY})\.? ?\(([{WEEKDAYS}])\)"
)
_DAY_WEEKDAY = re.compile(
    rf"(?<![\d./-])({_MONTH})[./] ?({_DAY})\.? ?\(([{WEEKDAYS}])\)"
)
_WEEKDAY = re.compile(rf"(?<=일) ?\(([{WEEKDAYS}])(?:요일)?\)")
# 3/5 is a date only beside these; alone it is a fraction.
_DATE_BEFORE = (
    "날짜|일시|기간|마감|일정|기한|접수|행사|생일|예약|출발|도착|오늘|내일|어제|모레|"
    "개최|신청|"
    "모집|발표|방송|배송|시험|오는|지난|올해|작년|내년"
)
_SLASH_DATE = re.compile(
    rf"(?:((?:{_DATE_BEFORE})[은는이가]? ?:? ?)({_MONTH})/({_DAY})(?![\d/])"
    rf"|(?<![\d/.])({_MONTH})/({_DAY})(?= ?(?:까지|부터|자 |일자|기준|현재|"
    rf"[~-] ?\d+/\d)))"
)
_SLASH_DATE_END = re.compile(
    rf"((?:월 [가-힣]+ 일) ?[~-] ?)({_MONTH})/({_DAY})(?![\d/])"
)


_DATE_SPAN = re.compile(
    r"(?<=[일월]) ?[~–-] ?(?=[영일이삼사오육칠팔구십백천]+ 년|"
    r"[일이삼사오유칠팔구시십]+월)"
)


def _say(year: str, month: str, day: str) -> str:
    words = [f"{sino(int(year))} 년"] if year else []
    words.append(count(int(month), "월"))
    if day:
        words.append(count(int(day), "일"))
    return " ".join(words)


def _read_slash_date(match: re.Match) -> str:
    before, month, day, other_month, other_day = match.groups()
    return (before or "") + _say("", month or other_month, day or other_day)


def read_dates(text: str) -> str:
    """Read dates: 2024-03-05 → 이천이십사 년 삼월 오 일, 3/5 → 삼월 오 일."""
    text = _WEEKDAY.sub(r" \1요일", text)
    text = _DATE.sub(lambda m: _say(m[1], m[4], m[5]), text)
    text = _WEEKDAY.sub(r" \1요일", text)
    text = _SHORT_YEAR_WEEKDAY.sub(
        lambda m: f"{_say(m[1], m[2], m[3])} {m[4]}요일", text
    )
    text = _DAY_WEEKDAY.sub(lambda m: f"{_say('', m[1], m[2])} {m[3]}요일", text)
    text = _DATE_SOLID.sub(lambda m: _say(m[1], m[2], m[3]), text)
    text = _YEAR_MONTH.sub(lambda m: _say(m[1], m[2], ""), text)
    text = _SHORT_YEAR.sub(
        lambda m: _say(m[1] or m[4], m[2] or m[5], m[3] or m[6]), text
    )
    text = _SLASH_DATE.sub(_read_slash_date, text)
    text = _SLASH_DATE_END.sub(lambda m: m[1] + _say("", m[2], m[3]), text)
    return _DATE_SPAN.sub("에서 ", text)


_NAMED_DAY = re.compile(
    rf"(?<![\d.·])(\d{{1,2}})(·|\.)(\d{{1,2}})(?![\d·]|"
    rf"\.\d)(?=( ?(?:{ANNIVERSARY_WORDS}))?)"
)
_DECADES = re.compile(
    r"(?<!\d)(2030|3040|4050|5060)(?= ?(?:세대|청년|여성|남성|직장인|층))"
)
_EMERGENCY = re.compile(
    r"(?<!\d)(112|119|911)(?=에 |로 | ?(?:신고|구급|구조|대원|상황실|소방|센터|테러))"
)


def read_named_days(text: str) -> str:
    """Read named days: 6·25 → 육이오, 3.1절 → 삼일절; other pairs stay as they are.

    With a full stop only before a word like 절, 운동, 전쟁. 119 and 112 are digits
    where help is called.
    """

    def name(match):
        month, mark, day, context = match.groups()
        known = ANNIVERSARIES.get(f"{int(month)} {int(day)}")
        return known if known and (mark == "·" or context) else match[0]

    text = _NAMED_DAY.sub(name, text)
    text = _DECADES.sub(lambda m: digits(m[1]), text)
    return _EMERGENCY.sub(lambda m: digits(m[1]), text)


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
    text = _STOPWATCH.sub(
        lambda m: f"{sino(int(m[1]))} 분 {sino(int(m[2]))} 초 {digits(m[3], '영')}",
        text,
    )
    text = _CLOCK_SPAN.sub("에서 ", _HALF_DAY.sub(_read_half_day, text))
    return _CLOCK.sub(_read_clock, text)
