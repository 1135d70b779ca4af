"""Every layout, recognised and named, whole and damaged."""

import unicodedata
from pathlib import Path

import pytest

from datasets.readers import corpora
from tests.datasets.made import (
    TEXTS,
    folder_corpus,
    write_json,
    write_sound,
    write_text,
)

ZEROTH = Path(__file__).parents[3] / "shared/data/zeroth_sample"


def texts(corpus):
    return [one.text for one in corpus.utterances]


def ids(corpus):
    return [one.id for one in corpus.utterances]


def reasons(corpus):
    return [problem.reason for problem in corpus.problems]


def kss(folder, name="transcript.v.1.4.txt", fields=6):
    rest = (unicodedata.normalize("NFD", "스물 살"), "2.5", "twenty")
    lines = []
    for number in range(3):
        path = f"{number % 2 + 1}/{number % 2 + 1}_000{number}.wav"
        write_sound(folder / path, number)
        spoken = unicodedata.normalize("NFD", f"스무 살 {TEXTS[number]}")
        lines.append("|".join((path, f"20살 {TEXTS[number]}", spoken, *rest)[:fields]))
    return write_text(folder / name, "\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("transcript.v.1.4.txt", 6),
        ("transcript.v.1.3.txt", 5),
        ("transcript.txt", 4),
    ],
)
def test_kss_of_every_release(tmp_path, name, fields):
    kss(tmp_path, name, fields)
    corpus = corpora.read(tmp_path)
    assert corpus.format == "kss"
    assert ids(corpus) == ["1_0000", "2_0001", "1_0002"]
    assert texts(corpus) == [f"스무 살 {text}" for text in TEXTS[:3]]
    assert {one.speaker for one in corpus.utterances} == {"kss"}
    assert all(one.path.is_file() for one in corpus.utterances)


def test_kss_prefers_the_newest_release(tmp_path):
    kss(tmp_path, "transcript.v.1.3.txt", 5)
    write_text(tmp_path / "transcript.v.1.4.txt", "1/1_0000.wav|가|새 글|가|1|new\n")
    assert texts(corpora.read(tmp_path)) == ["새 글"]


def test_kss_reports_missing_recordings_and_torn_lines(tmp_path):
    table = kss(tmp_path)
    more = "1/9_9999.wav|가|가|가|1|a\ntorn line\n"
    table.write_text(table.read_text("utf-8") + more, "utf-8")
    corpus = corpora.read(tmp_path)
    assert len(corpus.utterances) == 3
    assert reasons(corpus) == ["missing", "torn line"]
    assert "line 5" in corpus.problems[1].detail


def test_ljspeech(tmp_path):
    write_sound(tmp_path / "wavs/LJ001.wav", 0)
    write_sound(tmp_path / "wavs/LJ002.flac", 1)
    lines = "LJ001|3시|세 시\nLJ002|안녕|\nLJ003|없다|없다\n\n"
    write_text(tmp_path / "metadata.csv", lines, "utf-8-sig")
    corpus = corpora.read(tmp_path)
    assert corpus.format == "ljspeech"
    assert ids(corpus) == ["LJ001", "LJ002"]
    assert texts(corpus) == ["세 시", "안녕"]
    assert [one.speaker for one in corpus.utterances] == [tmp_path.name] * 2
    assert [problem.id for problem in corpus.problems] == ["LJ003"]


def test_zeroth(tmp_path):
    for speaker, number in ((104, 1), (104, 2), (205, 1)):
        name = f"003/{speaker}/{speaker}_003_000{number}.flac"
        write_sound(tmp_path / name, speaker + number)
    write_text(
        tmp_path / "003/104/104_003.trans.txt",
        "104_003_0001 안녕 하세요\n104_003_0009 없는 소리\n",
    )
    write_text(tmp_path / "003/205/205_003.trans.txt", "205_003_0001 네\n")
    corpus = corpora.read(tmp_path)
    assert corpus.format == "zeroth"
    assert ids(corpus) == ["104_003_0001", "205_003_0001"]
    assert [one.speaker for one in corpus.utterances] == ["104", "205"]
    assert [(p.id, p.reason) for p in corpus.problems] == [
        ("104_003_0009", "missing"),
        ("104_003_0002", "no transcript"),
    ]


