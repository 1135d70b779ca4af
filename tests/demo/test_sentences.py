"""The demo's grammar: what it says, how it inflects, which sounds it meets."""

import itertools
import re
import unicodedata
from collections import Counter

import pytest

from hangul import encode, normalize, pronounce
from moksori.demo.grammar import sentences as grammar
from moksori.demo.grammar.inflection import conjugate, with_particle
from moksori.demo.grammar.quantities import NUMBERS
from moksori.demo.grammar.sentences import held_out, sentences
from moksori.demo.grammar.tables import NOUNS, PREDICATES


@pytest.fixture(scope="module")
def corpus() -> list[str]:
    return sentences(3000)


def test_same_seed_same_sentences(corpus):
    assert sentences(3000) == corpus
    assert sentences(100) == corpus[:100]
    assert sentences(100, seed=1) != corpus[:100]
    assert len(set(corpus)) == 3000


def test_held_out_never_meets_training(corpus):
    unseen = held_out(500) + held_out(500, seed=3)
    trained = set(corpus) | set(sentences(3000, seed=3))
    assert len(set(unseen[:500])) == 500
    assert not trained & set(unseen)


def test_impossible_count_is_refused(monkeypatch):
    monkeypatch.setattr(grammar, "_PATTERNS", (("안녕하세요?", "늦어서 죄송합니다."),))
    monkeypatch.setattr(grammar, "_WEIGHTS", (1,))
    with pytest.raises(ValueError, match="ask for fewer"):
        sentences(3)
    with pytest.raises(ValueError, match="0 or more"):
        sentences(-1)


def test_every_letter_of_modern_korean_is_met(corpus):
    letters = Counter(unicodedata.normalize("NFD", " ".join(corpus)))
    leads = [chr(0x1100 + i) for i in range(19)]
    vowels = [chr(0x1161 + i) for i in range(21)]
    codas = [chr(0x11A8 + i) for i in range(27)]
    rare = {
        letter: letters[letter] for letter in leads + vowels if letters[letter] < 50
    }
    assert not rare
    assert not {letter: letters[letter] for letter in codas if letters[letter] < 5}


def test_sounds_are_met_in_many_neighbourhoods(corpus):
    """Consonant and vowel pairs, as spoken; a voice cannot say what it never heard."""
    spoken = [pronounce(normalize(text)) for text in corpus]
    pairs = Counter()
    for text in spoken:
        for word in text.split():
            letters = unicodedata.normalize("NFD", word)
            pairs.update(itertools.pairwise(letters))
    assert len(pairs) > 700
    assert sum(count >= 5 for count in pairs.values()) > 550


def test_share_of_digits_and_questions(corpus):
    digits = sum(any(c.isdigit() for c in text) for text in corpus)
    questions = sum(text.endswith("?") for text in corpus)
    assert 300 <= digits <= 1000
    assert 250 <= questions <= 1000
    for form in (
        r"\d{4}년 \d+월 \d+일",
        r"\d+시 \d+분",
        r"[\d,]+원",
        r"0\d+-\d+-\d{4}",
        r"\d+(\.\d+)?%",
        r"\d+(개|권|장|벌|병|대|켤레|마리|명)",
    ):
        assert any(re.search(form, text) for text in corpus), form


def test_everything_can_be_said(corpus):
    for text in corpus:
        assert re.fullmatch(r"[가-힣0-9 .,?!%:a-z-]+", text), text
        spoken = normalize(text)
        assert re.fullmatch(r"[가-힣 .,?!]+", spoken), (text, spoken)
        assert encode(pronounce(spoken)), text


def test_every_word_list_is_used_and_every_slot_filled():
    used = set()
    for pattern in (pattern for group in grammar._PATTERNS for pattern in group):
        assert pattern[-1] in ".?!", pattern
        for number, name, mark, _ in grammar._SLOT.findall(pattern):
            used.add(name)
            table = PREDICATES if mark == "~" else NOUNS
            assert name in (NUMBERS if number else {**table, **grammar._MADE})
        assert not re.search(r"[{}]", grammar._SLOT.sub("", pattern)), pattern
    behind = {"peer", "given", "family", "title", "fruit", "greens", "meat"}
    assert set(NOUNS) | set(PREDICATES) <= used | behind


@pytest.mark.parametrize(
    ("word", "particle", "expected"),
    [
        ("사과", "을", "사과를"),
        ("밥", "을", "밥을"),
        ("서울", "으로", "서울로"),
        ("부산", "으로", "부산으로"),
        ("제주", "으로", "제주로"),
        ("형", "과", "형과"),
        ("누나", "과", "누나와"),
        ("의사", "이에요", "의사예요"),
        ("3", "이에요", "3이에요"),
        ("12", "이에요", "12예요"),
        ("5463", "으로", "5463으로"),
        ("010-1234-5678", "으로", "010-1234-5678로"),
        ("30%", "이에요", "30%예요"),
        ("2kg", "을", "2kg을"),
        ("5km", "을", "5km를"),
        ("집", "에", "집에"),
    ],
)
def test_particles(word, particle, expected):
    assert with_particle(word, particle) == expected


@pytest.mark.parametrize(
    ("predicate", "ending", "expected"),
    [
        ("가/가", "았어요", "갔어요"),
        ("가/가", "습니다", "갑니다"),
        ("먹/먹어", "습니다", "먹습니다"),
        ("책을 읽/읽어", "았어요", "책을 읽었어요"),
        ("춥/추워/추우", "을 거예요", "추울 거예요"),
        ("춥/추워/추우", "습니다", "춥습니다"),
        ("강가를 걷/걸어/걸으", "으면", "강가를 걸으면"),
        ("강가를 걷/걸어/걸으", "는", "강가를 걷는"),
        ("전화를 걸/걸어", "으니까", "전화를 거니까"),
        ("전화를 걸/걸어", "으면", "전화를 걸면"),
        ("전화를 걸/걸어", "습니다", "전화를 겁니다"),
        ("전화를 걸/걸어", "는", "전화를 거는"),
        ("전화를 걸/걸어", "읍시다", "전화를 겁시다"),
        ("전화를 걸/걸어", "은 적이", "전화를 건 적이"),
        ("밤이 길/길어", "군요", "밤이 길군요"),
        ("밤이 길/길어", "네요", "밤이 기네요"),
        ("죽을 쑤/쒀", "았어요", "죽을 쒔어요"),
        ("얼굴이 하얗/하얘/하야", "을", "얼굴이 하얄"),
        ("표를 예매하/예매해", "는대요", "표를 예매한대요"),
        ("국을 먹/먹어", "는대요", "국을 먹는대요"),
        ("약을 먹/먹어", "으세요", "약을 드세요"),
        ("낮잠을 자/자", "으셨어요", "낮잠을 주무셨어요"),
    ],
)
def test_conjugation(predicate, ending, expected):
    assert conjugate(predicate, ending) == expected
