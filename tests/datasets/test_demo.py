"""The demo corpus: its grammar, its speaker, and the folder it writes."""

import hashlib
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from audio.files import load
from datasets import demo
from datasets import sentences as grammar
from datasets.demo import SAMPLE_RATE, SPEAKERS, DemoError, Speaker, synthesize, write
from datasets.inflection import conjugate, with_particle
from datasets.predicates import PREDICATES
from datasets.sentences import held_out, sentences
from datasets.vocabulary import NOUNS
from hangul import encode, normalize, pronounce

ROOT = Path(__file__).parents[2]


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
            assert name in (grammar._NUMBERS if number else {**table, **grammar._MADE})
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


def test_speech_is_the_same_whatever_was_said_before():
    first, other = "오늘은 날씨가 참 좋네요.", "몇 시에 만날까요?"
    alone = [synthesize(first, speaker) for speaker in SPEAKERS]
    for speaker in SPEAKERS:
        synthesize(other, speaker)
    time.sleep(1.1)  # espeak-ng seeds its noise by the second
    for speaker, wave in zip(SPEAKERS, alone, strict=True):
        assert np.array_equal(synthesize(first, speaker), wave), speaker


_HASHES = """
import hashlib, sys
from datasets.demo import SPEAKERS, lines, synthesize
digest = hashlib.sha256()
for line in lines(24, speakers=len(SPEAKERS), seed=4):
    digest.update(synthesize(line.text, line.speaker).tobytes())
print(digest.hexdigest())
"""