@pytest.mark.skipif(not ZEROTH.is_dir(), reason="the sample is not on this machine")
def test_the_real_zeroth_sample():
    corpus = corpora.read(ZEROTH)
    assert (corpus.format, len(corpus.utterances)) == ("zeroth", 10)
    assert not corpus.problems
    assert corpus.utterances[0].text.startswith("지난해 삼 월")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("name", ["alignment.json", "son-recognition-All.json"])
def test_json_by_file_name_alone(tmp_path, name, encoding):
    write_sound(tmp_path / "audio/a.wav", 0)
    write_sound(tmp_path / "audio/b.mp3", 1)
    table = {
        "./datasets/son/audio/a.wav": "하나",
        "C:\\voices\\b.wav": "둘",
        "x/c.wav": "셋",
        "x/d.wav": None,
    }
    write_json(tmp_path / name, table, encoding)
    corpus = corpora.read(tmp_path)
    assert corpus.format == "json"
    assert texts(corpus) == ["하나", "둘"]
    assert [one.path.name for one in corpus.utterances] == ["a.wav", "b.mp3"]
    assert reasons(corpus) == ["missing", "no transcript"]
    speaker = "son" if name.startswith("son") else tmp_path.name
    assert {one.speaker for one in corpus.utterances} == {speaker}


def test_json_that_is_no_object(tmp_path):
    write_json(tmp_path / "alignment.json", ["a.wav"])
    with pytest.raises(corpora.CorpusError, match="one object"):
        corpora.read(tmp_path)
    write_text(tmp_path / "alignment.json", "{torn")
    with pytest.raises(corpora.CorpusError, match="is not JSON"):
        corpora.read(tmp_path)


def test_other_json_is_not_taken_for_a_table(tmp_path):
    folder_corpus(tmp_path, 1)
    write_json(tmp_path / "a.json", [{"path": "a.wav"}])
    write_json(tmp_path / "b.json", 3)
    write_json(tmp_path / "c.json", {"version": "1.wav"})
    assert corpora.read(tmp_path).format == "folder"


def aihub_label(text="안녕하세요.", start="0.25", end=0.75):
    return {
        "전사정보": {"TransLabelText": text},
        "화자정보": {"SpeakerName": "은별"},
        "기타정보": {"SpeechStart": start, "SpeechEnd": end},
    }


def test_aihub(tmp_path):
    write_sound(tmp_path / "a/1.wav", 0)
    write_json(tmp_path / "a/1.json", aihub_label(), "utf-8-sig")
    write_sound(tmp_path / "sounds/2.wav", 1)
    write_json(tmp_path / "labels/2.json", aihub_label("둘", start=None, end="x"))
    write_json(tmp_path / "labels/3.json", aihub_label("셋"))
    write_json(tmp_path / "labels/4.json", {"화자정보": {}})
    write_json(tmp_path / "labels/other.json", {"version": 1})
    corpus = corpora.read(tmp_path)
    assert corpus.format == "aihub"
    first, second = corpus.utterances
    assert (first.speaker, first.text) == ("은별", "안녕하세요.")
    assert (first.start_seconds, first.end_seconds) == (0.25, 0.75)
    assert (second.path.parent.name, second.start_seconds) == ("sounds", None)
    assert [(p.id, p.reason) for p in corpus.problems] == [
        ("3", "missing"),
        ("4", "no transcript"),
    ]


def test_a_backward_cut_is_no_cut(tmp_path):
    write_sound(tmp_path / "1.wav", 0)
    write_json(tmp_path / "1.json", aihub_label(start=0.5, end=0.5))
    one = corpora.read(tmp_path, "aihub").utterances[0]
    assert (one.start_seconds, one.end_seconds) == (None, None)


@pytest.mark.parametrize(
    ("start", "end", "cut"),
    [
        (450, "4230", (0.45, 4.23)),
        (None, 4230, (None, 4.23)),
        (0, 99, (0.0, 99.0)),
        ("nan", "inf", (None, None)),
    ],
)
def test_aihub_times_in_milliseconds(tmp_path, start, end, cut):
    write_sound(tmp_path / "1.wav", 0)
    write_json(tmp_path / "1.json", aihub_label(start=start, end=end))
    one = corpora.read(tmp_path, "aihub").utterances[0]
    assert (one.start_seconds, one.end_seconds) == cut


