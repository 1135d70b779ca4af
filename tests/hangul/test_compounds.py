"""Second parts of compounds: where they tense, take ㄴ or keep theirs, and where not.

Most words stand in no table of `hangul.compounds`, so that the classes are tried and
not the lists. Sounds after 표준국어대사전.
"""

import pytest

from hangul import pronounce

# A plus where the second part is tense, a minus where it is plain.
TENSE = """
    조세+법 특허+법 근로기준+법 도로교통+법 가정폭력처벌+법 농사+법 대화+법 세안+법
    암산+법 수사+법 상표+법 건축+법 계산+법 훈련+법 변증+법 형사소송+법 필기+법 계량+법
    운전+법 지급방-법 해결방-법 흑마-법 국제사+법 초상+권 양육+권 발언+권 자유이용+권
    할인+권 응원+권 선수+권 시민+권 영주+권 임차+권 결정+권 후원+권 참정+권 출전+권
    제삼-권 이십-권 여러-권 현금영수-증 본인인-증 재검-증 여신보-증 건망+증 다한+증
    과민+증 수료+증 회원+증 난청+증 강박+증 외로움+증 후유+증 사원+증 실어+증 골다공+증
    균형+성 민감+성 친화+성 보편+성 상징+성 전염+성 수익+성 공공+성 대표+성 편리+성
    우수+성 중년남-성 직업여-성 미완-성 집대-성 만리장-성 인공위-성 남한산-성 모래-성
    김무-성 마침+점 타협+점 도착+점 유의+점 개선+점 교차+점 상이+점 구두+점 전문-점
    면세-점 잡화-점 커피-점 어는-점 백이십일호-점 방조+죄 명예훼손+죄 협박+죄 배임+죄
    공무집행방해+죄 강력범-죄 경범-죄 종합소득+세 금융+세 담배소비+세 상승-세 증가-세
    둔화-세 강보합-세 과도한증-세 공부하-세 요통+병 월요+병 향수+병 전립선+병 유전+병
    헌혈+병 간호-병 예비-병 유리-병 보온-병 회계+과 교무+과 외식조리+과 한국화+과
    기대효-과 무화-과 파라-과이 발견+값 우유-값 대푯+값 원단+값 기준+값 싼-값 반-값
    생강+가루 소금+가루 노을+빛 연분홍+빛 검은-빛 푸른-빛 진흙+덩어리 눈+덩어리 술+기운
"""
SINO_L = """
    창조설+적 폭발+적 획일+적 학술+적 돌발+적 계절+적 감동-적 낭만-적 해설+자 저술+자
    건설+사 전달+자 개인-적 실질+적 여행-자 과학기술+자 고고미술+사 조리-사 예술+제
    선불+제 휴일+제 회원-제 화물+선 유람-선 해결+사
"""
LISTED = """
    눈물+방울 말-방울 왕-방울 걱정+거리 네-거리 단-거리 중얼-거리고 살림+집 자료-집
    어린이-집 논문-집 빈-집 출근+길 생-길 갈림+길 한-길 눈+살 몸-살 화-살 주름+살
    콩나물+국 강대-국 선진-국 물+속 계-속 금-속 봄+비 이슬-비 교통-비 산+불 환-불
    아침+밥 찬-밥 힘+줄 거미-줄 용+돈 잔-돈 손+바닥 맨-바닥 장난+감 자신-감 걸림+돌
    고인-돌 물+고기 불-고기 사냥+개 지우-개 밤+바람 찬-바람 울음+소리 잔-소리 별-자리
    소유주-가 우물+가 전문-가 살인사+건 무조+건 영수-증 손수-건 물-건 관형+격 가-격
    대문+자 소비-자
"""
# The whole sound, where a ㄴ is added, ㄹ kept from its neighbour, or neither.
SOUNDED = """
    용산역 용산녁; 수원역에서 수원녀게서; 판교역 판교역; 청량리역 청냥니역
    신구역 신구역; 서울전역 서울저녁; 동시통역 동시통역; 무릉역 무릉녁; 잠실역 잠실력
    신길역까지 신길력까지; 진통제약 진통제약; 안정제 안정제; 변비약 변비약
    수면약 수면냑; 구충약 구충냑; 총선공약 총선공약; 주택청약 주택청약; 알약 알략
    강장약 강장냑; 병원용 병원뇽; 실험용 실험뇽; 업소용 업쏘용; 차량용 차량뇽
    오남용 오나묭; 재활용 재화룡; 부작용 부자굥; 개인용 개인뇽; 출석률 출썽뉼
    전환율 전환뉼; 감소율 감소율; 콩잎 콩닙; 감잎 감닙; 호박잎 호방닙; 고춧잎 고춘닙
    밤잎 밤닙; 신혼여행 신혼녀행; 배낭여행 배낭녀행; 졸업여행 조럼녀행; 유리 유리
    색유리 생뉴리; 군인연금 구닌년금; 기초연금 기초연금; 사학연금 사항년금
    평균연령 평균녈령; 비단이불 비단니불; 핫이불 한니불; 중국요리 중궁뇨리
    가정요리 가정뇨리; 해산물요리 해산물료리; 관광열차 관광녈차; 완행열차 완행녈차
    은행일 은행일; 생일 생일; 기념일 기녀밀; 밤일 밤닐; 뱃일 밴닐; 담뱃잎 담밴닙
    물일 물릴; 첫입 천닙; 흰엿 힌녇; 호박엿 호방녇; 불이익 불리익; 순이익 순니익
    공동이익 공동니익; 더블유 더브류; 지엔유 지에뉴; 중이염 중이염; 장염 장염
    피부염 피부염; 관절염 관절렴; 편도선염 편도선념; 일광욕 일광뇩; 삼림욕 삼님뇩
    성취욕 성취욕; 식용유 시굥뉴; 윤활유 윤활류; 정보공유 정보공유; 국영화 구경화
    민영화 미녕화; 책임자 채김자; 전용기 저뇽기; 광섬유 광서뮤; 낙관론 낙꽌논
    진화론 진화론; 여론 여론; 신문언론 신무널론; 표현력 표현녁; 지구력 지구력
    절대권력 절때궐력; 회원령 회원녕; 대관령 대괄령; 향신료 향신뇨; 핵연료 행녈료
    출연료 추련뇨; 주원료 주월료; 유통량 유통냥; 출산량 출싼냥; 민란 밀란; 임진란 임진난
    대혼란 대홀란; 간선로 간선노; 벽난로 병날로; 온라인 온나인; 신라면 신나면; 원룸 원눔
    한류 할류; 난로 날로
"""


