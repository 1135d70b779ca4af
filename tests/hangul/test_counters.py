"""Numbers before counters."""

import pytest

from hangul import normalize

from .readings import readings

# Native numbers up to 99 in the attributive form; above, the last two digits stay
# native as newsreaders count people. 시간 from 24, 배 from 20 and 평 from 10 are
# Sino-Korean.
NATIVE = readings(
    """
    1개 → 한 개
    2개 → 두 개
    3개 → 세 개
    4개 → 네 개
    5개 → 다섯 개
    10개 → 열 개
    11개 → 열한 개
    20개 → 스무 개
    21개 → 스물한 개
    24개 → 스물네 개
    31개 → 서른한 개
    44개 → 마흔네 개
    50개 → 쉰 개
    66개 → 예순여섯 개
    77개 → 일흔일곱 개
    88개 → 여든여덟 개
    99개 → 아흔아홉 개
    100개 → 백 개
    101개 → 백한 개
    120개 → 백스무 개
    1,234개 → 천이백서른네 개
    1명 → 한 명
    2명 → 두 명
    20명 → 스무 명
    25명 → 스물다섯 명
    100명 → 백 명
    299명 → 이백아흔아홉 명
    12,345명 → 만 이천삼백마흔다섯 명
    1살 → 한 살
    20살 → 스무 살
    21살 → 스물한 살
    35살 → 서른다섯 살
    3마리 → 세 마리
    4권 → 네 권
    5장 → 다섯 장
    6잔 → 여섯 잔
    7병 → 일곱 병
    8자루 → 여덟 자루
    9켤레 → 아홉 켤레
    10채 → 열 채
    3그루 → 세 그루
    2송이 → 두 송이
    5벌 → 다섯 벌
    4대 → 네 대
    2척 → 두 척
    7곳 → 일곱 곳
    3군데 → 세 군데
    2가지 → 두 가지
    12가지 → 열두 가지
    5줄 → 다섯 줄
    3칸 → 세 칸
    2통 → 두 통
    4판 → 네 판
    6팀 → 여섯 팀
    3팩 → 세 팩
    2편 → 두 편
    3곡 → 세 곡
    5건 → 다섯 건
    15건 → 열다섯 건
    2끼 → 두 끼
    3달 → 세 달
    1달 → 한 달
    2시간 → 두 시간
    10시간 → 열 시간
    23시간 → 스물세 시간
    24시간 → 이십사 시간
    48시간 → 사십팔 시간
    1번째 → 첫 번째
    2번째 → 두 번째
    3번째 → 세 번째
    20번째 → 스무 번째
    21번째 → 스물한 번째
    100번째 → 백 번째
    2배 → 두 배
    10배 → 열 배
    20배 → 이십 배
    3평 → 세 평
    33평 → 삼십삼 평
    3사람 → 세 사람
    2쌍 → 두 쌍
    4조각 → 네 조각
    3그릇 → 세 그릇
    2스푼 → 두 스푼
    5방울 → 다섯 방울
    3골 → 세 골
    2표 → 두 표
    3종목 → 세 종목
    2경기 → 두 경기
    10경기 → 열 경기
    3나라 → 세 나라
    3식구 → 세 식구
    3개 팀 → 세 개 팀
    0개 → 영 개
    5걸음 → 다섯 걸음
    2바퀴 → 두 바퀴
    3상자 → 세 상자
    1봉지 → 한 봉지
    4포기 → 네 포기
    2다발 → 두 다발
    1쪽 → 일 쪽
    3포대 → 세 포대
    5칸 → 다섯 칸
    6알 → 여섯 알
    """
)

