"""Numbers as words: Sino-Korean (일 이 삼), native (하나 둘 셋), and which counter asks
for which.
"""

from .tables import names

_DIGITS = "영일이삼사오육칠팔구"
_PLACES = ("", "십", "백", "천")
# 10^4, 10^8 … ; a number beyond the last is read digit by digit.
_MYRIADS = ("", "만", "억", "조", "경", "해", "자", "양")
LARGEST = 10 ** (4 * len(_MYRIADS)) - 1

MAGNITUDES = {"십": 10, "백": 100, "천": 1000} | {
    name: 10 ** (4 * i) for i, name in enumerate(_MYRIADS[:6]) if i
}

_NATIVE_TENS = (
    *("", "열", "스물", "서른", "마흔"),
    *("쉰", "예순", "일흔", "여든", "아흔"),
)
_NATIVE_UNITS = (
    *("", "하나", "둘", "셋", "넷", "다섯"),
    *("여섯", "일곱", "여덟", "아홉"),
)
_ATTRIBUTIVE = {"하나": "한", "둘": "두", "셋": "세", "넷": "네", "스물": "스무"}


def digits(text: str, zero: str = "공") -> str:
    """Read digit by digit, as telephone numbers are: 010 → 공일공."""
    return "".join(zero if d == "0" else _DIGITS[int(d)] for d in text if d.isdigit())


def _group(value: int) -> str:
    """Read 1–9999; one before 십 백 천 is silent."""
    words = []
    for place in (3, 2, 1, 0):
        digit = value // 10**place % 10
        if digit:
            silent = digit == 1 and place
            words.append(("" if silent else _DIGITS[digit]) + _PLACES[place])
    return "".join(words)


def sino(value: int) -> str:
    """Read in Sino-Korean, spaced by ten thousands: 12345 → 만 이천삼백사십오.

    A leading 만 has no 일, but 억, 조 and above have (일억, 일조). Negative numbers
    begin with 마이너스; beyond `LARGEST` the digits are read one by one.
    """
    if value < 0:
        return "마이너스 " + sino(-value)
    if value == 0:
        return "영"
    if value > LARGEST:
        return digits(str(value), zero="영")
    groups = []
    for i, myriad in reversed(list(enumerate(_MYRIADS))):
        group = value // 10 ** (4 * i) % 10_000
        if group == 1 and i == 1 and not groups:
            groups.append(myriad)
        elif group:
            groups.append(_group(group) + myriad)
    return " ".join(groups)


def read_integer(text: str) -> str:
    """Read digits of any length, commas or not, as a Sino-Korean number."""
    text = text.replace(",", "")
    return sino(int(text)) if len(text) < 30 else digits(text, zero="영")


