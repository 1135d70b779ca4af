"""Tables for `pronounce`: words whose sound the rules cannot tell from their spelling.

An entry respells a word so that the rules then make the right sounds of it: 솜이불 is
respelled 솜니불, 맛없 맏없. A plus marks a consonant that is tense without a cause in
the spelling: 문+고리 is respelled 문꼬리. Article numbers are those of 표준 발음법.
"""

from .jamo import LEAD_LETTERS, coda_of, join, split
from .tables import names, pairs

_TENSE = {"ㄱ": "ㄲ", "ㄷ": "ㄸ", "ㅂ": "ㅃ", "ㅅ": "ㅆ", "ㅈ": "ㅉ"}


def tense(syllable: str) -> str:
    """Return a syllable with a tense lead: 가 → 까; others stay."""
    lead, vowel, coda = split(syllable)
    letter = LEAD_LETTERS[lead]
    return join(LEAD_LETTERS.index(_TENSE.get(letter, letter)), vowel, coda)


def soften(syllable: str, lead: str) -> str:
    """Return the syllable with another lead: 육, ㄴ → 뉵."""
    _, vowel, coda = split(syllable)
    return join(LEAD_LETTERS.index(lead), vowel, coda)


def _joined(block: str) -> dict[str, str]:
    """Map compounds to their sound: 문+고리 → {문고리: 문꼬리}."""
    table = {}
    for entry in block.split():
        first, *rest = entry.split("+")
        respelled = first + "".join(tense(part[0]) + part[1:] for part in rest)
        table[entry.replace("+", "")] = respelled
    return table


def _with_n(block: str) -> dict[str, str]:
    """Map compounds to their sound with ㄴ, or ㄹ behind ㄹ: 맨+입 → {맨입: 맨닙}."""
    table = {}
    for entry in block.split():
        first, second = entry.split("+")
        lead = "ㄹ" if coda_of(first[-1]) == "ㄹ" else "ㄴ"
        table[first + second] = first + soften(second[0], lead) + second[1:]
    return table


