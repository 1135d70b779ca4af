"""Rules for numbers that name rather than count: telephones, accounts, versions."""

import re

from .numerals import digits, sino

_PHONE = re.compile(
    r"(?<![\d-])(?:\+82[- ]?\(?0?\)?\d{1,2}|\(?0\d{1,3}\)?|1[3-9]\d\d)[-. )]"
    r"(?:\d{3,4}[-. ])?\d{4}(?![\d-])"
)
_MOBILE = re.compile(r"(?<![\d-])(01[016-9])(\d{3,4})(\d{4})(?![\d-])")
_ACCOUNT = re.compile(
    r"(?<![\w-])\d{2,7}(?:-\d{2,7}){2,}(?![\w-])|\b\d{4}(?: \d{4}){3}\b"
)
_DOTTED = re.compile(r"(?<![\d.])\d+(?:\.\d+){2,}(?![\d.]*\d)")


def _grouped(code: str) -> str:
    words = [digits(group) for group in re.findall(r"\d+", code)]
    return ("플러스 " if code.startswith("+") else "") + " ".join(words)


def read_telephones(text: str) -> str:
    """010-1234-5678 → 공일공 일이삼사 오육칠팔."""
    text = _PHONE.sub(lambda m: _grouped(m[0]), text)
    text = _MOBILE.sub(lambda m: " ".join(map(digits, m.groups())), text)
    return _ACCOUNT.sub(lambda m: _grouped(m[0]), text)


def read_versions(text: str) -> str:
    """3.1.2 → 삼 점 일 점 이; four parts are an address, read digit by digit."""

    def dotted(match):
        parts = match[0].split(".")
        say = digits if len(parts) == 4 else lambda part: sino(int(part))
        return " 점 ".join(map(say, parts))

    return _DOTTED.sub(dotted, text)
