"""Clock times, dates and days that are names."""

import pytest

from hangul import normalize

from .readings import readings

# Hours are native up to 12, Sino-Korean from 13; full hours drop their zero minutes.
CLOCK = readings(
    """
    15:30 → 십오 시 삼십 분
    9:05 → 아홉 시 오 분
    00:30 → 영 시 삼십 분
    12:00 → 열두 시
    23:59 → 이십삼 시 오십구 분
    9:00 → 아홉 시
    7:15:30 → 일곱 시 십오 분 삼십 초
    오후 3시 30분 → 오후 세 시 삼십 분
    오전 10시 → 오전 열 시
    3시 → 세 시
    12시 → 열두 시
    13시 → 십삼 시
    0시 → 영 시
    24시 → 이십사 시
    3시 반 → 세 시 반
    10시 10분 전 → 열 시 십 분 전
    10:30 AM → 오전 열 시 삼십 분
    3:45 PM → 오후 세 시 사십오 분
    AM 7:00 → 오전 일곱 시
    PM 3시 → 오후 세 시
    5 p.m. → 오후 다섯 시
    1시간 30분 15초 → 한 시간 삼십 분 십오 초
    2시간 반 → 두 시간 반
    9초58 → 구 초 오십팔
    1:23.45 → 일 분 이십삼 초 사오
    시편 23:1 → 시편 이십삼 장 일 절
    15분간 → 십오 분간
    3시쯤 → 세 시쯤
    5시경 → 다섯 시경
    3시~5시 → 세 시에서 다섯 시
    오후 1~3시 → 오후 한 시에서 세 시
    3:30pm → 오후 세 시 삼십 분
    12:00~13:00 → 열두 시에서 십삼 시
    """
)

# Year, month, day in any spelling. 3/5 is a date before 까지 or 부터, behind 마감,
# 오는 and the like, and with a weekday.
DATES = readings(
    """
    2024.3.5 → 이천이십사 년 삼월 오 일
    2024.03.05 → 이천이십사 년 삼월 오 일
    2024. 3. 5. → 이천이십사 년 삼월 오 일.
    2024-03-05 → 이천이십사 년 삼월 오 일
    2024/3/5 → 이천이십사 년 삼월 오 일
    2024년 3월 5일 → 이천이십사 년 삼월 오 일
    2024년3월5일 → 이천이십사 년 삼월 오 일
    20240305 → 이천이십사 년 삼월 오 일
    24.03.05 → 이십사 년 삼월 오 일
    '24.3.5 → 이십사 년 삼월 오 일
    2024.03 → 이천이십사 년 삼월
    '98년 → 구십팔 년
    ’88 올림픽 → 팔십팔 올림픽
    3월 5일(화) → 삼월 오 일 화요일
    5일(토) → 오 일 토요일
    3/5(화) → 삼월 오 일 화요일
    3.5(화) → 삼월 오 일 화요일
    24.3.5(화) → 이십사 년 삼월 오 일 화요일
    3/5까지 → 삼월 오 일까지
    3/5부터 3/7까지 → 삼월 오 일부터 삼월 칠 일까지
    마감 3/5 → 마감 삼월 오 일
    오는 3/5 → 오는 삼월 오 일
    오늘(5일) → 오늘 오 일
    2024.3.5~2024.3.8 → 이천이십사 년 삼월 오 일에서 이천이십사 년 삼월 팔 일
    5월 3일(금) ~ 5월 5일(일) → 오월 삼 일 금요일에서 오월 오 일 일요일
    1999년 12월 31일 → 천구백구십구 년 십이월 삼십일 일
    90년생 → 구십 년생
    2000년생 → 이천 년생
    98학번 → 구십팔 학번
    기원전 300년 → 기원전 삼백 년
    BC 57년 → 기원전 오십칠 년
    """
)

# Month and day as the day is called. With a full stop only before 절, 운동, 전쟁 and
# the like.
DAYS = readings(
    """
    6·25 전쟁 → 육이오 전쟁
    6.25전쟁 → 육이오전쟁
    3·1운동 → 삼일운동
    3.1절 → 삼일절
    5·18 민주화운동 → 오일팔 민주화운동
    4·19 혁명 → 사일구 혁명
    4.19 혁명 → 사일구 혁명
    8·15 광복절 → 팔일오 광복절
    12·12 사태 → 십이십이 사태
    12.3 비상계엄 → 십이삼 비상계엄
    10·26 → 십이육
    9.11 테러 → 구일일 테러
    4·3 사건 → 사삼 사건
    6·10 민주항쟁 → 육십 민주항쟁
    7·4 남북공동성명 → 칠사 남북공동성명
    119에 신고 → 일일구에 신고
    112 신고 → 일일이 신고
    2030세대 → 이공삼공세대
    38선 → 삼팔선
    """
)

# Two digits of a year, month and day alone: what no fraction or version is.
SHORT_DATES = readings(
    """
    24. 2. 29. → 이십사 년 이월 이십구 일
    24. 2. 29. 14시 → 이십사 년 이월 이십구 일 십사 시
    25. 1. 3. 09시 → 이십오 년 일월 삼 일 아홉 시
    24.2.29 → 이십사 년 이월 이십구 일
    '24. 2월 → 이십사 년 이월
    2024. 2. → 이천이십사 년 이월
    2024.2월 → 이천이십사 년 이월
    2024/02 → 이천이십사 년 이월
    2024.3.1~5.31 → 이천이십사 년 삼월 일 일에서 오월 삼십일 일
    10/31 할로윈 → 시월 삼십일 일 할로윈
    12/25 크리스마스 → 십이월 이십오 일 크리스마스
    11/11 빼빼로데이 → 십일월 십일 일 빼빼로데이
    2/14 밸런타인데이 → 이월 십사 일 밸런타인데이
    5/5 어린이날 → 오월 오 일 어린이날
    3/15 개봉 → 삼월 십오 일 개봉
    10/3 개천절 → 시월 삼 일 개천절
    2. 29. 14시 → 이월 이십구 일 십사 시
    3/4 지점 → 사분의 삼 지점
    2/3 이상 → 삼분의 이 이상
    1/10 → 십분의 일
    6/8박자 → 팔분의 육박자
    버전 24.2.29 → 버전 이십사 점 이 점 이십구
    3. 1. ~ 5. 31. → 삼월 일 일에서 오월 삼십일 일
    24.1.5. 10시 → 이십사 년 일월 오 일 열 시
    2/3 입춘 → 이월 삼 일 입춘
    """
)


@pytest.mark.parametrize(("written", "spoken"), CLOCK)
def test_clock(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), DATES)
def test_dates(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), DAYS)
def test_days(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), SHORT_DATES)
def test_short_dates(written, spoken):
    assert normalize(written) == spoken
