"""Prices and units."""

import pytest

from hangul import normalize

from .readings import readings

# The currency follows the number; two decimals of dollars are cents.
MONEY = readings(
    """
    ₩12,500 → 만 이천오백 원
    ￦5,000 → 오천 원
    $5.99 → 오 달러 구십구 센트
    $100 → 백 달러
    $1.50 → 일 달러 오십 센트
    $1,234.56 → 천이백삼십사 달러 오십육 센트
    $3 million → 삼백만 달러
    $5M → 오백만 달러
    $2.5B → 이십오억 달러
    US$100 → 백 달러
    €50 → 오십 유로
    £30 → 삼십 파운드
    ¥1,000 → 천 엔
    100USD → 백 달러
    50€ → 오십 유로
    1만 2천원 → 만 이천 원
    12,345원 → 만 이천삼백사십오 원
    100000000원 → 일억 원
    3만5천원 → 삼만 오천 원
    1억 원대 → 일억 원대
    10만원/kg → 킬로그램당 십만 원
    5,000원짜리 → 오천 원짜리
    1,000원권 → 천 원권
    0원 → 영 원
    -5,000원 → 마이너스 오천 원
    5천만 원 → 오천만 원
    1조 2,000억 원 → 일조 이천억 원
    100달러 → 백 달러
    30유로 → 삼십 유로
    """
)

# Speeds put 시속 and 초속 first, rates their whole (세제곱미터당); below zero is
# 영하, Celsius otherwise 섭씨.
UNITS = readings(
    """
    5mm → 오 밀리미터
    180cm → 백팔십 센티미터
    100m → 백 미터
    5km → 오 킬로미터
    3.5km → 삼 점 오 킬로미터
    75kg → 칠십오 킬로그램
    500g → 오백 그램
    20mg → 이십 밀리그램
    10t → 십 톤
    500mL → 오백 밀리리터
    500ml → 오백 밀리리터
    2L → 이 리터
    1.5ℓ → 일 점 오 리터
    30㎡ → 삼십 제곱미터
    30m² → 삼십 제곱미터
    30m2 → 삼십 제곱미터
    10km² → 십 제곱킬로미터
    5㎥ → 오 세제곱미터
    ㎏ → 킬로그램
    5㎏ → 오 킬로그램
    3㎞ → 삼 킬로미터
    2㎝ → 이 센티미터
    7㎜ → 칠 밀리미터
    66㎡(20평) → 육십육 제곱미터 이십 평
    25℃ → 섭씨 이십오 도
    25°C → 섭씨 이십오 도
    -5℃ → 영하 오 도
    70°F → 화씨 칠십 도
    영하 5℃ → 영하 오 도
    45° → 사십오 도
    -5도 → 영하 오 도
    100km/h → 시속 백 킬로미터
    시속 100km/h → 시속 백 킬로미터
    시속 300km → 시속 삼백 킬로미터
    5m/s → 초속 오 미터
    초속 5m → 초속 오 미터
    60mph → 시속 육십 마일
    3kWh → 삼 킬로와트시
    100W → 백 와트
    1.5kW → 일 점 오 킬로와트
    500MW → 오백 메가와트
    220V → 이백이십 볼트
    16GB → 십육 기가바이트
    512MB → 오백십이 메가바이트
    1TB → 일 테라바이트
    64KB → 육십사 킬로바이트
    100Mbps → 백 메가비피에스
    3.5GHz → 삼 점 오 기가헤르츠
    50Hz → 오십 헤르츠
    88MHz → 팔십팔 메가헤르츠
    60dB → 육십 데시벨
    3000rpm → 삼천 알피엠
    500kcal → 오백 킬로칼로리
    3% → 삼 퍼센트
    3.5% → 삼 점 오 퍼센트
    2%p → 이 퍼센트포인트
    0.5%p → 영 점 오 퍼센트포인트
    50‰ → 오십 퍼밀
    10ppm → 십 피피엠
    35㎍/㎥ → 세제곱미터당 삼십오 마이크로그램
    5kg/㎡ → 제곱미터당 오 킬로그램
    12km/L → 리터당 십이 킬로미터
    1013hPa → 천십삼 헥토파스칼
    10ha → 십 헥타르
    3cc → 삼 시시
    2000cc → 이천 시시
    6ft → 육 피트
    5in → 오 인치
    10lb → 십 파운드
    5oz → 오 온스
    8px → 팔 픽셀
    30fps → 삼십 에프피에스
    250ms → 이백오십 밀리초
    5μm → 오 마이크로미터
    10nm → 십 나노미터
    3Ω → 삼 옴
    5000mAh → 오천 밀리암페어시
    3TWh → 삼 테라와트시
    2mSv → 이 밀리시버트
    1kg당 → 일 킬로그램당
    100m 달리기 → 백 미터 달리기
    ㎥당 35㎍ → 세제곱미터당 삼십오 마이크로그램
    1.5L 페트병 → 일 점 오 리터 페트병
    12~18도 → 십이에서 십팔 도
    0.001mm → 영 점 영영일 밀리미터
    100여m → 백여 미터
    수십m → 수십미터
    9.8m/s² → 구 점 팔 미터 매 초 제곱
    340g*3 → 삼백사십 그램 곱하기 삼
    간장 2T → 간장 두 큰술
    소금 1t → 소금 한 작은술
    """
)

# Primes, amperes, grams and units alone; a closing quotation mark is no inch.
PRIMES = readings(
    """
    4'33" → 사 분 삼십삼 초
    3′ 40″ → 삼 분 사십 초
    5'10" → 오 피트 십 인치
    37°33′ → 삼십칠 도 삼십삼 분
    35° 10′ 20″ → 삼십오 도 십 분 이십 초
    6.5" → 육 점 오 인치
    27" 모니터 → 이십칠 인치 모니터
    "총 12"라고 → 총 십이라고
    "아이폰 15" → 아이폰 십오
    100m 10"35 → 백 미터 십 초 삼오
    2:05'30" → 두 시간 오 분 삼십 초
    전반 45′ → 전반 사십오 분
    12V 2A → 십이 볼트 이 암페어
    5V/2A 충전기 → 오 볼트, 이 암페어 충전기
    20A 차단기 → 이십 암페어 차단기
    2.1A → 이 점 일 암페어
    3A반 → 삼 에이반
    3g → 삼 그램
    4g을 넣고 → 사 그램을 넣고
    5g짜리 → 오 그램짜리
    5G 요금제 → 오지 요금제
    5g 통신망 → 오지 통신망
    μg/m³ → 세제곱미터당 마이크로그램
    mg/dL → 데시리터당 밀리그램
    Rh- B형 → 알에이치 마이너스 비형
    Rh+ O형 → 알에이치 플러스 오형
    A- 학점 → 에이 마이너스 학점
    1h 30m → 한 시간 삼십 분
    """
)


@pytest.mark.parametrize(("written", "spoken"), MONEY)
def test_money(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), UNITS)
def test_units(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), PRIMES)
def test_primes(written, spoken):
    assert normalize(written) == spoken
