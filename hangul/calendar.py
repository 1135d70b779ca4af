"""Rules for dates."""

import re

from .lexicon import WEEKDAYS
from .numerals import count, sino
from .tables import alternatives

_YEAR = r"(?:1[0-9]|20|21)\d\d"
_MONTH = r"(?:1[0-2]|0?[1-9])"
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_CLOSING_DOT = r"(?:\.(?= *[^\s\d.]))?"
_DATE = re.compile(
    rf"(?<![\d.-])({_YEAR})(?:(?P<mark>[-./])|(?P<spaced>\. )) ?({_MONTH})"
    rf"(?:(?P=mark)|(?P=spaced)) ?({_DAY})(?![\d-]|\.\d)"
    rf"(?:일(?![가-힣])|{_CLOSING_DOT})"
)
_DATE_SOLID = re.compile(
    r"(?<![\d,.-])((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"
    r"(?![\d,-]|\.\d|[가-힣])"
)
_YEAR_MONTH = re.compile(
    r"(?<![\d.,/-])((?:19|20)\d\d)(?:[./-](0[1-9]|1[0-2])|\. ?([1-9]|1[0-2])(?=\.))"
    r"(?![\d,/]|\.\d|-\d| ?(?:%|포인트|원|달러|p))\.?"
)
# Two digits of a year only with an apostrophe, padded zeros, a weekday, the points of
# a document (24. 2. 29.) or a day that no version number has.
_SHORT_YEAR = re.compile(
    rf"(?:'(\d\d)[./-] ?({_MONTH})[./-] ?({_DAY})"
    r"|(?<![\d.-])(\d\d)[./-](0[1-9]|1[0-2])[./-](0[1-9]|[12]\d|3[01]))"
    rf"(?![\d-]|\.\d){_CLOSING_DOT}"
)
_SHORT_YEAR_SPACED = re.compile(
    rf"(?<![\d.,-])'?(\d\d)\. ({_MONTH})\. ({_DAY})(?!\d)"
    r"(?:\.|(?= ?\(| \d{1,2}(?:시|:)|까지|부터|자))"
)
_SHORT_YEAR_LATE = re.compile(
    rf"(?<![\d.-])(?<!버전 )(?<![A-Za-z] )([0-3]\d)\.({_MONTH})\."
    rf"(3[01]|2\d|1[3-9]|{_DAY}(?=\.? \d{{1,2}}(?:시|:\d\d)))"
    r"(?!\d|\.\d|[A-Za-z])(?:\.(?!$))?"
)
_SHORT_YEAR_MONTH = re.compile(
    rf"(?<![\d.,])(?:'|(?=\d{{4}}))((?:19|20)?\d\d)\. ?(?={_MONTH}월)"
)
_SHORT_YEAR_WEEKDAY = re.compile(
    rf"(?<![\d.-])(\d\d)[./] ?({_MONTH})[./] ?({_DAY})\.? ?\(([{WEEKDAYS}])\)"
)
_DAY_WEEKDAY = re.compile(
    rf"(?<![\d./-])({_MONTH})[./] ?({_DAY})\.? ?\(([{WEEKDAYS}])\)"
)
_WEEKDAY = re.compile(rf"(?<=일) ?\(([{WEEKDAYS}])(?:요일)?\)")
_DAY_HOUR = re.compile(
    rf"(?<![\d./-])(?<!\d\. )({_MONTH})\. ({_DAY})\.(?= \d{{1,2}}(?:시|:))"
)
# 3/5 is a date only beside these; alone it is a fraction.
_DATE_BEFORE = alternatives(
    """
    날짜 일시 기간 마감 일정 기한 접수 행사 생일 예약 출발 도착 오늘 내일 어제 모레 개최
    신청 모집 발표 방송 배송 시험 오는 지난 올해 작년 내년
    """
)
_DATE_AFTER = alternatives(
    """
    개봉 출시 발매 공개 오픈 개장 개막 폐막 시작 종료 마감 출발 도착 출국 입국 입금
    결제 예정 결혼 생일 돌잔치 콘서트 공연 경기 시험 면접 회의 모임 약속 휴무 휴일
    방송 방영 업데이트 배포 점검 신청 접수 발표 개강 종강 방학 개학 개교 수능 입학
    졸업 발송 배송 이브 할로윈 핼러윈 추석 설날 새해 신정 해맞이 입춘 동지 선거 투표
    행사 축제 이벤트 오전 오후 아침 저녁 밤 새벽 성탄 크리스마스 특집 뉴스 일정 참사
    """
)
# What follows a fraction. Other pairs that no fraction is likely to be are dates too.
_PORTION = alternatives(
    """
    인치 지점 확률 크기 정도 가량 이상 이하 컵 스푼 큰술 박자 배 시간 시즌 로 만 수준
    축척
    """
)
_SLASH_DATE = re.compile(
    rf"((?:{_DATE_BEFORE})[은는이가]? ?:? ?)({_MONTH})/({_DAY})(?![\d/])"
    rf"|(?<![\d/.])({_MONTH})/({_DAY})(?![\d/])(?= ?(?:까지|부터|자 |일자|기준|현재|"
    rf"[~-] ?\d+/\d|{_DATE_AFTER}|[가-힣]{{1,6}}(?:데이|날|절|일)(?![가-힣])|"
    r"\d{1,2}(?:시|:\d\d)))"
)
_SLASH_DATE_LATE = re.compile(
    r"(?<![\d/.,=+×*-])(?<!\d )(?=(?:[2-9]|1[0-2])/(?:3[01]|2\d|1[3579])(?!\d)"
    r"|1[0-2]/[1-9](?!\d)|[6-9]/[1-5](?!\d)|11/11)"
    rf"(\d+)/(\d+)(?![\d/])(?! ?(?:{_PORTION}|[%\"″'=+×]|[A-Za-z]))"
)
_DAY_SPAN = re.compile(
    rf"(?<![\d.])({_MONTH})\. ?({_DAY})\. ?[~–-] ?({_MONTH})\. ?({_DAY})(?:\.|(?!\d))"
)
_DATE_END = re.compile(
    rf"((?:월 [가-힣]+ 일) ?(?:[가-힣]요일 ?)?[~–-] ?)({_MONTH})[./] ?({_DAY})"
    r"(?![\d/])\.?(?!\d)"
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
    text = _SHORT_YEAR_MONTH.sub(r"\1년 ", text)
    text = _DATE.sub(lambda m: _say(m[1], m[4], m[5]), text)
    text = _WEEKDAY.sub(r" \1요일", text)
    text = _SHORT_YEAR_WEEKDAY.sub(
        lambda m: f"{_say(m[1], m[2], m[3])} {m[4]}요일", text
    )
    text = _DAY_WEEKDAY.sub(lambda m: f"{_say('', m[1], m[2])} {m[3]}요일", text)
    text = _DATE_SOLID.sub(lambda m: _say(m[1], m[2], m[3]), text)
    text = _YEAR_MONTH.sub(lambda m: _say(m[1], m[2] or m[3], ""), text)
    text = _SHORT_YEAR.sub(
        lambda m: _say(m[1] or m[4], m[2] or m[5], m[3] or m[6]), text
    )
    for pattern in (_SHORT_YEAR_SPACED, _SHORT_YEAR_LATE):
        text = pattern.sub(lambda m: _say(m[1], m[2], m[3]), text)
    text = _DAY_SPAN.sub(
        lambda m: f"{_say('', m[1], m[2])}에서 {_say('', m[3], m[4])}", text
    )
    text = _SLASH_DATE.sub(_read_slash_date, text)
    for pattern in (_SLASH_DATE_LATE, _DAY_HOUR):
        text = pattern.sub(lambda m: _say("", m[1], m[2]), text)
    text = _DATE_END.sub(lambda m: m[1] + _say("", m[2], m[3]), text)
    return _DATE_SPAN.sub("에서 ", text)
