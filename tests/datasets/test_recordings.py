"""Which recording a name means."""

import unicodedata

import pytest

from datasets.readers.recordings import Index

FILES = (
    *("audio/a/00.wav", "audio/b/00.wav", "audio/b/c/01.wav", "02.WAV", "deep/02.wav"),
    *("03.m4a", "03.wav", "c.d.wav", "X.wav", "x.wav", "가/거.wav"),
)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    for name in FILES:
        path = folder / unicodedata.normalize("NFD", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder, Index(folder)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("audio/a/00.wav", "audio/a/00.wav"),
        ("C:\\voices\\me\\b\\00.wav", "audio/b/00.wav"),
        ("/content/drive/b/00.mp3", "audio/b/00.wav"),
        ("00.wav", None),
        ("z/00.wav", None),
        ("01", "audio/b/c/01.wav"),
        ("02.wav", "02.WAV"),
        ("deep/02", "deep/02.wav"),
        ("03", "03.wav"),
        ("wavs/03.m4a", "03.m4a"),
        ("c.d", "c.d.wav"),
        ("x", "x.wav"),
        ("X.flac", "X.wav"),
        ("가/거.wav", "가/거.wav"),
        (unicodedata.normalize("NFD", "거"), "가/거.wav"),
        ("nowhere", None),
        ("", None),
    ],
)
def test_a_name_means_one_recording(index, name, found):
    folder, recordings = index
    path = recordings.find(name)
    name = path and unicodedata.normalize("NFC", str(path.relative_to(folder)))
    assert name == found


@pytest.mark.parametrize(
    ("name", "speaker", "found", "remark"),
    [
        ("03.wav", None, "03.wav", ""),
        ("c.d", None, "c.d.wav", ""),
        ("audio/a/00.wav", None, "audio/a/00.wav", ""),
        ("D:\\me\\audio\\a\\00.WAV", None, "audio/a/00.wav", ""),
        ("audio/a/00.mp3", None, "audio/a/00.wav", "00.mp3 is audio/a/00.wav"),
        ("01", None, "audio/b/c/01.wav", "01 is audio/b/c/01.wav"),
        ("00", "a", "audio/a/00.wav", ""),
        ("00", "c", None, "audio/a/00.wav lies elsewhere"),
        ("z/01.wav", None, None, "audio/b/c/01.wav lies elsewhere"),
        ("00", None, None, "audio/a/00.wav, audio/b/00.wav; name the folder"),
        ("C:\\me\\9.wav", None, None, "no recording C:\\me\\9.wav in "),
    ],
)
def test_what_is_said_of_a_name(index, name, speaker, found, remark):
    folder, recordings = index
    answer = recordings.look_up(name, speaker)
    path = answer.path and unicodedata.normalize(
        "NFC", str(answer.path.relative_to(folder))
    )
    assert path == found
    assert remark in answer.remark
    assert bool(remark) == bool(answer.remark)


def test_recordings_behind_a_link(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk/1.wav").touch()
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus/wavs").symlink_to(tmp_path / "disk")
    (tmp_path / "corpus/again").symlink_to(tmp_path / "corpus")
    index = Index(tmp_path / "corpus")
    assert index.paths == [tmp_path / "corpus/wavs/1.wav"]
    assert index.look_up("1").path == index.paths[0]
    outside = str(tmp_path / "disk/1.wav")
    assert str(index.look_up(outside).path) == outside
