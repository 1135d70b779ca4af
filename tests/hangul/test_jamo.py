"""Syllables and jamo, from every spelling of the same letters."""

import unicodedata

import jamo
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hangul import compose, decompose
from hangul.jamo import CODAS, LEADS, VOWELS, coda_of, join, split

SYLLABLES = [chr(code) for code in range(0xAC00, 0xD7A4)]
HALF_WIDTH = dict(
    zip(
        "ㄱㄲㄳㄴㄵㄶㄷㄸㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅃㅄㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ",
        map(chr, range(0xFFA1, 0xFFBF)),
        strict=True,
    )
) | dict(
    zip(
        "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ",
        map(
            chr,
            [
                *range(0xFFC2, 0xFFC8),
                *range(0xFFCA, 0xFFD0),
                *range(0xFFD2, 0xFFD8),
                *range(0xFFDA, 0xFFDD),
            ],
        ),
        strict=True,
    )
)


def typed(text: str) -> str:
    """Compatibility jamo of every syllable, by the `jamo` library."""
    return jamo.j2hcj(jamo.h2j(text))


def test_every_syllable_there_and_back():
    for syllable in SYLLABLES:
        assert compose(decompose(syllable)) == unicodedata.normalize("NFC", syllable)
        assert decompose(syllable) == unicodedata.normalize("NFD", syllable)
        assert join(*split(syllable)) == syllable


def test_every_syllable_from_compatibility_and_half_width_jamo():
    for syllable in SYLLABLES:
        letters = typed(syllable)
        assert compose(letters) == syllable
        assert compose("".join(HALF_WIDTH[letter] for letter in letters)) == syllable


@pytest.mark.parametrize(
    ("letters", "text"),
    [
        ("ㅇㅏㄴㄴㅕㅇ", "안녕"),
        ("ㄷㅏㄹㄱ", "닭"),
        ("ㄷㅏㄹㄱㅣ", "달기"),
        ("ㄷㅏㄺㅇㅣ", "닭이"),
        ("ㄷㅏㄺㅣ", "달기"),
        ("ㄱㅗㅏㅇ", "광"),
        ("ㅇㅡㅣㅅㅏ", "의사"),
        ("ㄱㄱㅏ", "ㄱ가"),
        ("ㄲㅏㄲㅏ", "까까"),
        ("ㅇㅣㅆㅇㅓ", "있어"),
        ("ㅇㅣㅆㅓ", "이써"),
        ("ㄱㅏㅂㅅㅡㄹ", "갑슬"),
        ("ㅂㅏㄸㅏ", "바따"),
        ("ㅋㅋㅋ", "ㅋㅋㅋ"),
        ("ㅠㅠ", "ㅠㅠ"),
        ("그래ㅋㅋ", "그래ㅋㅋ"),
        ("ㄳㅏ", "ㄱ사"),
    ],
)
def test_keyboard_decides_between_coda_and_lead(letters, text):
    assert compose(letters) == text


@pytest.mark.parametrize(
    ("mixture", "text"),
    [
        ("하\u11abㄱㅜㄱ", "한국"),
        ("\u1112\u1161ㄴ국", "한국"),
        ("안\u1102\u1167\u11bc", "안녕"),
        ("ㅇㅏㄴ\u1102\u1167\u11bc", "안녕"),
        ("\u1112\u3164\u1161", "하"),
        ("\u1100\u1100\u1161", "ㄱ가"),
        ("가\u11a8\u11a8", "각ㄱ"),
        ("\u11a8", "ㄱ"),
        ("abc ㄱ1", "abc ㄱ1"),
    ],
)
def test_mixtures(mixture, text):
    assert compose(mixture) == text


@given(st.lists(st.sampled_from(SYLLABLES), max_size=12), st.data())
def test_each_syllable_may_come_in_its_own_form(syllables, data):
    forms = [data.draw(st.sampled_from([s, decompose(s), typed(s)])) for s in syllables]
    # A composed syllable is closed, so only typed letters may not follow it loose.
    assert compose("".join(forms)) == "".join(syllables)


def test_lead_and_coda_are_different_characters():
    assert not set(LEADS) & set(CODAS)
    assert (len(LEADS), len(VOWELS), len(CODAS)) == (19, 21, 27)
    assert decompose("각") == "\u1100\u1161\u11a8"


def test_coda_of():
    assert [coda_of(c) for c in "닭가x"] == ["ㄺ", "", ""]