# 10, 11: ㄼ that sounds as ㅂ, ㅀ that keeps no ㅎ, ㄻ of nouns before particles.
CODAS = pairs(
    """
    넓죽: 넙쭉; 넓둥: 넙뚱; 넓적: 넙쩍; 싫증: 실쯩; 삶과: 삼과; 삶도: 삼도; 삶들: 삼들
    앎과: 암과; 삶조차: 삼조차; 삶보다: 삼보다; 삶까지: 삼까지; 앎도: 암도; 맏형: 마텽
    옮기: 옴기; 옮긴: 옴긴; 옮길: 옴길; 옮김: 옴김; 옮겨: 옴겨; 옮겼: 옴겼; 옮깁: 옴깁
    굶기: 굼기; 굶긴: 굼긴; 굶길: 굼길; 굶겨: 굼겨; 굶겼: 굼겼; 곪기: 곰기; 곪겨: 곰겨
    몇이: 멷이
    """
)
# 15: a coda before a word with a meaning of its own is neutral before it moves.
COMPOUNDS = pairs(
    """
    젖어미: 젇어미; 맛없: 맏없; 겉옷: 걷옷; 헛웃음: 헏웃음; 헛웃: 헏웃; 값어치: 갑어치
    값있: 갑있; 웃어른: 욷어른; 윗옷: 윋옷; 윗어른: 윋어른; 첫아이: 첟아이
    첫아들: 첟아들; 첫얼음: 첟얼음; 첫울음: 첟울음; 꽃위: 꼳위; 꽃아래: 꼳아래
    팥알: 팓알; 홑옷: 혿옷; 옷안: 옫안; 밭아래: 받아래; 맛있: 마싰; 멋있: 머싰
    멋없: 먿없; 뜻있: 뜨딨; 뜻없: 뜯없; 느닷없: 느닫없; 값없: 갑없; 낯없: 낟없
    빛없: 빋없; 몇월: 며둴; 부엌일: 부엉닐; 무릎위: 무릅위; 숱없: 숟없; 끝없: 끋없
    덧없: 덛없; 넋없: 넉없; 옻오르: 옫오르; 웃옷: 욷옷; 젖앓이: 젇앓이
    겉아가미: 걷아가미; 첫인상: 처딘상; 첫인사: 처딘사
    """
)
# 24: verb stems in ㄴ and ㅁ; only forms that are not nouns as well.
STEMS = _joined(
    """
    신+다 신+지 신+더니 신+도록 신+습 신+거 줄넘+기 남+다 남+고 남+지 남+게 남+습 남+더
    남+도록 남+거나 넘+다 넘+고 넘+지 넘+게 넘+습 넘+던 넘+더 넘+도록 넘+자 넘+거 담+다
    담+고 담+습 담+거 담+도록 담+던 심+다 심+고 심+습 심+거 심+도록 심+던 참+다 참+지
    참+습 참+거 참+도록 참+던 참+자 참+더 다듬+기 쓰다듬+기 가다듬+기 더듬+기 뛰어넘+기
    모심+기 참+기가 참+기는 참+기도 참+기만 숨+다 숨+고 숨+습 숨+던 숨+더 숨+거 품+다
    품+고 품+습 품+게 품+지 품+던 품+도록 감+다 감+고 감+습 감+던 감+도록 검+다 검+고
    검+게 검+던 삼+다 삼+고 삼+지 삼+게 삼+던 삼+도록 삼+습 뿜+다 뿜+고 뿜+지 뿜+던
    뿜+습 숨+겠 남+겠 넘+겠 참+겠 담+겠 심+겠 신+겠 안+고 안+겠 안+습 안+더니 안+던
    안+도록 서슴+지
    """
)
# The same of stems that are never nouns, before any ending.
_ENDINGS = "다 고 지 게 자 던 더 도록 거나 거든 습 소 겠"
_ENDINGS = "다 고 지 게 자 던 더 도록 거나 거든 습 소 겠"
_ENDINGS = "다 고 지 게 자 던 더 도록 거나 거든 습 소 겠"
_ENDINGS = "다 고 지 게 자 던 더 도록 거나 거든 습 소 겠"
_LONG_STEMS = """
    껴안 끌어안 얼싸안 부둥켜안 떠안 싸안 그러안 부여안 보듬어안 맞안 살아남 뛰어넘 타넘
    건너넘 되감 휘감 내뿜 머금 더듬 다듬 쓰다듬 가다듬 보듬 주워담 눌러담 옮겨심 갈아신
    되담 젊
"""
STEMS |= _joined(
    " ".join(
        f"{stem}+{ending}"
        for stem in _LONG_STEMS.split()
        for ending in _ENDINGS.split()
    )
)
# 26: Sino-Korean words in ㄹ before ㄷ ㅅ ㅈ whose first syllable is not in SINO_L.
SINO_WORDS = _joined(
    """
    갈+등 갈+증 갈+색 말+살 말+소 불+소 불+시 불+신 불+세출 불+순 불+사 불+상 불+상사
    불+성실 불+손 물+질 물+증 물+자 물+적 몰+상식 몰+수 몰+두 몰+지각 밀+도 밀+접 밀+수
    밀+집 밀+정 걸+작 골+절 골+동 골+수 굴+절 굴+지 달+성 별+도 별+세 별+장 별+정 별+실
    살+생 살+상 살+신 벌+점 할+당 할+증 알+선 월+세 월+등 월+동 솔+직 솔+선 술+수
    술+자리 술+집 출+장 철+도 절+도 열+도 돌+진 굴+종 걸+식 길+조 말+단 말+석 말+종
    물+색 물+정 설+전 율+동 실+지 일+지 결+속 열+둘 열+두 열+세 열+심 일+제히 칠+전팔기
    발+자국 절+도범 울+산 울+진 울+주 실+질 졸+지에 밀+실 벌+집 글+자 골+자 걸+상 몰+살
    날+조 홀+수 술+사 실+사 발+길 불+길 홍길+동 코뿔+소 멸+시 동일+시 화물+선 암살+자
    출+소 출+두 출+시 물+성 별+점 밀+담 밀+사 밀+서 밀+수품 밀+짚모자
    """
) | pairs("열셋: 열쎗; 열다섯: 열따섯")
# Sino-Korean syllables that hardly are anything else, and what they make tense (26).
SINO_L = frozenset("결발활출설실철절질필멸혈찰촬졸율열탈팔칠")
SINO_NEXT = frozenset(
    "단달담답당대덕독동두득등사산살상색생서석선설성세소속손송수숙순술습승시식신실심십"
    "자작잔장재쟁저적전절점접정제조족존종좌죄주준중증직진집"
)
# 28: compounds that sound as if an ㅅ stood between their halves, native ones first.
JOINED = _joined(
    """
    안+방 강+바람 장+기자랑 머리+글자 산+골 두메산+골 들+것 탈+것 물+것 날+것 안+간힘
    안+사돈 걸+음마 돈+벌 밤+중 한밤+중 쓸+데
    """
)
# The same in Sino-Korean words: 격 건 권 점 법 과 가 기 증 성 장 …
JOINED_SINO = _joined(
    """
    재평+가 저평+가 고평+가 과대평+가 과소평+가 인+건비 고품+격 무조+건 악조+건 공권+력
    유+권자 태+권도 분+권화 승+점 인+기척 정신+병자 감수+성 방사+성 진술+서 경찰+서
    파출+소 제철+소 이발+소 인원+수
    """
) | pairs("금융권: 금늉꿘")
# Words that the tables and rules around 24, 26 and 28 would wrongly make tense.
PLAIN = names(
    """
    불조심 일산 실수요 실소유 실소득 실사용 허허실실 별자리 월드 성적표 고추잠자리
    고가도로 대가족 대가야 대가리 대가람 삼고초려 삼지창 남다르 남달라 남달리 남고생
    남지사 감고추 시가지 시가전 유가족 유가증권 강점기 반값 발족 쟁탈전 명실상부
    횡설수설 주법원 비법인 영장류 공과금 사적지 유적지 삼다수 삼다도 물세탁 투성이
    장대하 장대한 장대히 문구류 문구용 문구사 특별시 제일주의 유일주의 미적미적 미적분
    미적거 미적대 미적지근 전과목 종가집 한자리 한자루 지방법원
    """
)
# 29: ㄴ between the halves of a compound whose second begins with 이 야 여 요 유.
INSERTED = _with_n(
    """
    솜+이불 홑+이불 막+일 삯+일 맨+입 한+입 군+입 첫+입 뭇+입 내복+약 한+여름 늦+여름
    올+여름 첫+여름 봄+여름 지난+여름 남존+여비 신+여성 색+연필 직행+열차 늑막+염 콩+엿
    담+요 눈+요기 영업+용 식용+유 이죽+이죽 야금+야금 검+열 욜랑+욜랑 금+융 들+일 설+익
    낯+익 물+약 알+약 좀+약 불+여우 유들+유들 댓+잎 깻+잎 꽃+잎 나뭇+잎 떡+잎 연+잎
    솔+잎 핵+융합 핵+연료 뒷+일 예삿+일 훗+일 옛+일 헛+일 뱃+일 밤+일 물+일 가욋+일
    사삿+일 두렛+일 뒷+이야기 옛+이야기 집안+일 바깥+일 부엌+일 밭+일 논+일 볼+일 별+일
    잔+일 낮+일 궂은+일 교육+열 문학+열 창작+열 향학+열 자연+유산 을지+연습 삼국+유사
    땅+임자 허드렛+일 나랏+일 앞+일 늦+일 흙+일 손+일 바느질+일 웬+일 베갯+잇 도리깻+열
    뒷+윷 밭+이랑 논+이랑 강력+분 짓+이기 짓+이겨 물+이끼 학+여울 희생+양 태평+양
    어린+양 남극+양 총+영사 순+이익 불+이익 연+이율 천생+연분 정신+연령 국민+연금
    태양+열 수학+여행 신혼+여행 화공+약 생+이별 갑+이별 진+일보 순+이자 본+예산 총+예산
    맹+연습 눈+인사 총+연습
    """
) | pairs(
    """
    백분율: 백뿐뉼; 큰일: 크닐; 강력분: 강녁뿐; 송별연: 송벼련; 육이오: 유기오
    삼일절: 사밀쩔
    """
)
# 20: ㄴ before ㄹ that does not yield, because the first part is a word of its own.
UNYIELDING = pairs(
    """
    의견란: 의견난; 임진란: 임진난; 생산량: 생산냥; 결단력: 결딴녁; 공권력: 공꿘녁
    동원령: 동원녕; 상견례: 상견녜; 횡단로: 횡단노; 이원론: 이원논; 입원료: 입원뇨
    구근류: 구근뉴; 신문로: 신문노; 보문로: 보문노; 판단력: 판단녁; 추진력: 추진녁
    통신란: 통신난; 독자란: 독짜란; 음운론: 음운논; 존재론: 존재론; 일원론: 일원논
    이온류: 이온뉴; 등산로: 등산노; 운전로: 운전노; 보존료: 보존뇨; 생존력: 생존녁
    견인력: 견인녁; 자본력: 자본녁; 계엄령: 계엄녕; 인라인: 인나인; 온라인: 온나인
    헨리: 헨리; 신라면: 신나면; 원룸: 원눔; 다운로드: 다운노드; 아웃렛: 아운넫
    비관론: 비관논; 낙관론: 낙꽌논; 여신론: 여신논; 순환로: 순환노; 선릉역: 설릉녁
    공신력: 공신녁; 참신력: 참신녁; 정신력: 정신녁; 원심력: 원심녁; 집단린치: 집딴닌치
    """
)
# 30: syllables whose ㅅ was only put there to make a compound.
LINKING = frozenset("냇샛랫콧팻햇뱃갯촛찻횟툇귓핏잿댓굣밋윗혓삿볏텃봇뭇뒷곗죗훗롓챗")
# The same ㅅ in syllables that have it for other reasons too.
LINKED = names(
    """
    깃발 깃대 바닷가 바닷길 바닷속 곳간 보랏빛 숫자 셋방 셋집 전셋집 월셋집 전셋값
    최솟값 머릿속 머릿결 맷돌 빗속 빗줄기 빗소리 빗길 빗방울 고춧가루 부잣집 처갓집
    외갓집 종갓집 국숫집 만둣국 북엇국 김칫국 고깃국 선짓국 배춧국 호숫가 우윳빛 연둣빛
    자줏빛 방앗간 쇳덩이 쇳조각 쇳가루 묏자리 귀갓길 출셋길 황톳길 고깃집 고깃덩어리
    이야깃거리 골칫거리 눈요깃거리 빗자루 갈빗대 갈빗집 갈빗살 치맛자락 저잣거리 나잇값
    꼭짓점 소싯적 허릿살 뼛속 뼛조각 이맛살 눈칫밥 공깃밥 맥줏집 소줏집 잔칫집 잔칫상
    세숫대야 고양잇과 가짓수 머릿수건 수돗가 셋돈 종잣돈 노잣돈 바닷바람 푸줏간 젓가락
    밧줄 전깃줄 반딧불 고깃배 오랫동안 숫자판
    """
)
# Words in 의 that are nouns, so that their 의 is no particle (5).
NOUNS_IN_UI = names(
    """
    혐의 무혐의 물의 타의 용의 이의 자의 불가사의 임상의 수련의 미합의 부동의 재협의
    무성의 부정의 가족회의 비밀회의 국제회의 직원회의 공개회의 전원회의 학술회의
    작전회의 기획회의 편집회의 학급회의 교무회의 임원회의 부서회의 주간회의 영상회의
    각료회의 장관회의 실무회의 평가회의 연석회의 노사회의 원탁회의 대정부질의 주의 회의
    강의 합의 협의 동의 정의 논의 의의 문의 결의 예의 호의 유의 편의 거의 명의 창의 항의
    상의 하의 토의 발의 모의 고의 열의 성의 경의 심의 건의 제의 질의 사의 불의 무의 임의
    다의 대의 도의 본의 부의 선의 악의 적의 전의 진의 탈의 함의 현의 후의 수의 한의 재의
    궁의 민의 국무회의 정상회의 대책회의 본회의 전체회의 간부회의 긴급회의 화상회의
    확대회의 최고위원회의 부주의 주치의 전문의 전공의 개업의 재심의 재논의
    """
)
