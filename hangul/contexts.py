"""Rules for counters that have two readings: what stands beside them decides."""

import re

from .numerals import read_integer
from .quantities import AMOUNT, read_native, read_number
from .sequences import read_about
from .tables import alternatives, pairs

_DECADE = r"[1-9]0"
_AFTER_AGES = alternatives(
    "는 은 이 가 를 의 에 도 와 과 로 초반 중반 후반 부터 까지 들 여성 남성"
)
_AGES = re.compile(
    rf"(?<!\d)(?<!\d[,·])(?<!\d, )({_DECADE})(?: ?[~-] ?({_DECADE}))?대"
    rf"(?=[^가-힣]|$|{_AFTER_AGES})"
)
# Behind these a multiple of ten with 대 counts machines, not years of age.
_MACHINE = alternatives(
    """
    차 차량 버스 트럭 택시 자전거 오토바이 컴퓨터 노트북 카메라 기기 전화기 로봇 드론
    헬기 전투기 비행기 에어컨 피아노 엘리베이터 킥보드 전차 탱크 열차 서버 모니터 냉장고
    세탁기 프린터 스마트폰 휴대폰 안마의자 자판기 TV 총 모두 단 약 만
    """
)
_MACHINES = re.compile(f"(?:{_MACHINE})[은는이가을를도]? ?$")
# 3대 강국: what is ranked or listed is no vehicle.
_RANKED = alternatives(
    """
    강국 원칙 요소 과제 기업 도시 그룹 종단 은행 의무 명절 천왕 성인 문명 시장 리그
    정당 명산 지주 국경일 영양소 종교 뉴스 산업 전략 핵심 불가사의 메이저 째 대통령
    국회 왕 임금 황제 교황 총리 사장 총장 회장 대표 가족 독자 외동 보험 기획사 통신사
    백화점 항공사 로펌 재벌 비극 미녀 미인 명소 음식 별미 축제 브랜드 개혁 공약 악재
    호재 산맥 대륙 강대국 열강 질환 증상 범죄 사망 원인 지수 증권사 보험사 완성차 포털
    게임사 편의점 대학 명문 영화제 광역시 지표 목표 비전 가치 덕목 정신 키워드 트렌드
    이슈 법칙 원리 수칙 발명품 극단 리스크 변수 쟁점 의혹 과목 영역 분야 권역 거점 궁궐
    고궁 사찰 폭포 온천 해변 암 사건 기념일 국가 구단 중점 주요 세습 종손 며느리
    """
)
_GREAT = re.compile(rf"({AMOUNT}) ?대 ?(?={_RANKED}|\d)")

