"""A transcript beside every recording: plain texts, and texts with times."""

import unicodedata

import pytest

import hparams
from datasets.readers import corpora
from datasets.store import build as features
from datasets.store.extract import load_recording
from tests.datasets.made import write_sound, write_text

SRT = (
    "1\n00:00:00,000 --> 00:00:01,000\n안녕하세요\n\n2\n00:00:01,000 --> 00:00:02,000\n"
)
SRT += "반갑습니다\n"
TWO = [("안녕하세요", 0.0, 1.0), ("반갑습니다", 1.0, 2.0)]


def cuts(corpus):
    return [(one.text, one.start_seconds, one.end_seconds) for one in corpus.utterances]


def problems(corpus):
    return [(one.id, one.reason.value) for one in corpus.problems]


@pytest.mark.parametrize(
    "name",
    [
        "영상.srt",
        "영상.txt",
        "영상.SRT",
        "영상.ko.srt",
        "영상.ko-KR.vtt",
        "영상.wav.srt",
    ],
)
def test_one_recording_is_cut_at_the_times_of_its_subtitles(tmp_path, name):
    write_sound(tmp_path / "민지/영상.wav", 0, 2.0)
    content = SRT.replace(",000", ".000") if name.endswith("vtt") else SRT
    header = "WEBVTT\n\n" if name.endswith("vtt") else ""
    write_text(tmp_path / "민지" / name, header + content)
    corpus = corpora.read(tmp_path)
    assert corpus.format == "folder"
    assert [one.id for one in corpus.utterances] == ["민지_영상_0001", "민지_영상_0002"]
    assert cuts(corpus) == TWO
    assert {one.speaker for one in corpus.utterances} == {"민지"}
    assert not corpus.problems


def test_subtitles_win_over_plain_text_and_say_so(tmp_path):
    write_sound(tmp_path / "a.mp3", 0, 2.0)
    write_text(tmp_path / "a.srt", SRT)
    write_text(tmp_path / "a.txt", "안녕하세요 반갑습니다")
    corpus = corpora.read(tmp_path)
    assert cuts(corpus) == TWO
    assert problems(corpus) == [("a", "not used")]
    assert "a.srt is read instead" in corpus.problems[0].detail


def test_what_cannot_be_read_gives_way_to_plain_text(tmp_path):
    write_sound(tmp_path / "a.wav", 0)
    write_text(tmp_path / "a.TextGrid", "no grid")
    write_text(tmp_path / "a.txt", "안녕하세요")
    corpus = corpora.read(tmp_path)
    assert cuts(corpus) == [("안녕하세요", None, None)]
    assert problems(corpus) == [("a", "no transcript")]
    assert "holds no times" in corpus.problems[0].detail


def test_every_file_and_every_cue_is_told_of(tmp_path):
    write_sound(tmp_path / "a.wav", 0)
    write_text(tmp_path / "a.smi", "<SAMI>")
    write_text(tmp_path / "a.en.srt", SRT)
    write_sound(tmp_path / "b.wav", 1)
    write_text(tmp_path / "b.txt", "0:00\n안녕\n0:01\n하세요\n")
    write_sound(tmp_path / "c.wav", 2, 3.0)
    write_text(tmp_path / "c.srt", SRT + "\n3\n00:00:02,000 --> 00:00:03,000\n[음악]\n")
    write_text(tmp_path / "d.srt", SRT)
    corpus = corpora.read(tmp_path)
    assert cuts(corpus) == TWO
    assert problems(corpus) == [
        ("a", "no transcript"),
        ("b", "no transcript"),
        ("c_0003", "no speech"),
        ("d", "missing"),
    ]
    details = [one.detail for one in corpus.problems]
    assert "a.smi, a.en.srt cannot be read" in details[0]
    assert "save it as one of these" in details[1]
    assert "c.srt, cue 3 at 2.00 s: " in details[2]


def test_names_are_compared_composed_and_in_any_case(tmp_path):
    write_sound(tmp_path / unicodedata.normalize("NFD", "첫째.wav"), 0)
    write_text(tmp_path / "첫째.txt", "하나")
    write_sound(tmp_path / "00.wav", 1).rename(tmp_path / "00.WAV")
    write_text(tmp_path / "00.TXT", "둘")
    corpus = corpora.read(tmp_path)
    assert [(one.id, one.text) for one in corpus.utterances] == [
        ("00", "둘"),
        ("첫째", "하나"),
    ]
    assert not corpus.problems


@pytest.mark.parametrize("suffix", ["mp4", "mov", "3gp", "amr", "webm", "AIFF", "au"])
def test_recordings_of_telephones_and_cameras_are_found(tmp_path, suffix):
    (tmp_path / f"a.{suffix}").touch()
    write_text(tmp_path / "a.txt", "하나")
    corpus = corpora.read(tmp_path)
    assert [one.path.name for one in corpus.utterances] == [f"a.{suffix}"]


def test_a_cue_beyond_the_recording_is_rejected(tmp_path):
    corpus, out = tmp_path / "corpus", tmp_path / "out"
    write_sound(corpus / "a.wav", 0, 2.2)
    more = "\n3\n00:00:02,000 --> 00:00:04,000\n하나\n"
    more += "\n4\n00:00:05,000 --> 00:00:06,000\n둘\n"
    write_text(corpus / "a.srt", SRT + more)
    report = features.build([corpora.read(corpus)], out, hparams.preset("tiny"), 1)
    assert report.utterances == 2
    assert {one.id: one.reason for one in report.rejected} == {
        "a_0003": "beyond the recording",
        "a_0004": "beyond the recording",
    }


def test_a_cut_before_the_recording_begins_with_it(tmp_path):
    sound = write_sound(tmp_path / "a.wav", 0, 2.0)
    one = corpora.Utterance("a", "a", "하나", sound, -1.0, 1.5)
    wave, _ = load_recording(one, hparams.preset("tiny").audio)
    assert wave.size > 0
