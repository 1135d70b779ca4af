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


@pytest.mark.parametrize(("written", "spoken"), BUILT)
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
