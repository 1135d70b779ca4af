"""Five hundred Korean sentences on which attention may fail, the same every time.

`hard_lines.txt` holds those written by hand: single syllables, repetitions, lists,
numbers, abbreviations, tongue twisters, sound changes, signs, foreign names. The rest
come from templates about matters that the demo's grammar does not know, from a dozen
to 200 characters long.
"""

from pathlib import Path

import numpy as np

COUNT = 500
LONGEST = 200
_HARD = Path(__file__).with_name("hard_lines.txt")
_SEED = 14

_WORDS = {
    "who": (
        "우리 할머니|옆집 아저씨|새로 온 직원|키가 큰 외국인|막내 여동생|"
        "그 유명한 화가|경찰관|도서관 사서|젊은 농부|학급 반장|수의사|택시 기사|"
        "늙은 어부|합창단 지휘자"
    ),
    "what": (
        "낡은 자전거|빨간 우산|두꺼운 역사책|고장 난 냉장고|삶은 옥수수|"
        "흰 강아지|오래된 편지|짭짤한 젓갈|초록색 물뿌리개|맑은 육수|깨진 꽃병|"
        "털장갑 한 켤레"
    ),
    "where": (
        "항구 도시의 시장|지하철 환승 통로|눈 덮인 언덕|낙동강 둑길|학교 뒤뜰|"
        "동네 빵집 앞|고속도로 휴게소|산꼭대기 대피소|법원 민원실|갯벌|"
        "한옥 처마 밑"
    ),
    "when": (
        "어젯밤|해 질 무렵|지난주 수요일 새벽|첫눈이 오던 날|삼십 년 전|"
        "설날 아침|수업이 끝난 뒤|장마가 그친 다음 날|회의 도중|새벽 네 시쯤"
    ),
    "did": (
        "몰래 숨겼다|큰 소리로 찾았다|천천히 닦았다|열심히 그렸다|덥석 집었다|"
        "실수로 떨어뜨렸다|꼭 껴안았다|비싸게 팔았다|끝내 잃어버렸다|"
        "깨끗이 고쳤다"
    ),
    "field": (
        "반도체 수출|출산율|기준 금리|쌀 수확량|지하수 수위|관광객|전기 요금|"
        "미세 먼지 농도|청년 실업률|수입 물가|주택 거래|독감 환자"
    ),
    "change": (
        "크게 늘었습니다|눈에 띄게 줄었습니다|제자리에 머물렀습니다|"
        "십 년 만에 가장 높았습니다|예상보다 빨리 떨어졌습니다|"
        "다시 오르기 시작했습니다"
    ),
    "office": (
        "통계청|기상청|한국은행|질병관리청|국립공원공단|서울시 교육청|"
        "해양수산부|농촌진흥청|소방본부|대법원"
    ),
    "clause": (
        "바람이 세게 불어서 창문이 덜컹거리고|아이들은 골목에서 뛰어놀고|"
        "국이 식기 전에 서둘러 상을 차렸으며|기차는 두 시간이나 늦게 도착했는데|"
        "아무도 그 까닭을 묻지 않았지만|멀리서 개 짖는 소리가 들려오고|"
        "밤새 쓴 원고를 처음부터 다시 읽으면서|"
        "값이 조금 비싸더라도 튼튼한 것을 고르고|"
        "잎이 넓은 나무 밑에서 비를 피하다가|형은 묵묵히 톱질을 하고|"
        "그릇을 씻어 햇볕에 말린 다음|옛날 사진을 한 장씩 넘겨 보며|"
        "젖은 신발을 벗어 놓고 문턱에 걸터앉아서|의사의 말을 곰곰이 되새기며|"
        "끓는 물에 소금을 넣고 뚜껑을 덮은 뒤"
    ),
    "end": (
        "나는 조용히 고개를 끄덕였다|모두 함께 웃음을 터뜨렸다|"
        "결국 아무 일도 없었다|그제야 마음이 놓였다|이야기는 거기서 끝이 났다|"
        "새로운 하루가 시작되었다"
    ),
    "ask": (
        "알고 계세요|기억나십니까|본 적 있어|믿을 수 있겠니|설명해 주시겠습니까|"
        "왜 그랬을까"
    ),
    "unit": "킬로그램|미터|명|개|퍼센트|리터|원|권|층|번",
}
# How many of each; {n} is a number of one to seven digits.
_TEMPLATES = (
    (50, "{when} {where}에서 {who}의 {what} 하나를 {did}."),
    (20, "{who}, {what}, 그리고 {where}."),
    (40, "{office} 발표에 따르면 올해 {field}, {field} 모두 {change}."),
    (20, "{when}, {where}에 있던 {what}, 그거 {ask}?"),
    (20, "{who} 이름을 {ask}?"),
    (34, "{office} 자료로는 {field} 통계가 {n}{unit}, 작년에는 {n}{unit} 정도였다."),
    (20, "{n}{unit}, {n}{unit}, {n}{unit}."),
    (20, "{clause} {end}."),
    (20, "{clause}, {clause}, {end}."),
)


def hard_sentences() -> list[str]:
    """Return the sentences: those written by hand, then those of templates."""
    lines = _HARD.read_text("utf-8").splitlines()
    sentences = [line for line in lines if not line.startswith("#")]
    random = np.random.default_rng(_SEED)
    for count, template in _TEMPLATES:
        wanted = len(sentences) + count
        while len(sentences) < wanted:
            _add(sentences, _fill(template, random))
    while len(sentences) < COUNT:
        _add(sentences, _long(random))
    return sentences


def _add(sentences: list[str], sentence: str) -> None:
    if sentence not in sentences:
        sentences.append(sentence)


def _fill(template: str, random: np.random.Generator) -> str:
    """Replace every {name} by a word of its list, or a number."""
    before, mark, rest = template.partition("{")
    if not mark:
        return template
    name, _, rest = rest.partition("}")
    if name == "n":
        word = str(random.integers(1, 10 ** random.integers(1, 8)))
    else:
        word = str(random.choice(_WORDS[name].split("|")))
    return before + word + _fill(rest, random)


def _long(random: np.random.Generator) -> str:
    """Return a sentence of clauses that is 160 to 200 characters long."""
    end = _fill(" {end}.", random)
    clauses = random.permutation(_WORDS["clause"].split("|"))
    sentence = clauses[0]
    for clause in clauses[1:]:
        longer = f"{sentence} {clause}"
        if len(longer) + len(end) > LONGEST:
            break
        sentence = longer
    return sentence + end