def test_fresh_processes_give_the_same_bytes():
    answers = [
        subprocess.run(
            [sys.executable, "-c", _HASHES],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    here = hashlib.sha256()
    for line in demo.lines(24, speakers=len(SPEAKERS), seed=4):
        here.update(synthesize(line.text, line.speaker).tobytes())
    assert answers == [here.hexdigest() + "\n"] * 2


def test_wave_has_speech_between_short_silences():
    wave = synthesize("오늘은 날씨가 참 좋네요.", SPEAKERS[0])
    assert wave.dtype == np.float32
    assert wave.ndim == 1
    assert 0.3 < np.abs(wave).max() < 1
    loud = np.flatnonzero(np.abs(wave) > 0.01) / SAMPLE_RATE
    assert demo.LEAD_SECONDS <= loud[0] < demo.LEAD_SECONDS + 0.05
    end = len(wave) / SAMPLE_RATE - loud[-1]
    assert demo.TAIL_SECONDS <= end < demo.TAIL_SECONDS + 0.15


def test_sentences_take_about_two_seconds(corpus):
    seconds = [
        len(synthesize(text, SPEAKERS[0])) / SAMPLE_RATE for text in corpus[::30]
    ]
    assert 2.0 < np.mean(seconds) < 2.6
    assert min(seconds) > 0.7
    assert max(seconds) < 5.5


def _pitch(wave: np.ndarray) -> float:
    """Median fundamental in hertz of the voiced frames, by autocorrelation."""
    heard = []
    for start in range(0, len(wave) - 1024, 512):
        frame = wave[start : start + 1024].astype(np.float64)
        if np.sqrt(np.mean(frame**2)) < 0.02:
            continue
        likeness = np.correlate(frame, frame, "full")[1023:]
        shortest = SAMPLE_RATE // 450
        lag = shortest + int(np.argmax(likeness[shortest : SAMPLE_RATE // 55]))
        if likeness[lag] > 0.5 * likeness[0]:
            heard.append(SAMPLE_RATE / lag)
    return float(np.median(heard))


def _brightness(wave: np.ndarray) -> float:
    """Centre of the power spectrum in hertz."""
    power = np.abs(np.fft.rfft(wave)) ** 2
    return float(power @ np.fft.rfftfreq(len(wave), 1 / SAMPLE_RATE) / power.sum())


def test_speakers_differ_in_pitch_or_colour():
    text = "오늘은 날씨가 참 좋아서 공원에 갔어요."
    waves = [synthesize(text, speaker) for speaker in SPEAKERS]
    assert len({speaker.voice for speaker in SPEAKERS}) == len(SPEAKERS) >= 8
    traits = np.log([[_pitch(wave), _brightness(wave)] for wave in waves])
    gaps = np.linalg.norm(traits[:, None] - traits[None], axis=-1)
    np.fill_diagonal(gaps, 1)
    assert gaps.min() > 0.07


def test_digits_and_sound_changes_reach_the_voice():
    assert demo.spoken_form("국물 30%입니다.") == "궁물 삼십 퍼센트임니다."
    assert demo.spoken_form("신라, 꽃잎?") == "실라, 꼰닙?"
    spelled, sounded = (
        synthesize(text, SPEAKERS[0]) for text in ("국물입니다.", "궁무림니다.")
    )
    assert np.array_equal(spelled, sounded)


def test_nothing_to_say_and_unknown_voice_are_refused():
    with pytest.raises(DemoError, match="nothing to speak"):
        synthesize("...", SPEAKERS[0])
    with pytest.raises(DemoError, match="no voice"):
        synthesize("안녕하세요.", Speaker("xx-nobody"))
    assert len(synthesize("안녕하세요.", SPEAKERS[0])) > 0


def test_data_folder_with_a_long_path(tmp_path, monkeypatch):
    import espeakng_loader

    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    (deep / "espeak-ng-data").symlink_to(espeakng_loader.get_data_path())
    expected = synthesize("안녕하세요.", SPEAKERS[0])
    far = str(deep / "espeak-ng-data")
    monkeypatch.setattr(espeakng_loader, "get_data_path", lambda: far)
    assert np.array_equal(synthesize("안녕하세요.", SPEAKERS[0]), expected)


def _bytes(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_write_lays_out_a_corpus(tmp_path):
    seen = []
    folder = write(tmp_path / "c", 6, speakers=2, progress=lambda *at: seen.append(at))
    assert seen == [(done, 6) for done in range(1, 7)]
    rows = [
        line.split("\t")
        for line in (folder / "transcripts.tsv").read_text("utf-8").splitlines()
    ]
    assert [text for _, _, text in rows] == sentences(6)
    assert len({name for name, _, _ in rows}) == 6
    for name, speaker, text in rows:
        wave = load(folder / "wavs" / speaker / f"{name}.wav", SAMPLE_RATE)
        voice = next(s for s in SPEAKERS if s.voice == speaker)
        np.testing.assert_allclose(wave, synthesize(text, voice), atol=1e-4)
    assert json.loads((folder / "demo.json").read_text()) == {
        "version": demo.VERSION,
        "count": 6,
        "speakers": 2,
        "seed": 0,
        "finished": True,
    }
    assert {speaker for _, speaker, _ in rows} == {s.voice for s in SPEAKERS[:2]}


def test_finished_corpus_is_not_made_again(tmp_path, monkeypatch):
    folder = write(tmp_path / "c", 3)
    before = _bytes(folder)
    monkeypatch.setattr(demo, "synthesize", None)
    monkeypatch.setattr(demo, "sentences", None)
    write(folder, 3)
    assert _bytes(folder) == before


def test_larger_count_keeps_what_is_there(tmp_path, monkeypatch):
    whole = _bytes(write(tmp_path / "whole", 5))
    write(tmp_path / "grown", 3)
    spoken = []
    monkeypatch.setattr(
        demo, "synthesize", lambda *given: spoken.append(given) or synthesize(*given)
    )
    assert _bytes(write(tmp_path / "grown", 5)) == whole
    assert len(spoken) == 2


def test_another_corpus_is_not_overwritten(tmp_path):
    folder = write(tmp_path / "c", 2)
    before = _bytes(folder)
    with pytest.raises(DemoError, match="seed 0, not 1"):
        write(folder, 2, seed=1)
    with pytest.raises(DemoError, match="speakers 1, not 2"):
        write(folder, 2, speakers=2)
    with pytest.raises(DemoError, match="1 to"):
        write(tmp_path / "d", 2, speakers=99)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "song.wav").write_bytes(b"x")
    with pytest.raises(DemoError, match="something else"):
        write(tmp_path / "mine", 2)
    (folder / "demo.json").write_text("{")
    with pytest.raises(DemoError, match="damaged"):
        write(folder, 2)
    del before["demo.json"]
    assert {n: data for n, data in _bytes(folder).items() if n != "demo.json"} == before


_SLOW_WRITE = """
import sys, time
from datasets.demo import write
write(sys.argv[1], 60, speakers=2, progress=lambda done, count: time.sleep(0.1))
"""


def test_killed_half_way_it_continues(tmp_path):
    whole = _bytes(write(tmp_path / "whole", 60, speakers=2))
    folder = tmp_path / "killed"
    child = subprocess.Popen([sys.executable, "-c", _SLOW_WRITE, str(folder)], cwd=ROOT)
    while len(list(folder.glob("wavs/*/demo_*.wav"))) < 5 and child.poll() is None:
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert json.loads((folder / "demo.json").read_text())["finished"] is False
    half = list(folder.glob("wavs/*/demo_*.wav"))
    assert 5 <= len(half) < 60
    for path in half:
        assert path.read_bytes() == whole[str(path.relative_to(folder))]
    write(folder, 60, speakers=2)
    after = _bytes(folder)
    assert {name: after[name] for name in whole} == whole
