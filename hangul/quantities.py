"""Rules for numbers that count something, and for the numbers that are left."""

import re

from .numerals import (
    MAGNITUDES,
    NATIVE_BELOW,
    NATIVE_COUNTERS,
    SINO_COUNTERS,
    attributive,
    count,
    decimal,
    digits,
    read_integer,
    sino,
)
from .tables import alternatives

INTEGER = r"(?<!\d)(?:\d{1,3}(?:,\d{3})++(?!\d)|\d++)"
NUMBER = rf"{INTEGER}(?:\.\d++)?"
# 경 and 조 also begin words (3경기, 3조각): they are magnitudes only before these.
_AFTER_MAGNITUDE = (
    r"(?=$|[^가-힣]|원|달러|엔|유로|위안|여|대|개|명|[을를이가은는의에로도와과])"
)
_MAGNITUDE = rf"(?:[십백천]?(?:[만억]|[조경]{_AFTER_MAGNITUDE})|[백천])"
# No amount has more parts than magnitudes; the bound keeps the search linear.
AMOUNT = rf"(?:{NUMBER}{_MAGNITUDE} ?){{0,6}}{NUMBER}(?:{_MAGNITUDE})?"
# A minus sign does not follow a digit, a letter or a closing bracket.
MINUS = r"(?:(?<![\w)\]%])[-−])?"

_PART = re.compile(rf"({NUMBER})([십백천]?)([만억조경]?)")


def _whole_value(amount: str) -> int | None:
    """1만 2천 → 12000; None where the parts do not descend or one has a fraction."""
    total = section = 0
    ceiling = small_ceiling = 10**30
    for number, small, big in _PART.findall(amount):
        if "." in number or len(number) > 36:
            return None
        value = int(number.replace(",", "")) * MAGNITUDES.get(small, 1)
        if value >= small_ceiling:
            return None
        section += value
        small_ceiling = MAGNITUDES[small] if small else 1
        if big:
            if MAGNITUDES[big] >= ceiling:
                return None
            total += section * MAGNITUDES[big]
            ceiling = small_ceiling = MAGNITUDES[big]
            section = 0
    return total + section


def read_number(text: str) -> str:
    """Read 12,345 and 3.14 and 007 and 1만 2천 in Sino-Korean words."""
    if re.fullmatch(r"0\d+", text):
        return digits(text)
    value = _whole_value(text)
    if value is not None:
        return sino(value)
    return " ".join(
        _read_part(number) + small + big for number, small, big in _PART.findall(text)
    )


def _read_part(number: str) -> str:
    whole, point, fraction = number.replace(",", "").partition(".")
    return decimal(whole, fraction) if point else read_integer(whole)


def read_count(amount: str, counter: str) -> str:
    """Read an amount before a counter; fractions are Sino-Korean (삼 점 오 개)."""
    value = _whole_value(amount)
    zeros = re.fullmatch(r"0\d+", amount) and counter not in (
        "월",
        "일",
        "시",
        "분",
        "초",
    )
    if value is None or zeros:
        return f"{read_number(amount)} {counter}"
    return count(value, counter)


def sign(minus: str) -> str:
    """Return 마이너스 and a space for any minus sign, nothing for none."""
    return "마이너스 " if minus else ""


# What may follow a counter of one syllable: particles and suffixes. 4대강 is no 네 대.
_SUFFIXES = alternatives(
    """
    은 는 이 가 을 를 의 에 도 만 와 과 로 나 라 다 인 며 고 요 든 씩 째 쯤 당 간 꼴
    여 들 중 내 전 후 반 차 말 초 용 분 치 경 께 밖 뿐 으로 였 예요 입니 보다 부터
    까지 처럼 마다 짜리 어치 이상 이하 미만 초과 가량 정도 남짓 안팎 하고 조차 마저
    동안 사이 배기
    """
)
_TAIL = rf"(?=[^가-힣]|$|대$|{_SUFFIXES})"
_COUNTERS = NATIVE_COUNTERS | SINO_COUNTERS | NATIVE_BELOW.keys()
_LONG = sorted((c for c in _COUNTERS if len(c) > 1), key=len, reverse=True)
_SHORT = "".join(sorted(c for c in _COUNTERS if len(c) == 1))
COUNTER = rf"(?:{'|'.join(_LONG)}|월|개|[{_SHORT}]{_TAIL})"
_COUNTED = re.compile(rf"((?<![가-힣])제 ?)?({MINUS})({AMOUNT})(여?) ?({COUNTER})")
_RANGE = re.compile(rf"({AMOUNT}) ?([-~–]) ?({AMOUNT})(여?) ?({COUNTER})")
_NUMBERED = re.compile(r"(?<!\d)(\d++)-(\d++) ?(호|번지|번길)")


