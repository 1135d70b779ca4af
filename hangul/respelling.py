"""Words and phrases respelled before the sound rules: tables, then context.

Words match at their beginning; entries of three syllables and more match anywhere, for
Korean compounds grow at the front (국제인권법, 비상계엄령).
"""

import re

from . import sounds
from .jamo import CODA_LETTERS, LEAD_LETTERS, coda_of, join, split
from .sounds import tense
from .tables import alternatives

_TABLE = (
    sounds.CODAS
    | sounds.STEMS
    | sounds.SINO_WORDS
    | sounds.JOINED
    | sounds.JOINED_SINO
    | sounds.COMPOUNDS
    | sounds.INSERTED
    | sounds.UNYIELDING
    | {word: word for word in sounds.PLAIN}
)
_LONGEST = max(map(len, _TABLE))
_NUMBER = "일이삼사오육칠팔구십백천만억"


def _with_coda(letter: str) -> str:
    """Every syllable that ends in `letter`, for a character class."""
    coda = CODA_LETTERS.index(letter) + 1
    return "".join(join(lead, vowel, coda) for lead in range(19) for vowel in range(21))


def _soften(syllable: str, lead: str) -> str:
    """The syllable with another lead: 육, ㄴ → 뉵."""
    _, vowel, coda = split(syllable)
    return join(LEAD_LETTERS.index(lead), vowel, coda)


def respell(phrase: str) -> str:
    """Respell a phrase of Hangul words with single spaces, word by word."""
    phrase = _respell_phrase(phrase)
    return " ".join(map(_respell_word, phrase.split(" ")))


