"""Numbers by themselves: cardinals, decimals, fractions."""

import pytest

from hangul import normalize

from .readings import readings

# Spaced by ten thousands; a leading 만, 천, 백 or 십 has no 일, 억 and above have.
CARDINALS = readings(
    """
    0 → 영
    7 → 칠
    10 → 십
    11 → 십일
    16 → 십육
    20 → 이십
    100 → 백
    101 → 백일
    110 → 백십
    111 → 백십일
    1000 → 천
    1,000 → 천
    1,001 → 천일
    10,000 → 만
    12345 → 만 이천삼백사십오
    12,345 → 만 이천삼백사십오
    100,000 → 십만
    110,000 → 십일만
    1,000,000 → 백만
    1,234,567 → 백이십삼만 사천오백육십칠
    10,000,000 → 천만
    100,000,000 → 일억
    100010000 → 일억 일만
    111,111,111 → 일억 천백십일만 천백십일
    1,000,000,000,000 → 일조
    12345678901234567890 → 천이백삼십사경 오천육백칠십팔조 구천십이억 삼천사백오십육만
        칠천팔백구십
    100000000000000000000 → 일해
    2만 → 이만
    1만 2천 → 만 이천
    3억 5천만 → 삼억 오천만
    5천 → 오천
    3백만 → 삼백만
    1천 → 천
    1조 2,000억 → 일조 이천억
    2만5000 → 이만 오천
    1억2천만 → 일억 이천만
    10만 → 십만
    1.5억 → 일 점 오억
    3.5조 원 → 삼 점 오조 원
    20여만 명 → 이십여만 명
    수백만 명 → 수백만 명
    007 → 공공칠
    -5 → 마이너스 오
    -0.5 → 마이너스 영 점 오
    −3 → 마이너스 삼
    +3 → 플러스 삼
    영하 5 → 영하 오
    """
)

# Behind the point digit by digit, zero as 영; counters after a fraction stay
# Sino-Korean.
DECIMALS = readings(
    """
    3.14 → 삼 점 일사
    0.05 → 영 점 영오
    0.5 → 영 점 오
    3.5개 → 삼 점 오 개
    2.05 → 이 점 영오
    10.10 → 십 점 일영
    100.0 → 백 점 영
    1,234.5 → 천이백삼십사 점 오
    -3.2 → 마이너스 삼 점 이
    3.141592 → 삼 점 일사일오구이
    1.5배 → 일 점 오 배
    0.1초 → 영 점 일 초
    2.5명 → 이 점 오 명
    36.5도 → 삼십육 점 오 도
    """
)

# The denominator first. 3/4 is a fraction unless something beside it says date;
# 3/4분기 is a quarter of the year.
FRACTIONS = readings(
    """
    3/4 → 사분의 삼
    1/2 → 이분의 일
    2/3컵 → 삼분의 이 컵
    1/10 → 십분의 일
    ½ → 이분의 일
    ¾컵 → 사분의 삼 컵
    2 1/2 → 이와 이분의 일
    3½ → 삼과 이분의 일
    1/3은 → 삼분의 일은
    3/4분기 → 삼사 분기
    1/4분기 → 일사 분기
    2023/24 시즌 → 이천이십삼, 이십사 시즌
    혈압 120/80 → 혈압 백이십에 팔십
    3분의 1 → 삼분의 일
    4분의 3 → 사분의 삼
    100분의 1 → 백분의 일
    2½큰술 → 이와 이분의 일 큰술
    """
)


@pytest.mark.parametrize(("written", "spoken"), CARDINALS)
def test_cardinals(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), DECIMALS)
def test_decimals(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), FRACTIONS)
def test_fractions(written, spoken):
    assert normalize(written) == spoken
