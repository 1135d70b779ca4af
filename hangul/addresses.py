"""Rules for the addresses of the net: e-mail, web, hashtags, mentions."""

import re

from .english import read_word, spell
from .numerals import digits
from .tables import pairs
from .words import words

_ENDINGS = (
    "com|net|org|kr|io|ai|edu|gov|dev|tv|me|jp|cn|uk|de|fr|us|eu|info|biz|app|co"
    "|shop|xyz"
)
_EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9][\w.+-]*+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII
)
_URL = re.compile(
    r"(?:https?://|ftp://|www\.)[!-~]*[A-Za-z0-9/]"
    rf"|(?<![\w.@-])(?:[A-Za-z0-9-]++\.)+(?:{_ENDINGS})(?![A-Za-z0-9])(?:/[!-~]*)?",
    re.ASCII,
)
_HASHTAG = re.compile(r"#(?=[A-Za-z가-힣_])")
_MENTION = re.compile(r"(?<![A-Za-z0-9])@(?=[A-Za-z가-힣_])")
_PIECE = re.compile(r"[A-Za-z]+|\d+|[^A-Za-z\d]", re.ASCII)
# Where letters of a domain are a word to the ear, and where they are letters.
_DOMAIN = pairs(
    """
    com: 컴; net: 넷; org: 오알지; kr: 케이알; co: 씨오; go: 지오; or: 오알
    ac: 에이씨; re: 알이; ne: 엔이; pe: 피이; me: 엠이; us: 유에스
    www: 더블유더블유더블유; hanmail: 한메일; gmail: 지메일; nate: 네이트; info: 인포
    blog: 블로그; html: 에이치티엠엘
    """
)
_SIGNS = pairs(
    """
    .: 점; @: 골뱅이; /: 슬래시; -: 대시; _: 밑줄; ~: 물결; ?: 물음표; =: 이퀄
    &: 앤드; #: 샵; %: 퍼센트; +: 플러스
    """
) | {":": "콜론"}


def _read_letters(letters: str) -> str:
    lower = letters.lower()
    if lower in _DOMAIN:
        return _DOMAIN[lower]
    if lower in words() or len(letters) > 3:
        return read_word(lower)
    return spell(letters)


def _read_address(address: str) -> str:
    """Words and letters by ear, digits one by one, signs by name."""
    address = re.sub(r"^[a-z]+://", "", address.rstrip("/"))
    spoken = []
    for piece in _PIECE.findall(address):
        if piece.isdigit():
            spoken.append(digits(piece))
        elif piece.isalpha():
            spoken.append(_read_letters(piece))
        else:
            spoken.append(_SIGNS.get(piece, ""))
    return " ".join(filter(None, spoken))


def read_addresses(text: str) -> str:
    """Read addresses: me@naver.com → 엠이 골뱅이 네이버 점 컴, #꿈 → 해시태그 꿈."""
    text = _EMAIL.sub(lambda m: _read_address(m[0]), text)
    text = _URL.sub(lambda m: _read_address(m[0]), text)
    return _MENTION.sub("", _HASHTAG.sub("해시태그 ", text))
