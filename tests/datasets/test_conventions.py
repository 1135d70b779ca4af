"""Marks of transcription: taken out where a corpus has them, and only there."""

from pathlib import Path

import pytest

from datasets.readers import conventions
from datasets.readers.corpus import Corpus, Utterance

# As KsponSpeech writes, and what was said.
MARKED = {
    "o/ 나는 (3개)/(세 개)만 있으면 돼. b/": "나는 세 개만 있으면 돼.",
    "n/ 그게 (9월)/(구월) 달이야+ 달이야?": "그게 구월 달이야 달이야?",
    "아/ 뭐* 그냥 (TV)/(티비) 봤어 l/": "아 뭐 그냥 티비 봤어",
    "b/ 아/ 모+ 몬 소리야 (70%)/(칠 십 퍼센트) 확률이라니 n/": (
        "아 모 몬 소리야 칠 십 퍼센트 확률이라니"
    ),
    "(n/) 응, 어/, 그래": "응, 어, 그래",
    "o/n/ 네 n/안녕 b/ 반가워": "네 안녕 반가워",
    "(아이구)/(아이고) 참": "아이고 참",
    "(60km/h) 3+4 그리고/또는 km/h": "(60km/h) 3+4 그리고/또는 km/h",
}
PLAIN = (
    "그리고/또는 3+4 km/h",
    "시속 60km/h로 A+ 받았어*",
    "(남)/(여) 모두 1/2",
    "안녕 o/",
    "(주)가나 [속보] 오늘",
    "디즈니+ 봤어",
)


def corpus(*texts):
    made = Corpus(Path("corpus"), "folder")
    for number, text in enumerate(texts):
        made.utterances.append(Utterance(str(number), "a", text, Path("a.wav")))
    return made


def resolved(*texts, transcription="spoken"):
    made = corpus(*texts)
    conventions.resolve(made, transcription)
    return [one.text for one in made.utterances], [
        (one.id, one.reason.value) for one in made.problems
    ]


def test_what_was_said_is_trained_on():
    made = corpus(*MARKED)
    conventions.resolve(made)
    assert [one.text for one in made.utterances] == list(MARKED.values())
    assert not made.problems
    assert "taken out of 7 texts" in made.notes[0]


@pytest.mark.parametrize(
    ("transcription", "expected"),
    [
        ("spoken", ["세 개 줘", "네"]),
        ("written", ["3개 줘", "네"]),
        ("verbatim", ["(3개)/(세 개) 줘", "b/ 네"]),
    ],
)
def test_either_transcription_can_be_chosen(transcription, expected):
    texts, problems = resolved("(3개)/(세 개) 줘", "b/ 네", transcription=transcription)
    assert (texts, problems) == (expected, [])


def test_plain_texts_stay_as_they_are():
    made = corpus(*PLAIN)
    conventions.resolve(made)
    assert [one.text for one in made.utterances] == list(PLAIN)
    assert not made.notes
    assert not made.problems


def test_marks_without_a_double_count_from_a_share_on():
    assert resolved("b/ 네", "n/ 아니 l/", "어/ 그래")[0] == ["네", "아니", "어 그래"]
    rare = ["b/ 네", "n/ 네", *["그래/아니"] * 100]
    assert resolved(*rare)[0] == rare


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("u/ 안녕 b/", "unintelligible"),
        ("저는 &name1& 입니다", "unintelligible"),
        ("@이름1 씨 안녕하세요", "unintelligible"),
        ("((xx)) 그래", "unintelligible"),
        ("(3개)/세 개) 줘", "torn line"),
        ("b/ l/", "no speech"),
        ("(웃음)", "no speech"),
    ],
)
def test_what_does_not_tell_its_sound_is_rejected(text, reason):
    assert resolved("(3개)/(세 개)", text) == (["세 개"], [("1", reason)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(SN:도어락) 열어 (FP:음) 줘 (NO:)", "도어락 열어 음 줘"),
        ("[웃음] 네 (박수)", "네"),
        ("네 {laughing} 그래 /(noise) @웃음", "네 그래"),
        ("<noise> 두 칸  사이", "두 칸 사이"),
        ("두 칸  사이", "두 칸  사이"),
    ],
)
def test_marks_that_no_text_has_otherwise(text, expected):
    assert resolved(text) == ([expected], [])
