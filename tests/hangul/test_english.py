"""Latin and Greek letters."""

import pytest

from hangul import normalize

from .readings import readings

# Acronyms letter by letter unless listed as words; IT and US are letters, it and us
# words.
ENGLISH = readings(
    """
    KTX → 케이티엑스
    CEO → 씨이오
    TV → 티브이
    AI → 에이아이
    IT → 아이티
    KBS → 케이비에스
    MBC → 엠비씨
    DNA → 디엔에이
    USB → 유에스비
    GPS → 지피에스
    CCTV → 씨씨티브이
    BMW → 비엠더블유
    FBI → 에프비아이
    WHO → 더블유에이치오
    UN → 유엔
    EU → 이유
    US → 유에스
    GDP → 지디피
    SUV → 에스유브이
    LG → 엘지
    SK → 에스케이
    NATO → 나토
    UNESCO → 유네스코
    NASA → 나사
    OPEC → 오펙
    KAIST → 카이스트
    AIDS → 에이즈
    U.S.A. → 유에스에이
    Apple → 애플
    apple → 애플
    APPLE → 애플
    Google → 구글
    YouTube → 유튜브
    iPhone → 아이폰
    OpenAI → 오픈에이아이
    ChatGPT → 챗지피티
    Samsung → 삼성
    machine learning → 머신 러닝
    deep learning → 딥 러닝
    big data → 빅데이터
    New York → 뉴욕
    Los Angeles → 로스앤젤레스
    Hong Kong → 홍콩
    Good morning → 굿 모닝
    Happy birthday → 해피 버스데이
    coffee → 커피
    computer → 컴퓨터
    internet → 인터넷
    smartphone → 스마트폰
    update → 업데이트
    download → 다운로드
    McDonald's → 맥도날드
    K-pop → 케이팝
    e-mail → 이메일
    T-shirt → 티셔츠
    X-ray → 엑스레이
    CD-ROM → 씨디 롬
    USB-C → 유에스비 씨
    LTE → 엘티이
    BTS → 비티에스
    BLACKPINK → 블랙핑크
    it is → 잇 이즈
    us → 어스
    Mr. Kim → 미스터 김
    Dr. Park → 닥터 파크
    No. 5 → 넘버 오
    p.25 → 이십오 쪽
    vs → 대
    etc. → 등등
    """
)

# No lexicon lists these: the spelling rules read them.
UNKNOWN = readings(
    """
    slide → 슬라이드
    blick → 블릭
    tensor → 텐서
    vocoder → 보코더
    spectrogram → 스펙트로그램
    hydrangea → 하이드란지아
    zebra → 제브라
    mountain → 마운틴
    quilt → 퀼트
    penguin → 펭귄
    brisk → 브리스크
    flute → 플루트
    shrimp → 슈림프
    grape → 그레이프
    stamp → 스탬프
    fresco → 프레스코
    lobster → 로브스터
    twist → 트위스트
    film → 필름
    make → 메이크
    setback → 셋백
    xyz → 엑스와이제트
    """
)