def _read_range(match: re.Match) -> str:
    first, _, last, about, counter = match.groups()
    if about:
        return f"{read_number(first)}에서 {read_number(last)}여 {counter}"
    return _from_to(first, last, counter)


def _from_to(first: str, last: str, counter: str) -> str:
    """Native counters, months and years are said twice, others once.

    10~20명 → 열 명에서 스무 명, but 3~5일 → 삼에서 오 일.
    """
    twice = counter in NATIVE_COUNTERS or counter in NATIVE_BELOW or counter in "월년"
    left = read_count(first, counter) if twice else read_number(first)
    return f"{left}에서 {read_count(last, counter)}"


def read_ranges(text: str) -> str:
    """Read ranges: 10~20명, 3-4시간; before 호 and 번지 the dash is 다시."""
    text = _NUMBERED.sub(
        lambda m: f"{read_number(m[1])} 다시 {read_number(m[2])} {m[3]}", text
    )
    return _RANGE.sub(_read_range, text)


_DECADE = r"[1-9]0"
_AFTER_AGES = alternatives(
    "는 은 이 가 를 의 에 도 와 과 로 초반 중반 후반 부터 까지 들 여성 남성"
)
_AGES = re.compile(
    rf"(?<!\d)({_DECADE})(?: ?[~-] ?({_DECADE}))?대(?=[^가-힣]|$|{_AFTER_AGES})"
)
# Behind these a multiple of ten with 대 counts machines, not years of age.
_MACHINE = alternatives(
    """
    차 차량 버스 트럭 택시 자전거 오토바이 컴퓨터 노트북 카메라 기기 전화기 로봇 드론
    헬기 전투기 비행기 에어컨 피아노 엘리베이터 총 모두 단 약 만
    """
)
_MACHINES = re.compile(f"(?:{_MACHINE})[은는이가을를도]? ?$")
_RANKED = alternatives(
    """
    강국 원칙 요소 과제 기업 도시 그룹 종단 은행 의무 명절 천왕 성인 문명 시장 리그
    정당 명산 지주 국경일 영양소 종교 뉴스 산업 전략 핵심 불가사의 메이저 째 대통령
    국회 왕 임금 황제 교황 총리 사장 총장 회장 대표 가족 독자 외동
    """
)
_GREAT = re.compile(rf"({AMOUNT}) ?대 ?(?={_RANKED}|\d)")
_SPANS = alternatives(
    """
    하루 일주일 이틀 한달 일 달 년 주 월 매주 매달 매년 매일 평생 총 모두 단 딱 무려
    최소 적어도 최대 벌써 통산 연속 다시 각각 또
    """
)
_TIMES_BEFORE = re.compile(f"(?:{_SPANS})(?:에|에만)? ?$")
_TIMES_AFTER = alternatives("씩 이나 만에 정도 연속 이상 넘게 반복 더 다시 모두 쯤")
_DEEDS = alternatives(
    """
    시도 도전 기회 실패 경험 만남 우승 방문 수술 경기 전쟁 공격 대결 선거 투표 재판
    회의 면접 전화 승리 패배
    """
)
_VERBS = alternatives(
    """
    눌 누르 클릭 읽 만나 시도 도전 방문 먹 마시 전화 연락 생각 물어 확인 인사 박수
    흔들 두드 돌 뛰 씹 찍 외치 부르 불러 씻 바르 말하 하고 하면 하세 하십 해 봐 보세
    보고 보면 오세 오고
    """
)
# Syllables of the past tense: the next word is a verb.
_PAST = "갔겠겼꼈꿨났냈녔눴닸됐뒀떴랐렀렸봤빴샀섰셨썼쐈았었였왔웠잤졌줬쳤췄컸켰탔폈했"
_TIMES = re.compile(
    rf"({AMOUNT})번(?= ?(?:{_TIMES_AFTER})|의 (?:{_DEEDS})| (?:{_VERBS})"
    rf"|만 | [가-힣]*[{_PAST}])"
)
_PERSONS = re.compile(
    rf"((?:손님|어르신|선생님|고객|회원|선배|교수님|의원님) ){{0,1}}({AMOUNT})분"
    "(?=(?P<who>의 (?:손님|고객|선생님|어르신|작가|교수|회원|위원|의원)|께서|"
    "이 오|이서|을 모))?"
)
_SCHOOL_YEAR = re.compile(r"(?<![가-힣])([초중고])([1-6])(?![\d.,])")
_THINGS = (
    # What is named before, how it is counted: 작품 3점 세 점, 원전 2기 두 기.
    ("작품|유물|그림|미술품|문화재|유화|사진|도자기|의류|옷|가구", "점"),
    (
        "미사일|원전|고분|헬기|전투기|로켓|위성|발전기|엘리베이터|크레인|무덤|탑|석탑",
        "기",
    ),
    ("시금치|대파|쪽파|열무|부추|미나리|배추|장작|파", "단"),
    ("복사본|사본|서류|신문|등본|초본|계약서|신청서|원고", "부"),
)
_THING = [
    re.compile(
        rf"((?:{what})[을를은는이가도]? )({AMOUNT}) ?{counter}(?![가-힣]*[대차])"
    )
    for what, counter in _THINGS
]