def _words(table: str):
    for entry in table.split():
        mark = "+" if "+" in entry else "-"
        first, second = entry.split(mark)
        yield pytest.param(first, second, mark == "+", id=entry)


@pytest.mark.parametrize(
    ("first", "second", "tense"),
    [*_words(TENSE), *_words(SINO_L), *_words(LISTED)],
)
def test_second_part_is_tense_or_plain(first, second, tense):
    sounded = pronounce(first + second)[len(first)]
    assert (sounded in _tense_syllables()) == (tense or _behind_obstruent(first))


def _tense_syllables() -> frozenset[str]:
    leads = (1, 4, 8, 10, 13)  # ㄲ ㄸ ㅃ ㅆ ㅉ
    return frozenset(chr(0xAC00 + lead * 588 + i) for lead in leads for i in range(588))


def _behind_obstruent(first: str) -> bool:
    return (ord(first[-1]) - 0xAC00) % 28 not in (0, 4, 8, 16, 21)  # none ㄴ ㄹ ㅁ ㅇ


@pytest.mark.parametrize(
    ("spelled", "sounded"),
    [entry.split() for entry in SOUNDED.replace("\n", ";").split(";") if entry.strip()],
)
def test_sound_of_compound(spelled, sounded):
    assert pronounce(spelled) == sounded


# What the neighbouring words decide.
PHRASES = """
    품에 안다: 푸메 안따; 아이를 안고: 아이를 안꼬; 이름을 안다: 이르믈 안다
    잘 안다: 잘 안다; 안과 밖: 안과 박; 안과에 갔다: 안꽈에 갇따
    눈물을 참고: 눈무를 참꼬; 책을 참고하다: 채글 참고하다
    구두를 신고 나가다: 구두를 신꼬 나가다; 경찰에 신고: 경차레 신고
    지적인 사람: 지쩌긴 사람; 지적을 받다: 지저글 받따; 성적이 오르다: 성저기 오르다
    전과 같다: 전과 갇따; 첫 여행: 천 녀행; 옛 이야기: 옌 니야기; 몇 인분: 면 닌분
    한국 여행: 한국 여행; 못 이긴: 몬 니긴; 꽃 위: 꼬 뒤; 십육 일: 심뉴 길
    알 바 아니다: 알 빠 아니다; 초콜릿 바: 초콜릳 바; 맛있어요: 마시써요
    멋있으면: 머시쓰면; 뜻있는: 뜨딘는; 맛있는: 마신는; 상장을 받다: 상짱을 받따
    판매가 늘었다: 판매가 느럳따; 판매가는: 판매까는; 담지 않다: 담찌 안타
    감지하다: 감지하다; 사회의: 사회에; 가족회의: 가조쾨이; 살기 좋은: 살기 조은
    보내세요: 보내세요; 이문세의: 이문세에; 서른세 명: 서른세 명; 스물세 살: 스물세 살
    즐길 줄 아는: 즐길 쭐 아는
"""


@pytest.mark.parametrize(
    ("written", "sounded"),
    [entry.split(": ") for entry in PHRASES.strip().replace("\n", ";").split(";")],
)
def test_neighbours_decide(written, sounded):
    assert pronounce(written.strip()) == sounded.strip()
