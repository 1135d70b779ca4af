"""Sounds that the neighbouring words decide: endings in ㄹ, homographs, added ㄴ."""

import re

from .jamo import CODA_LETTERS, coda_of, join
from .sounds import soften, tense
from .tables import alternatives


def _with_coda(letter: str) -> str:
    """Every syllable that ends in `letter`, for a character class."""
    coda = CODA_LETTERS.index(letter) + 1
    return "".join(join(lead, vowel, coda) for lead in range(19) for vowel in range(21))


# 27: what -(으)ㄹ makes tense. Dependent nouns after any ㄹ where what follows shows
# that they are nouns; full nouns only after endings that can be nothing else.
_L = _with_coda("ㄹ")
_DEPENDENT = re.compile(
    rf"(?<=[{_L}]) (?:것|걸|겁니|지도|데(?=[가는도를]|까지|$| 없| 있)"
    r"|바(?=[가는를와에]|$| 없| 아니)"
    r"|적(?=[이에은도]|$)|거(?=[예야다라니냐든는를에요면고였잖]|지|$| )|게(?=$| |요)"
    r"|건(?=$| |가|데|지)|수(?=[가는도를]?(?: ?[있없])|밖에|만 |[가는]$)"
    r"|줄(?=[은을도로]? ?(?:[알모몰]|아[는니나시])|[은을도]? ?꿈|$)"
    r"|듯(?=[이하한했]|$| )"
    r"|성(?=싶)|법(?=[이한하]))"
)
_ADNOMINAL = (
    "(?:(?<![가-힣])[할될갈올볼줄쓸쉴놀]|[가-힣][할될갈올볼줄릴킬낼칠]|만날|떠날|끝날"
    "|[있없같먹읽받않싶좋많찾얻맞잡앉믿웃죽입씻닫걸들잃늦높깊넓싫찮"
    f"{_with_coda('ㅆ')}]을)"
)
_NOUNS = alternatives(
    """
    곳 도리 사람 생각 계획 정도 시간 자리 사이 점 준비 자신 자격 수준 지경 상황 대상
    경우 가능성 기회 기준 방법 방침 부분 작정 조짐 수단 시기 시점 조건 단계 당시 겨를
    길 것 거리 구석 동안 공간 기간 기세 기색 셈 새 짓 주제 재간 제도 집 돈
    """
)
_ADNOMINAL_NOUN = re.compile(f"({_ADNOMINAL}) (?={_NOUNS})")
_ENDINGS = re.compile(
    rf"(?<=[{_L}])(?:수록|지라도|지언정|진대|세라|밖에(?=$| ))"
    r"|(?<=[할갈올볼줄될을릴쓸탈낼])"
    r"(?:게(?=요|$| )|걸(?=요|$| )|지도?(?=$| )|거(?=[야예다라니]))"
)
# Counters after 열 and 여덟 are tense like them.
_COUNTERS = alternatives(
    "개 건 곳 가지 권 그루 군데 대 달 살 시 장 자루 줄 잔 접시 점 경기 골"
)
_AFTER_TEN = re.compile(f"(?<![가-힣])(열|여덟) (?={_COUNTERS})")
# 29, second note: two words in one breath.
_BREATH = (
    (
        re.compile(
            "((?:^| )(?:한|할|볼|될|런|떤|쁜|든|먹은|먹을|하던|해야 할|"
            "[가-힣]+[할한될])) 일(?=[이을은도만에]|$| )"
        ),
        "닐",
    ),
    (re.compile("((?:^| )(?:옷|속옷|겉옷|잘|못|안)) 입(?=[^니])"), "닙"),
    (re.compile("((?:^| )(?:먹은|먹을)) 엿"), "녓"),
    (re.compile("((?:^| )못) 잊"), "닞"),
    (re.compile("((?:^| )못) 읽"), "닑"),
    (re.compile("((?:^| )못) 이(?=[루기])"), "니"),
    (re.compile("([삼칠팔십일육]) 연(?=대)"), "년"),
)
# 24: verbs in ㄴ and ㅁ that are also nouns: the object or the place tells.
_SHOES = alternatives(
    """
    신 신발 구두 양말 운동화 장화 부츠 슬리퍼 샌들 하이힐 스타킹 버선 고무신 짚신 실내화
    축구화 등산화 군화 단화 스케이트 스키 덧신 나막신 워커 로퍼 크록스
    """
)
_HELD = alternatives(
    """
    아이 아기 애 딸 아들 손자 손녀 동생 강아지 고양이 인형 베개 무릎 엄마 아빠 어머니
    아버지 친구 연인 아내 남편 그녀 꽃다발 가방 보따리 배 가슴 목 어깨 허리 상처 고민
    부담 책임 꿈 희망 빚 문제 슬픔
    """
)
_ENDURED = alternatives(
    """
    눈물 화 울음 웃음 아픔 고통 분노 추위 더위 잠 졸음 숨 배고픔 통증 욕 기침 슬픔
    괴로움 꾹 꾹꾹 애써 억지로 끝까지 잘 못
    """
)
_HOMOGRAPHS = tuple(
    (re.compile(pattern), respelled)
    for pattern, respelled in (
        (rf"(?<![가-힣])(?:{_SHOES})[을를]? 신고(?= |$)|^신고$", "신꼬"),
        ("(?<![가-힣])신고(?= (?:있|다니|다닌|나가|나갔|싶|뛰))", "신꼬"),
        (rf"(?<![가-힣])(?:{_HELD})[을를] (?:[꼭꽉] |와락 )?안다(?=$| |가)", "안따"),
        (
            "(?:품|가슴|팔|등|무릎)[가-힣]*(?:에|으로) (?:[꼭꽉] )?안다(?=$| |가)",
            "안따",
        ),
        ("(?<![가-힣])[꼭꽉] 안다(?=$| |가)", "안따"),
        (rf"(?<![가-힣])(?:{_ENDURED})[을를]? 참고(?=$| )", "참꼬"),
        ("상장(?=[을이도과] (?:받|받았|수여|주|타|탔))", "상짱"),
        ("(?<![가-힣])참고(?= (?:있|견|기다|살|넘|또|버티|지내|사는|산다))", "참꼬"),
    )
)
# A stem before -지 않다 and the like is a verb (감지 않다), alone also a noun (감지).
_NEGATED = re.compile(
    "(?<=[담심감숨신안검품])지(?=[는도를]? (?:않|못|마|말|아니))|(?<=[신감])지(?=마)"
)
# Where the same letters are another word: as before, public and private, in and out.
_PLAIN_PHRASE = re.compile(
    "(?<![가-힣])(?:전과(?=는? (?:같|다르|다른|달라|달리|비교))|안과(?= (?:밖|겉|바깥))"
    "|성과(?= 이름)|문과(?= [창벽])|공과(?= 사)|인적(?=이? (?:드문|드물|없|끊))"
    "|종적(?=을 감|이 )|공적(?=[이을은]))"
)
# Words in 적 that are so before 인 and 으로 (28), other nouns elsewhere.
_ATTRIBUTE = re.compile("(?<![가-힣])(?:[지성정공사동시영미암단극]|전)적(?=인|으로)")
# 가 behind a vowel is a particle unless another follows or a price is spoken of.
_PRICE = re.compile(
    "(?:판매|매매|최고|최저|거래|공시|공모|[도소]매|목표|경매|전세|출고|시초|매[수도])가"
    "(?=[를의는에로도만]|보다|까지|부터|$"
    "| (?:[경갱]신|기준|대비|상승|하락|인상|인하|이상|이하))"
)
# 15, 29: no coda moves into 이 야 여 요 유 of the next word; behind a word of one
# syllable ㄴ is added.
_SHORT_WORD = re.compile(
    "((?<![가-힣])[첫옛몇못꽃옷맛밭앞옆잎끝낮겉뭇윗뜻빛]) "
    "([야-얳여-옇예-옣요-욯유-윻이-잏])"
)