# Sino-Korean numbers, a space before the counter; an unknown noun is joined.
SINO = readings(
    """
    1년 → 일 년
    2024년 → 이천이십사 년
    98년 → 구십팔 년
    3개월 → 삼 개월
    6개월 → 육 개월
    1주일 → 일주일
    2주일 → 이 주일
    2주 → 이 주
    5일 → 오 일
    31일 → 삼십일 일
    3분 → 삼 분
    30초 → 삼십 초
    1원 → 일 원
    500원 → 오백 원
    10층 → 십 층
    1층 → 일 층
    2번 → 이 번
    5호 → 오 호
    3도 → 삼 도
    2회 → 이 회
    1학년 → 일 학년
    6학년 → 육 학년
    3인분 → 삼 인분
    2인승 → 이 인승
    3차 → 삼 차
    1위 → 일 위
    1등 → 일 등
    2급 → 이 급
    3단계 → 삼 단계
    4주년 → 사 주년
    10세 → 십 세
    15세 이상 → 십오 세 이상
    20세기 → 이십 세기
    21세기 → 이십일 세기
    1980년대 → 천구백팔십 년대
    80년대 → 팔십 년대
    3박 → 삼 박
    7교시 → 칠 교시
    2학기 → 이 학기
    3반 → 삼 반
    5조 → 오조
    320쪽 → 삼백이십 쪽
    15페이지 → 십오 페이지
    3점 → 삼 점
    90점 → 구십 점
    5퍼센트 → 오 퍼센트
    10달러 → 십 달러
    5유로 → 오 유로
    100엔 → 백 엔
    3킬로미터 → 삼 킬로미터
    5미터 → 오 미터
    2톤 → 이 톤
    3리터 → 삼 리터
    12호선 → 십이 호선
    3분기 → 삼 분기
    1호기 → 일 호기
    2세대 → 이 세대
    3라운드 → 삼 라운드
    9회말 → 구 회말
    2이닝 → 이 이닝
    3승 → 삼 승
    2패 → 이 패
    1무 → 일 무
    3할2푼1리 → 삼 할 이 푼 일 리
    7홈런 → 칠 홈런
    5안타 → 오 안타
    4강 → 사 강
    16강전 → 십육 강전
    3차원 → 삼 차원
    2차로 → 이 차로
    5부 → 오 부
    3막 → 삼 막
    3국 → 삼 국
    3개국 → 삼 개국
    5개년 → 오 개년
    10개소 → 십 개소
    4남매 → 사 남매
    3개사 → 삼 개사
    1인칭 → 일 인칭
    2기압 → 이 기압
    100볼트 → 백 볼트
    60와트 → 육십 와트
    5만원권 → 오만 원권
    """
)

# Month names are words: 유월, 시월.
MONTHS = readings(
    """
    1월 → 일월
    3월 → 삼월
    6월 → 유월
    10월 → 시월
    11월 → 십일월
    12월 → 십이월
    6월 25일 → 유월 이십오 일
    10월 10일 → 시월 십 일
    5월 5일 → 오월 오 일
    12월 25일 → 십이월 이십오 일
    5~6월 → 오월에서 유월
    6~10월 → 유월에서 시월
    10월호 → 시월호
    3월 1일 → 삼월 일 일
    2월 29일 → 이월 이십구 일
    """
)

# 제 makes every counter Sino-Korean, 제3장 too; 번째 is native and begins with 첫.
ORDINALS = readings(
    """
    제1회 → 제일 회
    제3회 → 제삼 회
    제1장 → 제일 장
    제2권 → 제이 권
    제3편 → 제삼 편
    제5조 → 제오조
    제1차 세계대전 → 제일 차 세계대전
    제21대 국회 → 제이십일 대 국회
    제20대 대통령 → 제이십 대 대통령
    제2의 도시 → 제이의 도시
    제10호 → 제십 호
    제1과 → 제일 과
    제4차 산업혁명 → 제사 차 산업혁명
    제3자 → 제삼 자
    제 3회 → 제삼 회
    """
)


@pytest.mark.parametrize(("written", "spoken"), NATIVE)
def test_native(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), SINO)
def test_sino(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), MONTHS)
def test_months(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), ORDINALS)
def test_ordinals(written, spoken):
    assert normalize(written) == spoken
