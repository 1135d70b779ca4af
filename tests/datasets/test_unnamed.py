"""No recording and no transcript of a corpus is left out without a word."""

import json
import unicodedata

import pytest

from datasets.readers import corpora
from datasets.store import build as features
from moksori.doctor.findings import OK, WARNING
from moksori.doctor.training_inputs import check_corpus
from tests.datasets.made import write_json, write_sound, write_text
from tests.datasets.stores import TINY

LABEL = {"전사정보": {"TransLabelText": "안녕"}, "화자정보": {"SpeakerName": "가람"}}


def kss(folder):
    write_text(folder / "transcript.v.1.3.txt", "1/named.wav|안녕|안녕|안녕|1.0\n")


def ljspeech(folder):
    write_text(folder / "metadata.csv", "named|안녕\n")


def table(folder):
    write_text(folder / "transcripts.tsv", "named.wav\t안녕\n")


def zeroth(folder):
    write_text(folder / "1_1.trans.txt", "1_named 안녕\n")


def json_table(folder):
    write_json(folder / "alignment.json", {"./x/1/named.wav": "안녕"})


def aihub(folder):
    write_json(folder / "1/named.json", LABEL)


def texts(folder):
    write_text(folder / "1/named.txt", "안녕")


@pytest.mark.parametrize(
    "layout", [kss, ljspeech, table, zeroth, json_table, aihub, texts]
)
def test_recordings_that_no_transcript_names(tmp_path, layout):
    name = "1_named" if layout is zeroth else "named"
    for each in (f"1/{name}.wav", "1/more.wav", "other/deep/more.mp3"):
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each).touch()
    layout(tmp_path)
    corpus = corpora.read(tmp_path)
    assert [one.path.name for one in corpus.utterances] == [f"{name}.wav"]
    assert {one.reason.value for one in corpus.problems} == {"no transcript"}
    details = sorted(one.detail.partition(": ")[0] for one in corpus.problems)
    assert details == [f"{tmp_path}/1/more.wav", f"{tmp_path}/other/deep/more.mp3"]


def test_a_left_over_table_hides_no_text(tmp_path):
    for number in range(3):
        write_sound(tmp_path / f"{number}.wav", number)
        write_text(tmp_path / f"{number}.txt", f"글 {number}")
    write_text(tmp_path / "transcripts.tsv", "0.wav\t표\n")
    corpus = corpora.read(tmp_path)
    assert [one.text for one in corpus.utterances] == ["표", "글 1", "글 2"]
    (unused,) = corpus.problems
    assert unused.detail == f"{tmp_path}/0.txt: transcripts.tsv is read instead"
    assert "names 1, and 2 more recordings have a text" in corpus.notes[0]
    report = features.build([corpus], tmp_path / "out", TINY, workers=1)
    assert report.notes == corpus.notes
    saved = json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    assert saved["notes"] == corpus.notes
    assert "2 more recordings" in (tmp_path / "out/report.html").read_text("utf-8")


def test_a_second_layout_is_named(tmp_path):
    (tmp_path / "a.wav").touch()
    write_text(tmp_path / "a.txt", "글")
    write_text(tmp_path / "metadata.csv", "a|표\n")
    corpus = corpora.read(tmp_path)
    assert [one.text for one in corpus.utterances] == ["표"]
    assert "what --format folder would read is not" in corpus.notes[0]
    assert [one.text for one in corpora.read(tmp_path, "folder").utterances] == ["글"]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("민지", '"민지" is the text of 3 of 3 utterances'),
        ("take {n} of 3", "3 of 3 texts hold no Hangul"),
        ("글 {n}", None),
    ],
)
def test_odd_texts_of_any_layout_are_noted(tmp_path, text, note):
    for number in range(3):
        (tmp_path / f"{number}.wav").touch()
        write_text(tmp_path / f"{number}.txt", text.format(n=number))
    corpus = corpora.read(tmp_path)
    assert corpus.notes == ([f"{tmp_path}: {note}"] if note else [])
    assert check_corpus(tmp_path).level == (WARNING if note else OK)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("metadata.csv", "첫째|안녕\n"),
        ("Metadata.CSV", "첫째.WAV|안녕\n"),
        ("transcripts.tsv", "첫째.wav\t안녕\n"),
        ("transcript.v.1.4.txt", "1/첫째.wav|안녕|안녕|안녕|1|hi\n"),
        ("alignment.json", '{"/me/첫째.wav": "안녕"}'),
        ("첫째.TXT", "안녕"),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_from_a_mac(tmp_path, name, content, form):
    def other(text):
        return unicodedata.normalize("NFD" if form == "NFC" else "NFC", text)

    (tmp_path / (unicodedata.normalize(form, "첫째") + ".WAV")).touch()
    write_text(tmp_path / other(name), other(content))
    (one,) = corpora.read(tmp_path).utterances
    assert (one.id, one.text) == ("첫째", "안녕")


def test_one_folder_in_two_forms_is_one_speaker(tmp_path):
    for form in ("NFC", "NFD"):
        folder = unicodedata.normalize(form, "민지")
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "각.wav").touch()
        write_text(tmp_path / folder / "각.txt", form)
    corpus = corpora.read(tmp_path)
    assert {one.speaker for one in corpus.utterances} == {"민지"}
    assert all(
        one.path.parent.name == unicodedata.normalize(one.text, "민지")
        for one in corpus.utterances
    )
    assert not corpus.problems


@pytest.mark.parametrize(
    ("sound", "written"),
    [
        ("wav/1.wav", "1"),
        ("WAVS/1.wav", "1.wav"),
        ("wavs/1.wav", "1.mp3"),
        ("1.wav", "wavs/1.wav"),
        ("my recordings/1.wav", "1"),
    ],
)
def test_what_lies_elsewhere_is_found_and_noted(tmp_path, sound, written):
    (tmp_path / sound).parent.mkdir(exist_ok=True)
    (tmp_path / sound).touch()
    write_text(tmp_path / "metadata.csv", f"{written}|안녕\n")
    corpus = corpora.read(tmp_path)
    assert [one.path for one in corpus.utterances] == [tmp_path / sound]
    assert f"{written} is {sound}" in corpus.notes[0]