def native(value: int) -> str:
    """Read 1–99 as a native cardinal: 21 → 스물하나."""
    if not 1 <= value <= 99:
        raise ValueError(f"native numbers run from 1 to 99, not {value}")
    return _NATIVE_TENS[value // 10] + _NATIVE_UNITS[value % 10]


def attributive(value: int) -> str:
    """Read a number before a native counter: 1 → 한, 20 → 스무, 21 → 스물한.

    From 100 on the last two digits stay native, as newsreaders count: 101 → 백한,
    1234 → 천이백서른네. Zero is 영, round hundreds are Sino-Korean (백, 이백).
    """
    if value > LARGEST or value <= 0 or value % 100 == 0:
        return sino(value)
    word = native(value % 100)
    for plain, form in _ATTRIBUTIVE.items():
        if word.endswith(plain):
            word = word[: -len(plain)] + form
            break
    if value < 100:
        return word
    rest = sino(value - value % 100)
    return rest + (" " if value % 10_000 < 100 else "") + word


def decimal(whole: str, fraction: str) -> str:
    """Read a decimal: 3 and 14 → 삼 점 일사; zero is 영 before and behind the point."""
    return f"{read_integer(whole)} 점 {digits(fraction, zero='영')}"


NATIVE_COUNTERS = names(
    """
    가구 가닥 가락 가마 가마니 가족 가지 갈래 갑 갑절 개 개비 건 걸음 겹 경기 고랑 곡
    골 곱 곱절 곳 공기 과목 광주리 국자 군데 권 그루 그릇 글자 꼬집 꼬치 꼭지 꾸러미
    꾸리 끼 나라 냄비 냥 노선 닢 다발 다스 달 대 대접 덩어리 덩이 도막 돈 동강 되 두름
    두릅 땀 떨기 뙈기 롤 마당 마디 마리 마지기 말 매듭 명 모 모금 모녀 모숨 무더기
    묶음 문장 문제 뭇 뭉치 뭉텅이 바가지 바구니 바리 바퀴 박스 발 발자국 발짝 방울
    번째 벌 병 보루 봉 봉지 봉투 뼘 뿌리 사람 사례 사리 사발 살 상자 섬 소쿠리 손
    송아리 송이 수레 숟가락 숟갈 술 스틱 스푼 시루 식구 쌈 쌍 쌍둥이 아름 알 양동이 올
    옴큼 움큼 이랑 잎 자루 자리 자매 자밤 작은술 잔 장 장면 쟁반 접 접시 조각 종류
    종목 종지 주걱 죽 줄 줄기 줌 짝 쪼가리 차례 채 척 첩 칸 캔 캡슐 컵 컷 케이스 켤레
    쾌 큰술 타래 테이블 테이블스푼 토막 톨 톳 통 티스푼 팀 판 팩 페트병 편 포기 포대
    표 품목 필 항아리 해 홉
    """
)
# Native only below a bound and Sino-Korean from there on, as the ear prefers: 세 시 but
# 십오 시, 세 시간 but 이십사 시간, 두 배 but 이십 배.
NATIVE_BELOW = {"시": 13, "시간": 24, "배": 20, "평": 10, "근": 20, "석": 10}
# Sino-Korean; being listed means that the counter is set off by a space.
SINO_COUNTERS = names(
    """
    강 개국 개년 개소 개월 갤런 과 교시 국 급 기 기가 기가바이트 기압 남매 년 년간
    년대 년도 년산 년생 년여 년차 노트 단 단계 달러 데시벨 도 동 두 등 등급 등분
    라운드 량 루블 루피 리 리터 마력 마이크로그램 마이크로미터 마일 막 메가 메가바이트
    면 무 문항 미터 밀리 밀리그램 밀리리터 밀리미터 밀리초 바이트 바트 박 반 배럴 번
    번가 번길 번지 볼트 부 부제 분 분간 분기 비트 선 선거구 세 세기 세대 세제곱미터
    세트 센트 센티 센티미터 수 승 시리즈 시시 실 악장 안타 야드 엔 여단 연대 연속 연승
    연패 온스 와트 원 원권 위 위안 유로 이닝 인 인분 인승 인치 인칭 일 일간 일째 일차
    자 절 점 정 제곱미터 제곱킬로미터 종 주 주간 주기 주년 주일 주째 주차 쪽 차 차로
    차선 차원 차전 첩반상 초 초간 층 칼로리 캐럿 쿼터 킬로 킬로그램 킬로미터
    킬로바이트 킬로와트 킬로와트시 킬로칼로리 타 타석 테라바이트 톤 파스칼 파운드 패
    퍼센트 퍼센트포인트 페니 페소 페이지 포인트 푼 품 프랑 프로 피트 학급 학기 학년
    학년도 학번 학점 할 행 헤르츠 헥타르 헥토파스칼 호 호기 호봉 호선 호실 홈런 화 회
    회말 회전 회차 회초
    """
)
# 개 before a unit of places or bodies: 30개사 삼십 개사, 5개국 오 개국.
SINO_UNITS = "사교군구읍동항종역점"


def count(value: int, counter: str) -> str:
    """Read a number as `counter` asks for it: 20, 살 → 스무 살; 6, 월 → 유월."""
    if counter == "월":
        return {6: "유", 10: "시"}.get(value, sino(value)) + "월"
    if counter == "시" and value == 0:
        return "영 시"
    if counter == "번째" and value == 1:
        return "첫 번째"
    if counter == "주일" and value == 1:
        return "일주일"
    bound = NATIVE_BELOW.get(counter, LARGEST if counter in NATIVE_COUNTERS else 0)
    return f"{attributive(value) if value < bound else sino(value)} {counter}"
