"""Korean bytes decoded as Latin-1 are reported, not read as letters and fractions."""

import pytest

from hangul import normalize_verbose

SENTENCES = ("네", "안녕하세요.", "내일 아침에 학교에 간다", "값이 3,000원이래요 ㅋㅋ")


def garbled(text: str, wrong: str, right: str = "utf-8") -> str:
    """Decode the bytes of a text by the wrong codec; a control where it has none."""
    raw = (bytes([byte]) for byte in text.encode(right))
    return "".join(
        byte.decode(wrong, "ignore") or byte.decode("latin-1") for byte in raw
    )


@pytest.mark.parametrize("text", SENTENCES)
@pytest.mark.parametrize("wrong", ["latin-1", "cp1252"])
def test_utf8_decoded_as_latin(text, wrong):
    once = garbled(text, wrong)
    for mojibake in (once, f"점심에 {once}", garbled(once, wrong)):
        report = normalize_verbose(mojibake)
        assert report.unreadable
        assert not set("아이사분의") & set(report.text.removeprefix("점심에"))
        assert all(map(str.isprintable, "".join(report.dropped)))


@pytest.mark.parametrize("text", SENTENCES[1:])
def test_cp949_decoded_as_latin(text):
    assert normalize_verbose(garbled(text, "latin-1", "cp949")).unreadable


def test_what_was_lost_before():
    assert normalize_verbose("안녕占쏙옙세요").unreadable == ("占쏙옙",)


@pytest.mark.parametrize(
    "text",
    [
        "점심은 café에서 crêpe와 naïve한 이야기",
        "25°±2°, ½컵과 ¼컵, m²·s²",
        "Zoë와 Noël, Müßig, ÇÃO, São Paulo, «forêt»",
        "10µm, £5, ¥300, §3, ©2024, 3×4÷2",
    ],
)
def test_latin_letters_and_signs_are_none(text):
    assert normalize_verbose(text).unreadable == ()


@pytest.mark.parametrize(
    ("text", "unreadable"),
    [
        ("안녕\ufffd\ufffd하세요", ("\ufffd\ufffd",)),
        ("안녕 \ue0a0 하세요", ("\ue0a0",)),
        ("ꀀ번", ("ꀀ",)),
        ("안녕 😀 하세요 ★ ❤️ 🇰🇷", ()),
    ],
)
def test_letters_are_told_from_symbols(text, unreadable):
    assert normalize_verbose(text).unreadable == unreadable