def _tense_behind_space(match: re.Match) -> str:
    found = match[0]
    return (
        " " + tense(found[1]) + found[2:]
        if found[0] == " "
        else tense(found[0]) + found[1:]
    )


def respell_phrase(phrase: str) -> str:
    """Respell what the next words decide; spaces and syllable counts stay."""
    for pattern, respelled in _HOMOGRAPHS:
        phrase = pattern.sub(lambda m, r=respelled: m[0][: -len(r)] + r, phrase)
    phrase = _NEGATED.sub("찌", phrase)
    phrase = _ATTRIBUTE.sub(lambda m: m[0][:-1] + "쩍", phrase)
    phrase = _PRICE.sub(lambda m: m[0][:-1] + "까", phrase)
    phrase = _ENDINGS.sub(_tense_behind_space, phrase)
    phrase = _tense_after(_ADNOMINAL_NOUN, _DEPENDENT.sub(_tense_behind_space, phrase))
    phrase = _tense_after(_AFTER_TEN, phrase)
    for pattern, respelled in _BREATH:
        phrase = pattern.sub(lambda m, r=respelled: _breathe(m[1], r), phrase)
    return _SHORT_WORD.sub(lambda m: _breathe(m[1], soften(m[2], "ㄴ")), phrase)


def _breathe(before: str, respelled: str) -> str:
    """The inserted ㄴ is ㄹ behind ㄹ: 한 일 한 닐, 할 일 할 릴."""
    liquid = coda_of(before[-1]) == "ㄹ"
    return f"{before} {soften(respelled, 'ㄹ') if liquid else respelled}"


def _tense_after(pattern: re.Pattern, phrase: str) -> str:
    """Make tense the syllable behind every match, which ends in a space."""
    pieces, at = [], 0
    for match in pattern.finditer(phrase):
        pieces += [phrase[at : match.end()], tense(phrase[match.end()])]
        at = match.end() + 1
    return "".join(pieces) + phrase[at:]


def plain_words(phrase: str) -> frozenset[int]:
    """Return which words of a phrase no table may respell: 안과 밖 is no clinic."""
    return frozenset(
        phrase.count(" ", 0, match.start()) for match in _PLAIN_PHRASE.finditer(phrase)
    )
