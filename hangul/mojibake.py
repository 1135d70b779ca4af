"""Find mojibake: Korean bytes that were once decoded as Latin-1 or CP1252.

안녕 in UTF-8 becomes "ì•ˆë…•", in CP949 "¾È³ç". Such text must not be read as what it
looks like, letters and fractions; what it said is best taken from its source again.
"""

import re

# CP1252 has printable characters where Latin-1 has the controls 0x80 to 0x9f.
_BYTE = {chr(byte): byte for byte in range(0x80, 0x100)} | {
    bytes([byte]).decode("cp1252"): byte
    for byte in range(0x80, 0xA0)
    if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_CONTINUATION = "".join(character for character in _BYTE if _BYTE[character] < 0xC0)
_CONTINUATION = f"[{re.escape(_CONTINUATION)}]"
# Well-formed UTF-8 sequences of two to four bytes (RFC 3629, section 4).
_UTF8 = re.compile(
    rf"(?:[\xc2-\xdf]{_CONTINUATION}|[\xe0-\xef]{_CONTINUATION}{{2}}"
    rf"|[\xf0-\xf4]{_CONTINUATION}{{3}})+"
)
# Rows 0xb0 to 0xc8 of KS X 1001 hold Hangul. One pair may be a sign of mathematics.
_CP949 = re.compile("(?:[\xb0-\xc8][\xa1-\xfe]){2,}")
# What decoding lost for good, U+FFFD in UTF-8, and then decoded as CP949.
_LOST = re.compile("(?:占쏙옙)+")
_HANGUL = re.compile("[\u1100-\u11ff\u3131-\u318e가-힣]")


def cut_mojibake(text: str) -> tuple[str, list[str]]:
    """Return the text with blanks for its mojibake, and those pieces, printable."""
    if text.isascii():
        return text, []
    pieces = []

    def blank(match: re.Match) -> str:
        if not (match.re is _LOST or _was_hangul(match[0])):
            return match[0]
        pieces.append("".join(filter(str.isprintable, match[0])))
        return " "

    for pattern in (_UTF8, _CP949, _LOST):
        text = pattern.sub(blank, text)
    return text, pieces


def _was_hangul(piece: str) -> bool:
    """Whether the bytes of a piece are Hangul, or mojibake of it once more."""
    raw = bytes(_BYTE[character] for character in piece)
    if _CP949.fullmatch(piece):
        return bool(_HANGUL.search(raw.decode("cp949", "ignore")))
    decoded = raw.decode("utf-8", "ignore")
    return bool(_HANGUL.search(decoded)) or bool(cut_mojibake(decoded)[1])
