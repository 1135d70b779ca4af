"""Rules for numbers that name rather than count: telephones, accounts, versions."""

import re

from .numerals import digits, read_integer

_PHONE = re.compile(
    r"(?<![\d.-])(?:(?:\+82[- .]?\(?0?\)?\d{1,2}|\(?0\d{1,3}\)?)[-. )] ?\d{3,4}[-. ]"
    r"|1[568]\d\d-)\d{4}(?![\d-]|년)"
)
_MOBILE = re.compile(r"(?<![\d-])(01[016-9])(\d{3,4})(\d{4})(?![\d-])")
_ACCOUNT = re.compile(
    r"(?<![A-Za-z\d.-])\d{2,7}(?:-\d{2,8}){2,}(?![A-Za-z\d-])|"
    r"(?<!\d)\d{6}-[1-8]\d{6}(?!\d)"
    r"|(?<!\d)\d{4}(?:[ -]\d{4}){3}(?!\d)"
)
_FOREIGN = re.compile(r"(?<![\d.-])\+\d{1,3}(?:[- ]\(?\d{1,4}\)?){2,5}(?!\d)")
_NAMED = re.compile(
    r"((?:계좌|카드|주민|사업자|전화|우편|인증|비밀|송장|주문|접수|예약|회원|학|군|"
    r"차량|수험)"
    r" ?(?:등록)? ?번호[은는이가을를도]? ?:? ?)(\d{3,})(?![\d,.:-]|[번자]|개)"
)
_PLATE = re.compile(
    r"(?<!\d)(\d{2,3})([가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주아바사자"
    r"허하호배]) ?(\d{4})(?![\d가-힣A-Za-z%])"
)
_DOTTED = re.compile(r"(?<![\d.])\d+(?:\.\d+){2,}(?!\d|\.\d)")


def _grouped(code: str) -> str:
    words = [digits(group) for group in re.findall(r"\d+", code)]
    return ("플러스 " if code.startswith("+") else "") + " ".join(words)


def read_telephones(text: str) -> str:
    """Read telephones, accounts, cards and plates: 02-123-4567 → 공이 일이삼 사오육칠.

    A number behind 계좌번호, 카드번호 and the like is read by its digits too.
    """
    for pattern in (_PHONE, _FOREIGN, _ACCOUNT):
        text = pattern.sub(lambda m: _grouped(m[0]), text)
    text = _MOBILE.sub(lambda m: " ".join(map(digits, m.groups())), text)
    text = _NAMED.sub(lambda m: m[1] + digits(m[2]), text)
    return _PLATE.sub(lambda m: f"{read_integer(m[1])} {m[2]} {digits(m[3])}", text)


def read_versions(text: str) -> str:
    """Read versions: 3.1.2 → 삼 점 일 점 이; four parts are an address, by digits."""

    def dotted(match):
        parts = match[0].split(".")
        say = digits if len(parts) == 4 else read_integer
        return " 점 ".join(map(say, parts))

    return _DOTTED.sub(dotted, text)
