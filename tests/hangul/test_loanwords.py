"""English words: what is built of the listed ones, and what the rules alone spell."""

import re

import pytest

from hangul import normalize
from hangul.spelling import to_hangul
from hangul.tables import names, read_pairs
from hangul.words import words

from .readings import readings

# Forms and compounds of listed words.
BUILT = readings(
    """
    cats → 캐츠
    shirts → 셔츠
    cards → 카즈
    books → 북스
    dishes → 디시즈
    stories → 스토리즈
    making → 메이킹
    hacking → 해킹
    planning → 플래닝
    playing → 플레잉
    scoring → 스코어링
    connected → 커넥티드
    played → 플레이드
    worked → 워크트
    faster → 패스터
    bigger → 비거
    newest → 뉴이스트
    quickly → 퀴클리
    friendship → 프렌드십
    sunny → 서니
    engineers → 엔지니어즈
    livestream → 라이브스트림
    moonlight → 문라이트
    OpenStack → 오픈스택
    dataLoader → 데이터로더
    user_name → 유저 네임
    mother's → 머더즈
    """
)

# Code, chat, menus and notices in two languages.
MIXED_TEXT = readings(
    """
    npm install 후 git push 하세요 → 엔피엠 인스톨 후 깃 푸시 하세요
    main 브랜치에 merge → 메인 브랜치에 머지
    HTTP 404 에러 → 에이치티티피 사백사 에러
    JSON 파싱 실패 → 제이슨 파싱 실패
    docker-compose up → 도커 컴포즈 업
    getUserById → 겟유저바이아이디
    localhost → 로컬호스트
    pandas DataFrame → 판다스 데이터프레임
    PyTorch Lightning → 파이토치 라이트닝
    prompt engineering → 프롬프트 엔지니어링
    SEO 최적화 → 에스이오 최적화
    B2B SaaS → 비투비 사스
    OMG 대박 → 오엠지 대박
    LOL 하자 → 롤 하자
    TMI 방출 → 티엠아이 방출
    I'm fine → 아임 파인
    Thank you so much → 생크 유 소 머치
    FREE size → 프리 사이즈
    Americano 한 잔 → 아메리카노 한 잔
    tiramisu와 croissant → 티라미수와 크루아상
    brunch menu → 브런치 메뉴
    black friday SALE → 블랙 프라이데이 세일
    NEW ARRIVAL → 뉴 어라이벌
    Premier League → 프리미어 리그
    Gyeongbokgung Palace → 경복궁 팰리스
    LE SSERAFIM → 르세라핌
    CEO Tim Cook → 씨이오 팀 쿡
    """
)

# Korean names in Latin letters.
ROMANIZED = readings(
    """
    Seongsu → 성수
    Yeongdeungpo → 영등포
    Cheongju → 청주
    Hyeonjin → 현진
    Seungmin → 승민
    Yeouido → 여의도
    Jeongseon → 정선
    Geumgang → 금강
    Byeongho → 병호
    neon → 네온
    pigeon → 피전
    """
)

# Listed words that the rules alone spell the same.
RULED = names(
    """
    hamburger knowledge technique about architect bottle campaign captain chemistry
    climbing combine computer connect delicious design driver enough enjoy feather
    fireman flexible freedom heavy hundred image island language leather listen
    magician market message mission motion mountain nature night office picture
    pressure question quick review science season service shower sign silence spider
    student surprise tower trouble tunnel village visual weather welcome window wisdom
    write young
    """
)


@pytest.mark.parametrize(("written", "spoken"), BUILT + MIXED_TEXT + ROMANIZED)
def test_built(written, spoken):
    assert normalize(written) == spoken


@pytest.mark.parametrize("word", sorted(RULED))
def test_rules_alone(word):
    assert to_hangul(word) == words()[word]


def test_tables_are_sorted_hangul_under_lower_case():
    for table in (words(), read_pairs("hanja_words.txt")):
        assert list(table) == sorted(table)
        assert all(re.fullmatch("[가-힣 ]+", spoken) for spoken in table.values())
    assert all(word == word.lower() and word.isascii() for word in words())