def test_folder_with_texts_beside(tmp_path):
    folder_corpus(tmp_path, 2, ("minji", "suho"))
    write_sound(tmp_path / "top.ogg", 9)
    write_text(tmp_path / "top.txt", "맨\n위\n", "cp949")
    write_sound(tmp_path / "silent.wav", 8)
    write_text(tmp_path / "suho/alone.txt", "소리 없음")
    write_text(tmp_path / "._top.wav", "a ghost that some systems leave")
    corpus = corpora.read(tmp_path)
    assert corpus.format == "folder"
    assert ids(corpus) == ["minji_000", "minji_001", "suho_000", "suho_001", "top"]
    assert [one.speaker for one in corpus.utterances] == [
        *("minji", "minji", "suho", "suho"),
        tmp_path.name,
    ]
    assert corpus.utterances[-1].text == "맨 위"
    assert [(p.id, p.reason) for p in corpus.problems] == [
        ("silent", "no transcript"),
        ("suho_alone", "missing"),
    ]


@pytest.mark.parametrize("marker", [False, True])
def test_one_table_with_speakers(tmp_path, marker):
    write_sound(tmp_path / "wavs/ko/0001.wav", 0)
    write_sound(tmp_path / "wavs/ko2/0001.wav", 1)
    lines = "0001\tko\t하나\n0001\tko2\t둘\n0002\tko\t없다\ntorn\n"
    write_text(tmp_path / "transcripts.tsv", lines)
    if marker:
        write_json(tmp_path / "demo.json", {})
    corpus = corpora.read(tmp_path)
    assert corpus.format == ("demo" if marker else "folder")
    assert [(one.speaker, one.text) for one in corpus.utterances] == [
        ("ko", "하나"),
        ("ko2", "둘"),
    ]
    assert [one.path.parent.name for one in corpus.utterances] == ["ko", "ko2"]
    assert reasons(corpus) == ["missing", "torn line"]


def test_one_table_with_paths(tmp_path):
    write_sound(tmp_path / "suho/a.wav", 0)
    write_sound(tmp_path / "audio/b.wav", 1)
    write_sound(tmp_path / "c.d.wav", 2)
    lines = "path\ttext\r\nsuho/a.wav\t하나\r\nb\t둘\r\nc.d\t셋\r\n"
    write_text(tmp_path / "transcripts.tsv", lines, "utf-16")
    corpus = corpora.read(tmp_path)
    assert not corpus.problems
    assert [(one.id, one.speaker, one.text) for one in corpus.utterances] == [
        ("a", "suho", "하나"),
        ("b", tmp_path.name, "둘"),
        ("c.d", tmp_path.name, "셋"),
    ]


def test_one_table_never_takes_the_recording_of_another_speaker(tmp_path):
    write_sound(tmp_path / "deep/ko2/0001.wav", 0)
    write_sound(tmp_path / "wavs/ko/0002.wav", 1)
    write_text(tmp_path / "transcripts.tsv", "0001\tko\t하나\n0002\tko\t둘\n")
    corpus = corpora.read(tmp_path)
    assert texts(corpus) == ["둘"]
    assert [(p.id, p.reason) for p in corpus.problems] == [
        ("0001", "missing"),
        ("0001", "no transcript"),
    ]


def test_text_is_composed(tmp_path):
    write_sound(tmp_path / "a.wav", 0)
    write_text(tmp_path / "a.txt", unicodedata.normalize("NFD", "한글"))
    assert texts(corpora.read(tmp_path)) == ["한글"]


def test_reading_twice_gives_the_same(tmp_path):
    folder_corpus(tmp_path, 5, ("b", "a"))
    assert corpora.read(tmp_path) == corpora.read(tmp_path)


def test_what_is_no_corpus(tmp_path):
    with pytest.raises(corpora.CorpusError, match="no such folder"):
        corpora.read(tmp_path / "nowhere")
    with pytest.raises(corpora.CorpusError, match="--format"):
        corpora.read(tmp_path)
    with pytest.raises(corpora.CorpusError, match="known: kss"):
        corpora.read(tmp_path, "ksss")
    for name in corpora.FORMATS:
        with pytest.raises(corpora.CorpusError):
            corpora.read(tmp_path, name)
