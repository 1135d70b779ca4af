"""JSON objects of paths and texts: what a path and a text may be."""

import unicodedata

import pytest

from datasets.readers import corpora
from tests.datasets.made import write_json, write_sound, write_text


def test_the_same_name_in_two_folders(tmp_path):
    table = {}
    for number, name in enumerate(("audio/a/00", "audio/b/00", "c/00")):
        write_sound(tmp_path / f"{name}.wav", number)
        table[f"{name}.wav"] = name
    table["z/00.wav"] = "없음"
    write_json(tmp_path / "alignment.json", table)
    corpus = corpora.read(tmp_path)
    assert {one.text: one.path for one in corpus.utterances} == {
        name: tmp_path / f"{name}.wav" for name in ("audio/a/00", "audio/b/00", "c/00")
    }
    assert [one.reason.value for one in corpus.problems] == ["missing"]


@pytest.mark.parametrize(
    ("value", "text", "detail"),
    [
        (["하나"], "하나", ""),
        (["하나", "하나"], "하나", ""),
        ({"text": "하나", "duration": 1}, "하나", ""),
        (["하나", "둘"], None, "has 2 different texts; keep one"),
        ([], None, "has no text"),
        ([3], None, "has no text"),
        (None, None, "has no text"),
        ("/home/me/audio/00.txt", "글", ""),
        ("C:\\me\\audio\\00.TXT", "글", ""),
        (unicodedata.normalize("NFD", "글/첫째.txt"), "첫", ""),
        ("audio/01.txt", None, "names a text that is not there: audio/01.txt"),
    ],
)
def test_values_of_every_kind(tmp_path, value, text, detail):
    write_sound(tmp_path / "audio/00.wav", 0)
    write_text(tmp_path / "audio/00.txt", "글\n")
    write_text(tmp_path / "글/첫째.txt", "첫")
    write_json(tmp_path / "alignment.json", {"/home/me/audio/00.wav": value})
    corpus = corpora.read(tmp_path, "json")
    assert [one.text for one in corpus.utterances] == ([text] if text else [])
    assert [one.detail.endswith(detail) for one in corpus.problems] == (
        [True] if detail else []
    )


def test_a_text_with_times_cuts_the_recording(tmp_path):
    write_sound(tmp_path / "a.wav", 0, 2.0)
    write_text(tmp_path / "a.txt", "0.0\t1.0\t하나\n1.0\t2.0\t둘\n")
    write_json(tmp_path / "alignment.json", {"a.wav": "a.txt"})
    cuts = [(one.id, one.end_seconds) for one in corpora.read(tmp_path).utterances]
    assert cuts == [("a_0001", 1.0), ("a_0002", 2.0)]
