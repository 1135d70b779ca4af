"""The first rule: one character for each meaning."""

import re
import unicodedata

from .english import roman_value
from .jamo import compose
from .numerals import sino

_SAME = str.maketrans(
    {
        **dict.fromkeys("〜∼∿˜", "~"),
        **dict.fromkeys("‐‑‒﹣", "-"),
        **dict.fromkeys("–—―─━", "–"),
        **dict.fromkeys("・ㆍ･∙⋅‧•", "·"),
        **dict.fromkeys("⁄∕", "/"),
        **dict.fromkeys("‘’‛`´", "'"),
        **dict.fromkeys("“”„‟", '"'),
        **dict.fromkeys("✕✖⨯╳", "×"),
        **dict.fromkeys("≦⩽", "≤"),
        **dict.fromkeys("≧⩾", "≥"),
        **dict.fromkeys("◯", "○"),
        **{
            "ᆞ": "ᅡ",
            "、": ",",
            "。": ".",
            "｡": ".",
            "∶": ":",
            "➕": "+",
            "➖": "-",
            "➗": "÷",
        },
        **{"ℓ": "L", "㎡": "m²", "㎥": "m³", "㎢": "km²", "㎠": "cm²", "㎟": "mm²"},
        **{
            "㎤": "cm³",
            "㎣": "mm³",
            "㎦": "km³",
            "㏄": "cc",
            "№": "No. ",
            "㈜": "(주)",
        },
        **{"µ": "μ", "℡": "TEL ", "™": "", "®": "", "©": ""},
    }
)
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u20e3\ufe00-\ufe0f\ufeff\ud800-\udfff]+"
)
_COMPATIBLE = re.compile(
    "[\u00a0\u00aa\u00ba\u2000-\u200a\u202f\u205f\u2024-\u2026\u2080-\u209c\u20a8\u24b6-\u24e9"
    "\u2100-\u214f\u3000\u3200-\u33ff\ufb00-\ufb4f\ufe50-\ufe6f\uff01-\uff60"
    "\uffe0-\uffe6\U0001d400-\U0001d7ff\U0001f100-\U0001f1ad]"
)
_VULGAR = re.compile("[\u00bc-\u00be\u2150-\u215e\u2189]")
_ROMAN = re.compile("[\u2160-\u217f]+")
_CIRCLED = re.compile(
    "[\u2460-\u249b\u24ea-\u24ff\u2776-\u2793\u3251-\u325f\u32b1-\u32bf]"
)
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")
_SQUARED_UNIT = re.compile(r"(?<=\d)( ?(?:k|c|m)?m)\^?([23])(?![\d])")


def _compatible(match: re.Match) -> str:
    return unicodedata.normalize("NFKC", match[0])


def unify(text: str) -> str:
    """Unify characters: full width to half, ㎏ to kg, Ⅲ to 삼, ½ to 1/2, jamo joined.

    Invisible characters vanish, all white space is a blank; an empty line, which
    ends a paragraph, becomes a full stop.
    """
    text = _INVISIBLE.sub("", text)
    if not text.isascii():
        text = _CIRCLED.sub(lambda m: f" {unicodedata.numeric(m[0]):.0f} ", text)
        text = text.translate(_SAME)
        text = _VULGAR.sub(lambda m: " " + _compatible(m), text).replace("⁄", "/")
        text = _ROMAN.sub(lambda m: sino(roman_value(_compatible(m))), text)
        text = _COMPATIBLE.sub(_compatible, text).replace("∕", "/")
        text = _OTHER_DIGIT.sub(lambda m: str(unicodedata.decimal(m[0])), text)
        text = compose(unicodedata.normalize("NFC", text))
    text = _SQUARED_UNIT.sub(lambda m: m[1] + "²³"[int(m[2]) - 2], text)
    text = re.sub(r"(?<![.,?!:;\s])[^\S\n]*\n\s*\n\s*(?=\S)", ". ", text)
    return re.sub(r"\s+", " ", text)
