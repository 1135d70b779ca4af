"""Rules for numbers that are names: days of history, generations."""

import re

from .numerals import digits, read_integer
from .quantities import COUNTER
from .tables import alternatives, names

# Days called by their month and day.
_DAYS = names(
    """
    1.4 1.21 2.8 2.28 3.1 3.15 4.3 4.13 4.16 4.19 4.27 5.16 5.18 6.3 6.10 6.15 6.25 6.29
    7.4 7.7 8.8 8.15 9.11 9.19 10.4 10.16 10.26 10.29 11.3 12.3 12.12
    """
)
# What follows such a day with a full stop or a slash between its numbers.
_EVENTS = alternatives(
    """
    절 운동 사건 사태 혁명 민주 항쟁 전쟁 참전 테러 정변 쿠데타 광복 선언 공동 합의
    의거 비상계엄 계엄 내란 독립 만세 후퇴 유공 정신 당시 동란 남북 희생자 유족 기념
    묘지 묘역 공원 재단 특사 사면 성명 회담 세월호 참사 이태원 판문점 해방 학살 시민군
    광주 제주 부정선거 특별법 진상 추념 추모 군사 때 발발 직후 학생 부마
    """
)
# With these any month and day is a name: 9.13 대책, 4.10 총선.
_OCCASIONS = alternatives(
    """
    대책 총선 대선 재보선 재보궐 보궐선거 지방선거 개각 조치 전당대회 쿠데타
    """
)
_NO_NAME = (
    rf"(?!{COUNTER}|대|이[가-힣]|인|[을를은는에의도로와과만]|으로|부터|까지|보다|정도|"
    r"이상|이하|미만|초과|가량|[십백천만억조]|퍼|포|킬|센|미|밀|그램|톤)"
)
_DAY = re.compile(
    rf"(?<![\d.·/])(1[0-2]|[1-9])([·./])(3[01]|[12]\d|[1-9])(?![\d·/]|\.\d)"
    rf"(?=(?P<occasion> ?(?:부동산 ?)?(?:{_OCCASIONS}))?(?P<event> ?(?:{_EVENTS})"
    rf"|{_NO_NAME}[가-힣]{{2}})?)"
)
_AUDIENCE = alternatives(
    """
    세대 청년 여성 남성 직장인 층 가요 음악 노래 감성 콘서트 부부 엄마 아빠 유권자 민심
    표심 고객 소비자 투자자 운동권 정치인 의원 컴퓨터
    """
)
_DIGITWISE = re.compile(
    rf"(?<![\d.,])(?:(?:[3-6]?86|97|[1-8]0[2-9]0)(?= ?(?:{_AUDIENCE}))"
    r"|(?:7080|8090)(?!\d| ?[원명개])|0\d(?= ?(?:월드컵|올림픽|아시안게임)))"
)


def _name(month: str, day: str) -> str:
    """Read the month as a number and the day by its digits: 10.26 → 십이육."""
    if month == day == "12":
        return "십이십이"
    said = "십" if day == "10" else digits(day)
    return read_integer(month) + said


def read_names(text: str) -> str:
    """Read days and generations: 6·25 → 육이오, 5.18기념재단, 386세대 → 삼팔육세대.

    With a raised point each known day is a name, with a full stop only before a word
    that tells (절, 전쟁) or glued to one. Other pairs stay as they are.
    """

    def name(match):
        month, mark, day = match.groups()[:3]
        known = f"{month}.{day}" in _DAYS and (mark == "·" or match["event"])
        if mark == "/" and match[0] != "9/11":
            return match[0]
        return _name(month, day) if known or match["occasion"] else match[0]

    text = _DAY.sub(name, text)
    return _DIGITWISE.sub(lambda m: digits(m[0]), text)
