"""Rules for numbers that name rather than count: telephones, accounts, versions."""

import re

from .numerals import digits, read_integer
from .particles import open_particle
from .tables import alternatives

# What stands between the groups of a telephone number, blanks around it or not.
_GAP = r"(?: ?[-–·./] ?|\) ?| )"
_GROUP = r"[\d*○]"
_PHONE = re.compile(
    rf"(?<![\d-])(?<!\d\.)(?:\+82[- .]?\(?0?\)?\d{{1,2}}|\(?0\d{{1,3}}\)?)"
    rf"{_GAP}{_GROUP}{{3,4}}{_GAP}{_GROUP}{{4}}(?![\d-]|년)"
    r"|(?<![\d.,-])1[5-9]\d\d ?[-–·] ?\d{4}(?![\d-]|년)"
)
_MOBILE = re.compile(r"(?<![\d-])(01[016-9])(\d{3,4})(\d{4})(?![\d-])")
_HOTLINE = re.compile(
    r"((?:전화|문의|상담|센터|번호|대표|[☎☏])[^\d가-힣]{0,4})(1[5-9]\d\d)[ .]?(\d{4})"
    r"(?!\d)"
)
_ACCOUNT = re.compile(
    r"(?<![A-Za-z\d.-])\d{2,7}(?:-\d{2,8}){2,}(?![A-Za-z\d-])|"
    r"(?<!\d)\d{6}-[1-8][\d*]{6}(?![\d*])"
    r"|(?<!\d)\d{4}(?:[ -]\d{4}){3}(?!\d)"
)
_FOREIGN = re.compile(r"(?<![\d.-])\+\d{1,3}(?:[- ]\(?\d{1,4}\)?){2,5}(?!\d)")
# What such a number belongs to; 대기번호 15 and 등번호 10 are said as numbers.
_NAMES = alternatives(
    """
    학번 사번 군번 비번 암호 코드 패스워드 바코드 운송장 송장 가상계좌 뒷자리 뒷번호 OTP
    PIN 핀 CVC CVV ISBN ISBN-10 ISBN-13 ISSN
    """
)
_NAME = rf"(?:(?<!대기)(?<!등)(?<!순)(?<!좌석)번호|{_NAMES})"
_PARTICLE = "은|는|이|가|을|를|와|과|로|으로"
# What counts behind a number: 번호 100개 and 비밀번호 4자리 are no codes.
_COUNTED = (
    "번|자리|개|건|명|원|장|매|회|년|월|일|만|억|천|%|점|주|칸|글자|여|~|줄|종|곳|권|쪽|통"
    "|페이지|단계|초|시간|차례|분간|분 "
)
_NAMED = re.compile(
    rf"({_NAME}(?:{_PARTICLE}|도)?)(?: ?: ?| )?[\[(<*'\"]*"
    r"(\d{3,}+(?:-[\d*]+| \d{4}(?!\d))*+(?:-X)?|\d{1,2}(?:-\d++)++)"
    rf"(?![.:]?\d|,\d{{3}}| ?(?:{_COUNTED}))"
    rf"[\])>*'\"]*(?:({_PARTICLE})(?![가-힣]))?"
)
_NAMED_LONG = re.compile(rf"({_NAME}(?:[은는이가])? ?:? ?)(\d{{5,}})(?=번)")
_BEFORE_NAME = re.compile(
    r"(?<![\d.,-])(\d{4,8})(?=[\])]?(?:[은는이가을를])? ?(?:본인 ?확인 ?)?"
    r"(?:인증 ?번호|비밀번호|인증코드|비번))"
)
_SERVICE_NOUNS = alternatives(
    """
    신고 구급 구조 대원 상황실 소방 센터 테러 안내 경찰 민원 상담 기상 긴급 안전 다산
    범죄 출동 전화 해양 관광 사이버 학교폭력 보건복지 자살 외국인 질병 금융감독 소비자
    간첩 국정원
    """
)
_CALLS = alternatives(
    "신고 전화 문의 물어 연락 걸 도움 상담 접수 제보 알리 알려 요청 불러 부르 불렀 출동"
)
_SERVICE = re.compile(
    r"(?<![\d.,-])(1(?!00)[0-3]\d{1,2}|18[28]|911)"
    rf"(?= ?[가-힣]{{0,4}}(?:{_SERVICE_NOUNS})"
    rf"|번?(?:에|으로|로|을|를|이|가) (?:[가-힣]+ )?(?:{_CALLS})"
    r"|(?<=112)(?:에|로) |(?<=119)(?:에|로) )"
)
_NO_PREFIX = re.compile(r"(국번 ?없이 ?)(\d{3,4})(?!\d)")
_PLATE = re.compile(
    r"(?<!\d)(\d{2,3})([가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주아바사자"
    r"허하호배]) ?(\d{4})(?![\d가-힣A-Za-z%])"
)
_DOTTED = re.compile(r"(?<![\d.])\d+(?:\.\d+){2,}(?!\d|\.\d)")
_MASKED = re.compile("[*○]+")


def _grouped(code: str) -> str:
    """Read each group by its digits, a masked one as it is hidden (땡땡)."""
    masked = _MASKED.sub(lambda m: " " + "땡" * len(m[0]) + " ", code)
    words = [
        digits(group) if group.isdigit() else group
        for group in re.findall(r"\d+|땡+", masked)
    ]
    return ("플러스 " if code.startswith("+") else "") + " ".join(words)


def _read_named(match: re.Match) -> str:
    name, code, particle = match.groups()
    return f"{name} {_grouped(code)}{open_particle(particle or '')}"


def read_named(text: str) -> str:
    """Read codes by their digits: 학번 2021-12345, 인증번호는 [482913], 119에 신고.

    What tells a code is the name before it (번호, 학번, ISBN); what is counted
    (번호 100개) is none.
    """
    text = _NAMED.sub(_read_named, text)
    text = _NAMED_LONG.sub(lambda m: m[1] + digits(m[2]), text)
    text = _BEFORE_NAME.sub(lambda m: digits(m[1]), text)
    text = _NO_PREFIX.sub(lambda m: m[1] + digits(m[2]), text)
    return _SERVICE.sub(lambda m: digits(m[1]), text)


def read_telephones(text: str) -> str:
    """Read telephones, accounts, plates: 02-123-4567 → 공이 일이삼 사오육칠."""
    for pattern in (_PHONE, _FOREIGN, _ACCOUNT):
        text = pattern.sub(lambda m: _grouped(m[0]), text)
    text = _HOTLINE.sub(lambda m: f"{m[1]}{digits(m[2])} {digits(m[3])}", text)
    text = _MOBILE.sub(lambda m: " ".join(map(digits, m.groups())), text)
    return _PLATE.sub(lambda m: f"{read_integer(m[1])} {m[2]} {digits(m[3])}", text)


def read_versions(text: str) -> str:
    """Read versions: 3.1.2 → 삼 점 일 점 이; four parts are an address, by digits."""

    def dotted(match):
        parts = match[0].split(".")
        say = digits if len(parts) == 4 else read_integer
        return " 점 ".join(map(say, parts))

    return _DOTTED.sub(dotted, text)