# 27: what -(으)ㄹ makes tense. Dependent nouns after any ㄹ where what follows shows
# that they are nouns; full nouns only after endings that can be nothing else.
_L = _with_coda("ㄹ")
_DEPENDENT = re.compile(
    rf"(?<=[{_L}]) (?:것|걸|겁니|지도|데(?=[가는도를]|$)|바(?=[가는를와]|$| 없)"
    r"|적(?=[이에은도]|$)|거(?=[예야다라니냐든는를에요]|지|$| )|게(?=$| |요)"
    r"|건(?=$| |가|데|지)|수(?=[가는도를]?(?: ?[있없])|밖에|만 |[가는]$)"
    r"|줄(?=[은을도로]? ?[알모몰])|듯(?=[이하한했]|$| )|성(?=싶)|법(?=[이한하]))"
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
_WEARING = re.compile(
    "^신고$|(?<=[을를] )신고(?= )|(?<![가-힣])신고(?= (?:있|다니|다닌|나가|나갔|싶|뛰))"
)


def _tense_behind_space(match: re.Match) -> str:
    found = match[0]
    return (
        " " + tense(found[1]) + found[2:]
        if found[0] == " "
        else tense(found[0]) + found[1:]
    )


def _respell_phrase(phrase: str) -> str:
    phrase = _WEARING.sub("신꼬", phrase)
    phrase = _ENDINGS.sub(_tense_behind_space, phrase)
    phrase = _tense_after(_ADNOMINAL_NOUN, _DEPENDENT.sub(_tense_behind_space, phrase))
    phrase = _tense_after(_AFTER_TEN, phrase)
    for pattern, respelled in _BREATH:
        phrase = pattern.sub(lambda m, r=respelled: _breathe(m[1], r), phrase)
    return phrase


def _breathe(before: str, respelled: str) -> str:
    """The inserted ㄴ is ㄹ behind ㄹ: 한 일 한 닐, 할 일 할 릴."""
    liquid = coda_of(before[-1]) == "ㄹ"
    return f"{before} {_soften(respelled, 'ㄹ') if liquid else respelled}"


def _tense_after(pattern: re.Pattern, phrase: str) -> str:
    """Make tense the syllable behind every match, which ends in a space."""
    pieces, at = [], 0
    for match in pattern.finditer(phrase):
        pieces += [phrase[at : match.end()], tense(phrase[match.end()])]
        at = match.end() + 1
    return "".join(pieces) + phrase[at:]


def _respell_word(word: str) -> str:
    if len(word) > 1:
        word = _respell_particle(word)
        word = _respell_listed(word)
        word = _LINKED.sub(_unlink, word)
        for pattern, change in _PATTERNS:
            word = pattern.sub(change, word)
    return word


def _respell_listed(word: str) -> str:
    """Table entries, longest first; between them the rule for Sino-Korean ㄹ (26)."""
    pieces, at, strong = [], 0, False
    while at < len(word):
        for end in range(min(len(word), at + _LONGEST), at + 1, -1):
            found = _TABLE.get(word[at:end])
            if found and (at == 0 or end - at > 2):
                break
        else:
            found, end = word[at], at + 1
        pieces.append(tense(found[0]) + found[1:] if strong else found)
        strong = _strengthens(word, end)
        at = end
    return "".join(pieces)


def _strengthens(word: str, at: int) -> bool:
    """Whether the syllable before `at` makes that at `at` tense (26).

    Not where the same syllable comes twice (절절하다); 일 only as the first syllable.
    """
    first, second = word[at - 1], word[at : at + 1]
    if word[:at] in sounds.PLAIN or first == second:
        return False
    known = first in sounds.SINO_L or (first == "일" and at == 1)
    return known and second in sounds.SINO_NEXT


def _respell_particle(word: str) -> str:
    """의 as a particle sounds 에, inside a word 이 (5): 우리의 우리에."""
    ends_in_noun = word in sounds.NOUNS_IN_UI or (
        len(word) > 3 and word.endswith("주의")
    )
    last = "에" if word.endswith("의") and not ends_in_noun else word[-1]
    inside = word[1:-1].replace("의", "이")
    return word[0] + inside + ("이" if last == "의" else last)


# 30: 냇가 내까. Before ㄴ ㅁ and 이 the general rules find the nasal.
_LINKED = re.compile(
    rf"(?:{'|'.join(sorted(sounds.LINKED, key=len, reverse=True))})"
    rf"|[가-힣]?[{''.join(sorted(sounds.LINKING))}][가-힣]"
)


def _unlink(match: re.Match) -> str:
    found = match[0]
    for i in range(len(found) - 1):
        lead, vowel, coda = split(found[i])
        following = found[i + 1]
        if CODA_LETTERS[coda - 1 : coda] == "ㅅ" and tense(following) != following:
            return found[:i] + join(lead, vowel) + tense(following) + found[i + 2 :]
    return found


def _neutral_letter_name(match: re.Match) -> str:
    """16: 디귿이 디그시, 키읔이 키으기."""
    name = match[0]
    codas = dict(zip("귿읒읓읔읕읖읗", "긋읏읏윽읏읍읏", strict=True))
    return name[:-1] + codas[name[-1]]


_VOWEL_LED = "아-잏"
_PATTERNS = (
    (
        re.compile(f"(?:디귿|지읒|치읓|키읔|티읕|피읖|히읗)(?=[{_VOWEL_LED}])"),
        _neutral_letter_name,
    ),
    # 10: 밟 is 밥 before a consonant, but ㅎ joins its ㅂ (밟히다).
    (re.compile(f"밟(?=[^{_VOWEL_LED}하-힣])"), "밥"),
    (re.compile(f"여덟(?=[^{_VOWEL_LED}])"), "여덜"),
    # 29 in numbers: 십육 심뉵, 일육 일륙, 서른여섯 서른녀섣.
    (
        re.compile(
            f"(?<=[십씹백천만억육삼공])육(?=[{_NUMBER}공영]|$|년|월|일|분|명|개|번|호|"
            f"층)"
        ),
        "뉵",
    ),
    (re.compile(f"(?<=[일칠팔])육(?=[{_NUMBER}공영]|$)"), "륙"),
    (
        re.compile("(?<=[열물른흔쉰순든])여(?=섯|덟|덜)"),
        "녀",
    ),
    # 29: 역 as a station, 용 as a purpose, 율 as a rate behind two syllables or more.
    (
        re.compile(
            "(?<=[가-힣]{2})(?<![지구무통번면광영권방현음해전성반징병])역"
            "(?=$|에|까지|부터|은|을|이|과|의|으로|도|만)"
        ),
        lambda m: _insert(m, "역"),
    ),
    (
        re.compile("(?<=[가-힣]{2})율(?=$|이|은|을|의|에|과|도|로|만)"),
        lambda m: _insert(m, "율"),
    ),
    (
        re.compile(
            "(?<=[가-힣]{2})(?<![적작활악인관통운응남겸내사이비고허수중신착전상실차점임채공])용(?=$|으로|은|을|이|의|품|도)"
        ),
        lambda m: _insert(m, "용"),
    ),
)


def _insert(match: re.Match, syllable: str) -> str:
    """ㄴ where a consonant stands before; none is inserted behind a vowel."""
    before = match.string[match.start() - 1]
    return _soften(syllable, "ㄴ") if coda_of(before) else syllable
