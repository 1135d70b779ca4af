"""Text files of every encoding that Korean is found in."""

import pytest

import hangul

TEXT = "1|안녕하세요\n2|똠방각하\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(encoding, end):
    mark = "\ufeff" if encoding[-3:] in ("-le", "-be") else ""
    content = (mark + TEXT.replace("\n", end)).encode(encoding)
    assert hangul.decode_file(content) == TEXT


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("가나\n다라\n".encode() + b"\xff\n", "line 3, byte 1 "),
        (("가나다라마바사\r\n" * 9 + "아자").encode()[:-1], "line 10, byte 4 "),
        (("가나다라마바사\r" * 9).encode("cp949") + b"a\xff\r", "line 10, byte 2 "),
        (b"\xff\xfeA\x00B", "line 1, byte "),
    ],
)
def test_damage_is_named_with_its_line_and_byte(content, place):
    with pytest.raises(UnicodeError) as raised:
        hangul.decode_file(content)
    assert str(raised.value).startswith(place)
    assert "\n" not in str(raised.value)
