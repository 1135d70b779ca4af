"""Hanja, other widths and forms, jamo."""

import pytest

from hangul import normalize

from .readings import readings

# A gloss in brackets is dropped, a word read with 두음 법칙; 金 alone or in a name is
# 김.
HANJA = readings(
    """
    大韓民國 → 대한민국
    대한민국(大韓民國) → 대한민국
    한국(韓國)은 → 한국은
    美 대통령 → 미 대통령
    美·中 → 미중
    韓日 → 한일
    李 대통령 → 이 대통령
    金(김)씨 → 김씨
    金大中 → 김대중
    金融 → 금융
    女子 → 여자
    老人 → 노인
    來日 → 내일
    歷史 → 역사
    勞動 → 노동
    比率 → 비율
    確率 → 확률
    不正 → 부정
    不可 → 불가
    2024年 5月 6日 → 이천이십사 년 오월 육 일
    六月 → 유월
    一二三 → 일이삼
    學校 → 학교
    男女 → 남녀
    父母 → 부모
    日本 → 일본
    東京 → 동경
    """
)

# Full-width and one-character forms mean what they show.
WIDTH = readings(
    """
    １２３ → 백이십삼
    ＡＢＣ → 에이비씨
    １０％ → 십 퍼센트
    ５㎏ → 오 킬로그램
    （５일） → 오 일
    안녕！ → 안녕!
    뭐라고？ → 뭐라고?
    ㈜카카오 → 주식회사 카카오
    (주)삼성 → 주식회사 삼성
    ① → 일
    ①번 → 일 번
    ②, ③ → 이, 삼
    ㉠ → 기역
    ㊀ → 일
    Ⅴ → 오
    ﬁlm → 필름
    𝐀𝐁 → 에이비
    ３．１４ → 삼 점 일사
    ３：１ → 삼 대 일
    """
)

# Decomposed words are composed; what stays alone is read as in a chat or by its name.
JAMO = readings(
    """
    ㅇㅏㄴㄴㅕㅇ → 안녕
    ㄷㅏㄹㄱ → 닭
    ㄷㅏㄹㄱㅣ → 달기
    ㄱㅗㅏㅇ → 광
    안녕 → 안녕
    ﾾￂﾤ → 한
    ㅋㅋㅋ → 크크크
    ㅋㅋㅋㅋㅋㅋ → 크크크
    ㅎㅎ → 흐흐
    ㅠㅠ → 흑흑
    ㅜㅜ → 흑흑
    ㅇㅋ → 오케이
    ㄱㅅ → 감사
    ㅇㅇ → 응
    ㄱ → 기역
    ㅏ → 아
    ㄱ ㄴ ㄷ → 기역 니은 디귿
    받침 ㄹ → 받침 리을
    그래ㅋㅋ → 그래 크크
    ᄒᆞᆫ글 → 한글
    ㄱ부터 ㅎ까지 → 기역부터 히읗까지
    네ㅋ → 네 크
    ㄳ → 기역 시옷
    헐ㅋㅋㅋㅋ → 헐 크크크
    """
)


@pytest.mark.parametrize(("written", "spoken"), HANJA)
def test_hanja(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), WIDTH)
def test_width(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), JAMO)
def test_jamo(written, spoken):
    assert normalize(written) == spoken
