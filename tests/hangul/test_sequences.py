"""Several numbers at one counter, numbers in compounds, parts of books."""

import pytest

from hangul import normalize

from .readings import readings

# Two numbers in turn are one word before native counters (서너 명), joined before
# Sino-Korean ones (삼사 개월); others are said one by one, all as the counter asks.
LISTS = readings(
    """
    3,4명 → 서너 명
    3, 4명 → 서너 명
    8,9개 → 여덟아홉 개
    1,2잔 → 한두 잔
    5,6마리 → 대여섯 마리
    7, 8병 → 일고여덟 병
    6,7살 → 예닐곱 살
    4,5권 → 네다섯 권
    2,3년 → 이삼 년
    3, 4개월 → 삼사 개월
    1,2등급 → 일이 등급
    5·6호기 → 오륙 호기
    1·2·3학년 → 일, 이, 삼 학년
    3,5호선 → 삼, 오 호선
    1, 3, 5위 → 일, 삼, 오 위
    5,6월 → 오뉴월
    7,8월 → 칠팔월
    11,12월 → 십일월, 십이월
    15, 16일 → 십오, 십육 일
    2,30명 → 이삼십 명
    3,40대 → 삼사십 대
    20, 30대 → 이십, 삼십 대
    5,60년대 → 오육십 년대
    3,4만 원 → 삼사만 원
    2~30명 → 이삼십 명
    3~40분 → 삼사십 분
    1,234명 → 천이백서른네 명
    하루 3,4번 → 하루 서너 번
    2,3번 읽었다 → 두세 번 읽었다
    2,3번 문제 → 이삼 번 문제
    3~5만원 → 삼만에서 오만 원
    5~10만 명 → 오만 명에서 십만 명
    -10∼3도 → 영하 십에서 삼 도
    3-2 승 → 삼 대 이 승
    """
)

# A dash before a branch number is 다시; between the ends of a range it is 에서.
BRANCHES = readings(
    """
    720-1번 버스 → 칠백이십 다시 일 번 버스
    92-1번 마을버스 → 구십이 다시 일 번 마을버스
    3-2번 문제 → 삼 다시 이 번 문제
    12-3번지 → 십이 다시 삼 번지
    1-3호 → 일 다시 삼 호
    1-4호선 → 일에서 사 호선
    제3-2회 → 제삼 다시 이 회
    제2-1장 → 제이 다시 일 장
    제7-2조 → 제칠 다시 이조
    2-5반 → 이 다시 오 반
    1-2번 출구 → 일 다시 이 번 출구
    산 45-6 → 산 사십오 다시 육
    올림픽로 35길 12-3 → 올림픽로 삼십오길 십이 다시 삼
    판교역로 166번길 12-3 → 판교역로 백육십육 번길 십이 다시 삼
    """
)

# Words made of numbers are Sino-Korean though their counters are native elsewhere.
COMPOUNDS = readings(
    """
    1막1장 → 일막일장
    2막 3장 → 이막 삼장
    1석2조 → 일석이조
    2인3각 → 이인삼각
    4인4색 → 사인사색
    10인10색 → 십인십색
    1남2녀 → 일남이녀
    5첩반상 → 오 첩반상
    3시 3끼 → 삼시 세끼
    4남매 → 사 남매
    30개사 → 삼십 개사
    15개교 → 십오 개교
    3개국 → 삼 개국
    1인 1표 → 일인 일표
    """
)

# A volume, chapter or part is named before 에서 and where one follows another.
PARTS = readings(
    """
    이 내용은 1권에서 → 이 내용은 일 권에서
    2권과 3권 → 이 권과 삼 권
    1권에서 계속 → 일 권에서 계속
    3권 2장 → 삼 권 이 장
    2장 3절 → 이 장 삼 절
    3장에서 다룬다 → 삼 장에서 다룬다
    요한복음 3장 16절 → 요한복음 삼 장 십육 절
    책 2권 → 책 두 권
    종이 3장 → 종이 세 장
    1~3권 → 일에서 삼 권
    1편 2편 → 일 편 이 편
    7통 2반 → 칠 통 이 반
    3판 2승제 → 삼 판 이승제
    """
)

# Old and rare counters, native beside what they count.
THINGS = readings(
    """
    두부 1모 → 두부 한 모
    김 2톳 → 김 두 톳
    마늘 1접 → 마늘 한 접
    북어 1쾌 → 북어 한 쾌
    오징어 2축 → 오징어 두 축
    4잎 클로버 → 네 잎 클로버
    조기 1두름 → 조기 한 두름
    바늘 2쌈 → 바늘 두 쌈
    버선 1죽 → 버선 한 죽
    미역 1뭇 → 미역 한 뭇
    한약 1제 → 한약 한 제
    소금 2꼬집 → 소금 두 꼬집
    밥 2술 → 밥 두 술
    장롱 1짝 → 장롱 한 짝
    소총 3정 → 소총 세 정
    시신 3구 → 시신 세 구
    고기 3점 → 고기 세 점
    마늘 3쪽 → 마늘 세 쪽
    난초 2촉 → 난초 두 촉
    달걀 1꾸러미 → 달걀 한 꾸러미
    담배 1보루 → 담배 한 보루
    간장 1작은술 → 간장 한 작은술
    이력서 1부 → 이력서 한 부
    식빵 2쪽 → 식빵 두 쪽
    """
)


@pytest.mark.parametrize(("written", "spoken"), LISTS)
def test_lists(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), BRANCHES)
def test_branches(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), COMPOUNDS)
def test_compounds(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), PARTS)
def test_parts(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), THINGS)
def test_things(written, spoken):
    assert normalize(written) == spoken
