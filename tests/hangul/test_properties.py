"""What holds for every string."""

import re
import unicodedata

import jamo
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hangul import compose, encode, normalize, normalize_verbose, pronounce

CLOSED = re.compile(r"[가-힣 .,?!]*")
PIECES = st.sampled_from(
    [
        *"0123456789.,-~–:/+=%()'\"&@#$₩^<>≤√ \n·…ㅋㅠㄱㅏXVIabpmKBkg²",
        *"³°C㎡Ⅲ①½★😀大金年○αñП",
        *("년", "월", "일", "시", "분", "초", "원", "개", "명", "대", "번", "제", "여"),
        *(
            "만",
            "억",
            "천",
            "살",
            "까지",
            "을(를)",
            "안녕",
            "10",
            "2024",
            "www.",
            ".com",
        ),
        *("km/h", "mp3", "https://", "Mr.", "PM", "\ud800", "\u1112", "\u1161"),
        *("\u11ab", "👍🏽", "1️⃣"),
    ]
)
TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(st.characters(), max_size=30),
    st.lists(PIECES, max_size=30).map("".join),
)
KOREAN = st.text(
    st.one_of(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), st.just(" ")),
    max_size=30,
)


@given(TEXTS)
@example("\ud800\udfff")
@example("1" * 5000)
@example("1." * 500)
@example("1,000" * 300 + "원")
@example("(" * 300)
@example("³" * 50)
@settings(deadline=None, max_examples=300)
def test_any_string_is_read_into_the_closed_alphabet(text):
    spoken = normalize(text)
    assert CLOSED.fullmatch(spoken)
    assert normalize(spoken) == spoken
    assert encode(spoken)
    assert CLOSED.fullmatch(pronounce(spoken))


@given(TEXTS)
@settings(deadline=None, max_examples=150)
def test_lone_jamo_may_be_dropped(text):
    spoken = normalize_verbose(text, lone_jamo=False)
    assert CLOSED.fullmatch(spoken.text)
    assert normalize(spoken.text, lone_jamo=False) == spoken.text


@given(KOREAN)
@settings(deadline=None)
def test_decomposed_input_gives_the_same_ids(text):
    ids = encode(normalize(text))
    assert encode(normalize(unicodedata.normalize("NFD", text))) == ids
    assert encode(normalize(jamo.j2hcj(jamo.h2j(text)))) == ids


@given(KOREAN)
@settings(deadline=None)
def test_plain_hangul_is_left_alone(text):
    assert normalize(text) == " ".join(text.split())


@given(KOREAN)
@settings(deadline=None)
def test_pronunciation_keeps_syllables_and_spaces(text):
    spoken = normalize(text)
    sounded = pronounce(spoken)
    assert len(sounded) == len(spoken)
    assert [c == " " for c in sounded] == [c == " " for c in spoken]
    assert compose(sounded) == sounded
