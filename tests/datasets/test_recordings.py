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
