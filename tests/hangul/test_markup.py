"""Text out of web pages, other alphabets, arrows."""

import pytest

from hangul import normalize, normalize_verbose

from .readings import readings

MARKUP = readings(
    """
    <b>안녕</b> → 안녕
    <p>첫째</p><p>둘째</p> → 첫째. 둘째
    한 줄<br/>두 줄 → 한 줄 두 줄
    <a href="http://x.kr">여기</a>를 누르세요 → 여기를 누르세요
    <B>굵게 <i>기울여</i></B> → 굵게 기울여
    <span style="color:red">빨강</span> → 빨강
    <script>var a = 1;</script>본문 → 본문
    앞<!-- 숨은 말 -->뒤 → 앞 뒤
    톰&amp;제리 → 톰 앤드 제리
    안녕&nbsp;하세요 → 안녕 하세요
    &lt;공지&gt; 휴무 → 공지 휴무
    &#8361;5,000 → 오천 원
    3 &lt; 5 → 삼은 오보다 작다
    3 < 5 → 삼은 오보다 작다
    a < b → 에이는 비보다 작다
    <보기> 참고 → 보기 참고
    <A>와 <B> → 에이와 비
    Q&A; 끝 → 큐앤에이, 끝
    """
)
ARROWS = readings(
    """
    매출 30%↑ → 매출 삼십 퍼센트 상승
    3.2%p↓ → 삼 점 이 퍼센트포인트 하락
    2.5배 ↑ → 이 점 오 배 상승
    전일 대비 500원↑ → 전일 대비 오백 원 상승
    매출↑ 비용↓ → 매출 상승 비용 하락
    월 100만원↑ → 월 백만 원 이상
    20세↑ → 이십 세 이상
    """
)


@pytest.mark.parametrize(("written", "spoken"), MARKUP + ARROWS)
def test_reading(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(
    "word",
    ["Москва", "مرحبا", "שלום", "สวัสดี", "नमस्ते", "ありがとう", "Ελλάδα", "ქართული"],
)
def test_words_of_other_alphabets_are_refused(word):
    spoken = normalize_verbose(f"{word} 안녕")
    assert spoken.text == "안녕"
    assert spoken.unreadable == (word,)


def test_letters_that_korean_text_has_are_read():
    assert normalize("αβ, 우리の가게, café, résumé") == (
        "알파베타, 우리노가게, 카페, 레주메"
    )
