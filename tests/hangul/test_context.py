"""Numbers whose reading the neighbours decide."""

import pytest

from hangul import normalize

from .readings import readings

# 대: tens are years of age unless a machine stands before; 3대 강국 and its kind
# Sino-Korean. 번: a number, but times before a verb or 씩 and behind a span. 분:
# minutes, but people beside 손님. 점 기 단 부: native behind the things they count.
AMBIGUOUS = readings(
    """
    3번 출구 → 삼 번 출구
    2번 버스 → 이 번 버스
    3번 문제 → 삼 번 문제
    5번 국도 → 오 번 국도
    기호 2번 → 기호 이 번
    3번 넘어졌다 → 세 번 넘어졌다
    2번 만났다 → 두 번 만났다
    하루에 3번 → 하루에 세 번
    일주일에 2번 → 일주일에 두 번
    3번씩 → 세 번씩
    5번이나 → 다섯 번이나
    총 4번 → 총 네 번
    3번의 실패 → 세 번의 실패
    2번 클릭하세요 → 두 번 클릭하세요
    3번 더 → 세 번 더
    10번째 → 열 번째
    20대 남성 → 이십 대 남성
    20대와 30대 → 이십 대와 삼십 대
    10~20대 → 십에서 이십 대
    50대 이상 → 오십 대 이상
    차량 20대 → 차량 스무 대
    자동차 3대 → 자동차 세 대
    버스 10대 → 버스 열 대
    컴퓨터 5대 → 컴퓨터 다섯 대
    3대 강국 → 삼 대 강국
    5대 원칙 → 오 대 원칙
    10대 기업 → 십 대 기업
    3대째 → 삼 대째
    4대강 → 사대강
    5대양 → 오대양
    6대주 → 육대주
    3분 뒤 → 삼 분 뒤
    손님 3분 → 손님 세 분
    5분의 손님 → 다섯 분의 손님
    작품 3점 → 작품 세 점
    90점 → 구십 점
    원전 2기 → 원전 두 기
    제3기 → 제삼 기
    시금치 2단 → 시금치 두 단
    서류 3부 → 서류 세 부
    3부 작 → 삼 부 작
    3조각 → 세 조각
    3경기 → 세 경기
    5장면 → 다섯 장면
    중2 학생 → 중이 학생
    고3 수험생 → 고삼 수험생
    7 대 3 → 칠 대 삼
    조선 3대 왕 → 조선 삼 대 왕
    오전 9시 30분께 → 오전 아홉 시 삼십 분께
    """
)

# Native counters, months and years are said at both ends, others once. ~ between
# places and days is 에서.
RANGES = readings(
    """
    10~20명 → 열 명에서 스무 명
    3-4시간 → 세 시간에서 네 시간
    1~2개 → 한 개에서 두 개
    2∼3일 → 이에서 삼 일
    3~5일 → 삼에서 오 일
    1~2인분 → 일에서 이 인분
    3~4개월 → 삼에서 사 개월
    2~3년 → 이 년에서 삼 년
    2020~2024년 → 이천이십 년에서 이천이십사 년
    2020-2024년 → 이천이십 년에서 이천이십사 년
    3~5명 → 세 명에서 다섯 명
    5~10% → 오에서 십 퍼센트
    10%~20% → 십 퍼센트에서 이십 퍼센트
    3~5km → 삼에서 오 킬로미터
    1만~2만 원 → 만에서 이만 원
    3,000~5,000원 → 삼천에서 오천 원
    15,000원~20,000원 → 만 오천 원에서 이만 원
    20~25℃ → 섭씨 이십 도에서 섭씨 이십오 도
    3℃~5℃ → 섭씨 삼 도에서 섭씨 오 도
    9시~18시 → 아홉 시에서 십팔 시
    오전 9시~오후 6시 → 오전 아홉 시에서 오후 여섯 시
    10:00~18:00 → 열 시에서 십팔 시
    3월 5일~8일 → 삼월 오 일에서 팔 일
    월~금 → 월요일에서 금요일
    서울~부산 → 서울에서 부산
    10여 명 → 십여 명
    20여 개 → 이십여 개
    1,000여 명 → 천여 명
    3만여 명 → 삼만여 명
    3년여 → 삼 년여
    3천~5천명 → 삼천 명에서 오천 명
    1만원~2만원 → 만 원에서 이만 원
    지하 2층~지상 35층 → 지하 이 층에서 지상 삼십오 층
    (1895~1910) → 천팔백구십오에서 천구백십
    10-20대 → 십에서 이십 대
    """
)

# A colon is 대 unless it makes a clock (two digits below sixty) without 비율 or 축척
# before it. A dash between numbers of up to three digits is a score; behind 그림, 표
# and a street a branch (다시).
RATIOS = readings(
    """
    3:1 → 삼 대 일
    1:1 → 일 대 일
    16:9 → 십육 대 구
    4:4:2 → 사 대 사 대 이
    2-0 → 이 대 영
    3-1 승리 → 삼 대 일 승리
    2-0으로 이겼다 → 이 대 영으로 이겼다
    5-3으로 → 오 대 삼으로
    축척 1:50 → 축척 일 대 오십
    비율은 3:10 → 비율은 삼 대 십
    5대 1 → 오 대 일
    2.5대 1 → 이 점 오 대 일
    50대 50 → 오십 대 오십
    그림 1-2 → 그림 일 다시 이
    표 3-1 → 표 삼 다시 일
    세종대로 110-5 → 세종대로 백십 다시 오
    역삼동 123-45 → 역삼동 백이십삼 다시 사십오
    12-3번지 → 십이 다시 삼 번지
    제2024-15호 → 제이천이십사 다시 십오 호
    """
)


@pytest.mark.parametrize(("written", "spoken"), AMBIGUOUS)
def test_ambiguous(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), RANGES)
def test_ranges(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), RATIOS)
def test_ratios(written, spoken):
    assert normalize(written) == spoken
