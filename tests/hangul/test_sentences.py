"""Running text in pieces to be said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hangul import sentences


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("안녕하세요. 반갑습니다!", ["안녕하세요.", "반갑습니다!"]),
        ("정말요? 네", ["정말요?", "네"]),
        ("값은 3.14입니다. 끝.", ["값은 3.14입니다.", "끝."]),
        ("2024. 3. 5. 오후에 만나요.", ["2024. 3. 5. 오후에 만나요."]),
        ("www.naver.com을 보세요.", ["www.naver.com을 보세요."]),
        ("Mr. Kim이 왔다. 갔다.", ["Mr. Kim이 왔다.", "갔다."]),
        ("1. 서론 2. 본론", ["1. 서론 2. 본론"]),
        ('"왔니?" 그가 물었다. "네."', ['"왔니?"', "그가 물었다.", '"네."']),
        ("그런데... 나는 몰라.", ["그런데...", "나는 몰라."]),
        ("첫 줄\n둘째 줄\n\n셋째", ["첫 줄", "둘째 줄", "셋째"]),
        ("끝났다.」 다음", ["끝났다.」", "다음"]),
        ("네。 아니오", ["네。", "아니오"]),
        ("밥을 먹었다. 잤다.", ["밥을 먹었다.", "잤다."]),
        ("", []),
        ("  \n ", []),
    ],
)
def test_sentences(text, pieces):
    assert sentences(text) == pieces


def test_long_sentence_is_cut_behind_a_comma():
    text = "비가 오고 바람이 불었지만, 우리는 끝까지 걸었고 마침내 도착했다."
    assert sentences(text, limit=30) == [
        "비가 오고 바람이 불었지만,",
        "우리는 끝까지 걸었고 마침내 도착했다.",
    ]


def test_without_a_comma_it_is_cut_at_a_space_and_else_anywhere():
    assert sentences("가나다 라마바 사아자", limit=8) == ["가나다 라마바", "사아자"]
    assert sentences("가" * 25, limit=10) == ["가" * 10, "가" * 10, "가" * 5]


def test_limit_must_be_positive():
    with pytest.raises(ValueError, match="limit"):
        sentences("가", limit=0)


@given(st.text(alphabet="가나 .,?!\n3A", max_size=120), st.integers(1, 40))
def test_nothing_is_lost_and_nothing_too_long(text, limit):
    pieces = sentences(text, limit)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(0 < len(piece) <= limit for piece in pieces)