def _native(amount: str, counter: str) -> str:
    value = _whole_value(amount)
    word = read_number(amount) if value is None else attributive(value)
    return f"{word} {counter}"


def read_ambiguous(text: str) -> str:
    """Read counters that have two readings: what stands beside them decides.

    대: 10, 20 … 90 are ages (이십 대) unless a machine is named before; 3대 강국
    and what is listed with it is Sino-Korean, the rest counts vehicles (세 대).
    번: a number (삼 번) unless a verb, a span or 씩, 째 … shows that times are meant.
    분: minutes, but people behind 손님 and before 의 손님, 께서.
    """

    def ages(match):
        if _MACHINES.search(match.string[: match.start()]):
            return match[0]
        first, last = match.groups()
        return (
            read_integer(first) + (f"에서 {read_integer(last)}" if last else "") + " 대"
        )

    def times(match):
        return _native(match[1], "번")

    def persons(match):
        known = match[1] or match["who"]
        return (match[1] or "") + _native(match[2], "분") if known else match[0]

    text = _SCHOOL_YEAR.sub(lambda m: m[1] + read_integer(m[2]), text)
    text = _AGES.sub(ages, text)
    text = _GREAT.sub(lambda m: f"{read_number(m[1])} 대 ", text).replace(
        " 대 째", " 대째"
    )
    text = _TIMES.sub(times, text)
    text = re.sub(
        rf"({AMOUNT})번(?!째|[가-힣])",
        lambda m: times(m) if _TIMES_BEFORE.search(m.string[: m.start()]) else m[0],
        text,
    )
    text = _PERSONS.sub(persons, text)
    for (_, counter), pattern in zip(_THINGS, _THING, strict=True):
        text = pattern.sub(lambda m, c=counter: m[1] + _native(m[2], c), text)
    return text


def _read_counted(match: re.Match) -> str:
    ordinal, minus, amount, about, counter = match.groups()
    if about:
        return f"{ordinal or ''}{sign(minus)}{read_number(amount)}여 {counter}"
    if ordinal:
        return f"제{read_number(amount)} {counter}"
    if minus and counter == "도":
        return f"영하 {read_number(amount)} 도"
    return sign(minus) + read_count(amount, counter)


def read_counters(text: str) -> str:
    """Read counters: 3개 → 세 개, 20살 → 스무 살, 6월 → 유월, 3.5개 → 삼 점 오 개."""
    return _COUNTED.sub(_read_counted, text)


_PLAIN = re.compile(rf"({MINUS})({AMOUNT})")


def read_plain(text: str) -> str:
    """Read each number that no rule above knew: Sino-Korean, 007 digit by digit."""

    def plain(match):
        letter = match.string[match.end() : match.end() + 1]
        space = " " * (letter.isascii() and letter.isalpha())
        return sign(match[1]) + read_number(match[2]) + space

    return _PLAIN.sub(plain, text)
