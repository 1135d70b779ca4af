"""Labels of AI Hub's sets: where each keeps text, speaker, recording and times."""

import pytest

from datasets.readers import corpora
from tests.datasets.made import write_json, write_sound

TEXT = "안녕하세요."


def found(corpus):
    return [(one.id, one.speaker, one.text) for one in corpus.utterances]


def problems(corpus):
    return [(one.id, one.reason.value) for one in corpus.problems]


@pytest.mark.parametrize(
    ("label", "speaker"),
    [
        ({"전사정보": {"TransLabelText": "", "OrgLabelText": TEXT}}, "b"),
        ({"전사정보": {"LabelText": TEXT}, "화자정보": {"SpeakerName": "KJW"}}, "KJW"),
        (
            {
                "발화정보": {"stt": TEXT, "fileNm": "00.wav"},
                "녹음자정보": {"recorderId": "a1"},
            },
            "a1",
        ),
        (
            {
                "script": {"id": "1", "text": "글"},
                "speaker": {"id": "S1"},
                "transcription": {"standard": "글", "dialect": TEXT},
            },
            "S1",
        ),
        ({"script": {"text": TEXT}}, "b"),
        ({"fileName": "00.wav", "transcription": {"ReadingLabelText": TEXT}}, "b"),
        ({"transcription": {"AnswerLabelText": TEXT, "ReadingLabelText": ""}}, "b"),
        ({"dialogs": {"text": TEXT, "speakerId": "s7"}}, "s7"),
        ({"fileName": "00", "utterance": [{"form": TEXT, "speaker_id": "1"}]}, "1"),
    ],
)
def test_one_label_for_a_recording(tmp_path, label, speaker):
    write_sound(tmp_path / "원천/b/00.wav", 0)
    write_sound(tmp_path / "원천/c/00.wav", 1)
    write_json(tmp_path / "라벨/b/00.json", label)
    corpus = corpora.read(tmp_path)
    assert corpus.format == "aihub"
    assert found(corpus) == [("00", speaker, TEXT)]
    assert corpus.utterances[0].path == tmp_path / "원천/b/00.wav"


def test_the_recording_that_a_label_names(tmp_path):
    write_sound(tmp_path / "x_1.wav", 0)
    label = {"발화정보": {"stt": TEXT, "fileNm": "audio\\x_1.WAV"}}
    write_json(tmp_path / "label_1.json", label)
    assert corpora.read(tmp_path).utterances[0].path.name == "x_1.wav"


def test_a_list_of_sentences_with_a_recording_each(tmp_path):
    sentences = [
        {
            "origin_text": "15cm",
            "voice_piece": {"filename": f"w/{n}.wav", "tr": f"십오 센티미터 {n}"},
        }
        for n in range(3)
    ]
    record = {"reciter": {"id": 12}, "sentences": [*sentences, {"origin_text": "없음"}]}
    for number in range(2):
        write_sound(tmp_path / f"원천/{number}.wav", number)
    write_json(tmp_path / "라벨/책.json", [record])
    corpus = corpora.read(tmp_path)
    assert found(corpus) == [
        ("0", "12", "십오 센티미터 0"),
        ("1", "12", "십오 센티미터 1"),
    ]
    assert problems(corpus) == [("2", "missing"), ("책", "missing")]


def test_one_recording_with_many_utterances(tmp_path):
    utterances = [
        {"form": "가", "start": 0.1, "end": 1.0, "speaker_id": "1"},
        {"form": "나", "dialect_form": "너", "start": 1.0, "end": 2, "speaker_id": "A"},
        {"form": "다", "start": 2.0, "end": 3.5, "speaker_id": "1"},
        {"form": "라", "start": 3.0, "end": 4.0, "speaker_id": "1"},
        {"form": "", "start": 4.0, "end": 5.0},
        {"form": "마", "start": "오", "end": None},
    ]
    write_sound(tmp_path / "대화.wav", 0, 5.0)
    write_json(tmp_path / "대화.json", {"utterance": utterances})
    corpus = corpora.read(tmp_path)
    assert found(corpus) == [
        ("대화_0001", "대화_1", "가"),
        ("대화_0002", "A", "너"),
    ]
    assert [one.end_seconds for one in corpus.utterances] == [1.0, 2.0]
    assert problems(corpus) == [
        ("대화_0003", "overlaps another"),
        ("대화_0004", "overlaps another"),
        ("대화_0005", "transcript empty"),
        ("대화_0006", "torn line"),
    ]


def test_labels_without_text_or_recording_are_told_of(tmp_path):
    write_json(
        tmp_path / "a.json", {"utterance": [{"form": "가", "start": 0, "end": 1}]}
    )
    write_json(tmp_path / "b.json", {"발화정보": {}})
    (tmp_path / "c.json").write_text("{torn")
    corpus = corpora.read(tmp_path)
    assert problems(corpus) == [
        ("a", "missing"),
        ("b", "no transcript"),
        ("c", "no transcript"),
    ]