# Tokens of letters, digits and signs.
MIXED = readings(
    """
    mp3 파일 → 엠피스리 파일
    MP3 → 엠피스리
    mp4 → 엠피포
    5G → 오지
    4G → 포지
    LTE-A → 엘티이 에이
    3D → 스리디
    2D → 투디
    4K → 포케이
    COVID-19 → 코비드 나인틴
    코로나19 → 코로나일구
    A4 → 에이 사
    A4용지 → 에이 사 용지
    B1층 → 지하 일 층
    B2 → 비 이
    G7 → 지세븐
    G20 → 지이십
    F-16 → 에프 십육
    K-9 자주포 → 케이나인 자주포
    K2 → 케이투
    H2O → 에이치투오
    H₂O → 에이치투오
    CO2 → 씨오투
    PM2.5 → 피엠 이 점 오
    PM10 → 피엠 십
    HTML5 → 에이치티엠엘 오
    PS5 → 피에스파이브
    S24 → 에스 이십사
    갤럭시 S24 → 갤럭시 에스 이십사
    iPhone 15 → 아이폰 십오
    Windows 11 → 윈도 십일
    GPT-4 → 지피티 포
    R&D → 알앤디
    M&A → 엠앤에이
    Q&A → 큐앤에이
    S&P → 에스앤피
    AT&T → 에이티앤티
    LG U+ → 엘지 유플러스
    C++ → 씨 플러스 플러스
    C# → 씨샵
    B2B → 비투비
    Y2K → 와이투케이
    1+1 행사 → 원 플러스 원 행사
    D-7 → 디 마이너스 칠
    D-day → 디데이
    10F → 십 층
    3F → 삼 층
    1080p → 천팔십 피
    Wi-Fi → 와이파이
    24/7 → 이십사 칠
    S&P500지수 → 에스앤피 오백지수
    H₂SO₄ → 에이치투에스오포
    RTX 4090 → 알티엑스 사천구십
    UTF-8 → 유티에프 팔
    F1 그랑프리 → 에프 일 그랑프리
    K리그1 → 케이리그일
    e스포츠 → 이스포츠
    18K 금반지 → 십팔 케이 금반지
    """
)

# One-character numerals always; capitals only behind an English word of four letters
# or before a counter.
ROMAN = readings(
    """
    Ⅲ → 삼
    Ⅳ장 → 사장
    제Ⅱ부 → 제이부
    ⅩⅣ → 십사
    World War II → 월드 워 투
    Part II → 파트 투
    엘리자베스 II세 → 엘리자베스 이세
    루이 XIV세 → 루이 십사세
    타입 Ⅰ → 타입 일
    II → 아이아이
    I am → 아이 앰
    """
)

# Letters by name; signs between numbers as in a sum, else alone.
GREEK = readings(
    """
    α → 알파
    β → 베타
    π → 파이
    Ω → 오메가
    α와 β → 알파와 베타
    ΔT → 델타티
    μ → 뮤
    3+4=7 → 삼 더하기 사는 칠
    10-3=7 → 십 빼기 삼은 칠
    5×3=15 → 오 곱하기 삼은 십오
    10÷2=5 → 십 나누기 이는 오
    7−2=5 → 칠 빼기 이는 오
    3 x 4 → 삼 곱하기 사
    12×12 → 십이 곱하기 십이
    1920x1080 → 천구백이십 곱하기 천팔십
    ±3 → 플러스마이너스 삼
    ±3.5%p → 플러스마이너스 삼 점 오 퍼센트포인트
    x=3 → 엑스는 삼
    y=2x+1 → 와이는 이 엑스 더하기 일
    x² → 엑스 제곱
    10² → 십의 제곱
    2³ → 이의 세제곱
    10⁶ → 십의 육 제곱
    10^6 → 십의 육 제곱
    x²+y²=1 → 엑스 제곱 더하기 와이 제곱은 일
    √2 → 루트 이
    ∞ → 무한대
    3<5 → 삼은 오보다 작다
    5>3 → 오는 삼보다 크다
    a < b → 에이는 비보다 작다
    x ≤ 3 → 엑스는 삼보다 작거나 같다
    x≥10 → 엑스는 십보다 크거나 같다
    ≥5 → 오 이상
    ≤10% → 십 퍼센트 이하
    1≠2 → 일은 이와 같지 않다
    ≈3 → 약 삼
    50% → 오십 퍼센트
    A+ → 에이 플러스
    B- → 비 마이너스
    """
)


@pytest.mark.parametrize(("written", "spoken"), ENGLISH)
def test_english(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), UNKNOWN)
def test_unknown(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), MIXED)
def test_mixed(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), ROMAN)
def test_roman(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), GREEK)
def test_greek(written, spoken):
    assert normalize(written) == spoken