_SPANS = alternatives(
    """
    하루 일주일 이틀 한달 일 달 년 주 월 매주 매달 매년 매일 평생 총 모두 단 딱 무려
    최소 적어도 최대 벌써 통산 연속 다시 각각 또 중
    """
)
_TIMES_BEFORE = re.compile(f"(?:{_SPANS})(?:에|에만)? ?$")
_TIMES_AFTER = alternatives(
    "씩 이나 만에 정도 연속 이상 넘게 반복 더 다시 모두 쯤 꼴 남짓 가량"
)
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
    보고 보면 오세 오고 넘어 일어 쓰러 떨어지 이기 성공하 실패하 움직 건너 갈아 다녀
    오르내 걸러 헹 저어 돌려 접어 꺾 웃 울리 놓치 당하 겪 참 속 반하 태어 죽 살아 복용
    """
)
# Syllables of the past tense: the next word is a verb.
_PAST = "갔겠겼꼈꿨났냈녔눴닸됐뒀떴랐렀렸봤빴샀섰셨썼쐈았었였왔웠잤졌줬쳤췄컸켰탔폈했"
_TIMES = re.compile(
    rf"(?<![\d.,])(?:(\d{{1,2}}) ?([-~–,·]) ?(?!\d{{3}}))?({AMOUNT})번"
    rf"(?P<told>(?= ?(?:{_TIMES_AFTER})|의 (?:{_DEEDS})| (?:{_VERBS})|만 | 중 \d"
    rf"| [가-힣]*[{_PAST}]))?(?!째)"
)
_PERSON = alternatives(
    """
    손님 어르신 선생님 고객 회원 선배 교수님 의원님 어른 할아버지 할머니 부모님 노인
    스님 신부님 목사님 수녀님 작가님 가수 사장님 기사님 학부모님 형님 누님 선착순
    당첨자
    """
)
_PERSONS = re.compile(
    rf"((?:{_PERSON})(?: ?[:은는이가]?) ){{0,1}}({AMOUNT})분"
    "(?=(?P<who>의 (?:손님|고객|선생님|어르신|작가|교수|회원|위원|의원)|께서|"
    "이 오|이서|을 모|을 초대|을 추첨|에게|께 (?:드|선물|증정)|"
    " (?:모십|모셨|오셨|계십))?)"
)
_SCHOOL_YEAR = re.compile(r"(?<![가-힣])([초중고])([1-6])(?![\d.,])")
# Counters that are native only beside what they count: 작품 3점 세 점, 원전 2기 두 기.
_THINGS = pairs(
    """
    점: 작품 유물 그림 미술품 문화재 유화 사진 도자기 의류 옷 가구 고기 살 회 수육
    기: 미사일 원전 고분 헬기 전투기 로켓 위성 발전기 엘리베이터 크레인 무덤 탑 석탑
    단: 시금치 대파 쪽파 열무 부추 미나리 배추 장작 파 짚 쑥갓 나물 쑥 갓 실파 꽃 땔감
    부: [가-힣]{1,6}서 복사본 사본 서류 신문 등본 초본 원고 잡지 책자
    축: 오징어 한지; 제: 한약 보약 약 탕약; 재: 한약 보약 약 탕약; 거리: 오이 가지
    촉: 난초 난; 구: 시신 유골 시체 사체 유해; 문: 대포 함포 화포 포; 두: 소 가축
    정: 소총 권총 총 기관총 기관단총; 쪽: 마늘 생강 귤 레몬 수박 식빵; 동: 먹 붓 무명
    포: 홍삼 약 커피믹스 한약; 코: 낙지 명태; 수: 바둑 시조; 집: 바둑 백 흑
    동이: 물 술 막걸리; 입: 사과 빵 떡
    """
)
_THING = [
    (
        counter,
        re.compile(
            rf"((?:{'|'.join(things.split())})[이가을를은는도]? )({AMOUNT}) ?{counter}"
            r"(?![가-힣]*[대차])"
        ),
    )
    for counter, things in _THINGS.items()
]
# A volume, part or chapter that is named: what is read in it follows, or the next one.
_INSIDE = (
    r"(?:에서|에선|에는|에도|에 (?:나|수록|실|등장|이어|계속)|부터|"
    r"의 (?:내용|줄거리|결말|제목|첫))"
)
_NAMED_PARTS = re.compile(
    rf"(?<![가-힣\d.,])(?<!(?:사진|종이|그림|카드|영화|노래|앨범) )({AMOUNT})(권|장|편)"
    rf"(?= ?{_INSIDE}| ?\d+(?:절|쪽|페이지|화)| ?\d+[장편]| ?을 참[고조])"
)
_COUNTED_OFF = re.compile(r"(?<!\d)(\d{1,2})(통(?= ?\d{1,2}반)|판(?= ?\d선?승))")
_PART_AFTER_PART = re.compile(
    r"(?<=[일이삼사오육칠팔구십백] [권장편])( ?)(\d+) ?([장편])"
)
_PARTS_IN_TURN = re.compile(
    r"(?<!\d)(\d{1,2})(권|편|장) ?(과|와|이나|~|-|,|·|부터|)(?:\([가-힣]\))? ?"
    r"(\d{1,2})\2(?![가-힣]*[짜씩])"
)


def _read_parts(text: str) -> str:
    """Read 1권에서, 2장 3절, 2권과 3권: what is named, not counted."""

    def in_turn(match):
        first, counter, joint, last = match.groups()
        if int(last) <= int(first):
            return match[0]
        joint = {"~": "에서", "-": "에서", ",": ","}.get(joint, joint)
        words = f"{read_integer(first)} {counter}{joint}"
        return f"{words} {read_integer(last)} {counter}"

    text = _PARTS_IN_TURN.sub(in_turn, text)
    text = _COUNTED_OFF.sub(lambda m: f"{read_number(m[1])} {m[2]}", text)
    text = _NAMED_PARTS.sub(lambda m: f"{read_number(m[1])} {m[2]}", text)
    return _PART_AFTER_PART.sub(lambda m: f"{m[1]}{read_number(m[2])} {m[3]}", text)


def _before(match: re.Match) -> str:
    """Return the words just before, as many as any pattern here looks at."""
    return match.string[max(0, match.start() - 12) : match.start()]


def _read_times(match: re.Match) -> str:
    """3번 is the third, but three times where 씩, a verb or a span tells."""
    first, joint, last, told = match.groups()
    if told is None:
        spans = _TIMES_BEFORE.search(_before(match))
        syllable = match.string[match.end() : match.end() + 1]
        if not spans or "가" <= syllable <= "힣":
            return match[0]
    if first is None:
        return read_native(last, "번")
    if joint in "-–~":
        return f"{read_native(first, '번')}에서 {read_native(last, '번')}"
    return read_about(first, last, "번", native=True) or match[0]


def read_ambiguous(text: str) -> str:
    """Read counters that have two readings: what stands beside them decides.

    대: 10, 20 … 90 are ages (이십 대) unless a machine is named before; 3대 강국
    and what is listed with it is Sino-Korean, the rest counts vehicles (세 대).
    번: a number (삼 번) unless a verb, a span or 씩, 째 … shows that times are meant.
    분: minutes, but people behind 손님 and before 의 손님, 께서.
    권, 편, 장: counted, but named (일 권) before 에서 and where one follows another.
    """

    def ages(match):
        if _MACHINES.search(_before(match)):
            return match[0]
        first, last = match.groups()
        return (
            read_integer(first) + (f"에서 {read_integer(last)}" if last else "") + " 대"
        )

    def persons(match):
        known = match[1] or match["who"]
        return (match[1] or "") + read_native(match[2], "분") if known else match[0]

    text = _SCHOOL_YEAR.sub(lambda m: m[1] + read_integer(m[2]), text)
    text = _AGES.sub(ages, text)
    text = _GREAT.sub(lambda m: f"{read_number(m[1])} 대 ", text).replace(
        " 대 째", " 대째"
    )
    text = _TIMES.sub(_read_times, text)
    text = _PERSONS.sub(persons, text)
    for counter, pattern in _THING:
        text = pattern.sub(lambda m, c=counter: m[1] + read_native(m[2], c), text)
    return _read_parts(text)
