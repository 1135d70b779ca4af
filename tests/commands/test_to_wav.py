"""`moksori to_wav`: files and folders in, wavs out."""

import sys

import pytest

from moksori.__main__ import main as moksori
from moksori.audio import files
from moksori.commands import to_wav
from tests.audio.test_conversion import RATE, video
from tests.audio.test_files import tone


@pytest.fixture
def recordings(tmp_path):
    """A folder of a recording and, one folder below, a video of two tracks."""
    folder = tmp_path / "data"
    files.save(folder / "a.wav", tone(1.0, RATE), RATE)
    (folder / "민지").mkdir()
    waves = [tone(1.0, RATE), tone(1.0, RATE, 880.0)]
    video(folder / "민지" / "b.mp4", waves)
    return folder


def test_folders_stay_folders(recordings, tmp_path, capsys):
    assert to_wav.main([str(recordings), "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr()
    assert "a.wav: 1.00 s" in told.out
    assert "0 is taken" in told.err
    assert "track 1: aac" in told.err
    for name in ("a.wav", "민지/b.wav"):
        wave, rate = files.decode(tmp_path / "out" / name)
        assert rate == 16000
        assert len(wave) == pytest.approx(16000, abs=1600)


def test_a_dash_names_the_command_too(recordings, monkeypatch):
    film = recordings / "민지" / "b.mp4"
    words = ["moksori", "to-wav", str(film), "--rate", "8000", "--track", "1"]
    monkeypatch.setattr(sys, "argv", words)
    assert moksori() == 0
    assert files.decode(film.with_suffix(".wav"))[1] == 8000


def test_nothing_is_overwritten_unasked(recordings, capsys):
    film, beside = recordings / "민지" / "b.mp4", recordings / "민지" / "b.wav"
    beside.write_bytes(b"mine")
    assert to_wav.main([str(film)]) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert beside.read_bytes() == b"mine"
    assert to_wav.main([str(film), "--overwrite"]) == 0
    assert beside.read_bytes() != b"mine"
    # A recording is never its own wav.
    assert to_wav.main([str(recordings / "a.wav"), "--overwrite"]) == 1
    assert files.decode(recordings / "a.wav")[1] == RATE


def test_one_bad_file_does_not_stop_the_others(recordings, tmp_path, capsys):
    bad = recordings / "0.wav"
    bad.write_bytes(b"PK\3\4" + bytes(100))
    unknown = bytearray((recordings / "a.wav").read_bytes())
    unknown[20:22] = b"\xff\xff"  # the form of its samples
    (recordings / "1.wav").write_bytes(unknown)
    assert to_wav.main([str(recordings), "--out", str(tmp_path / "out")]) == 1
    errors = capsys.readouterr().err
    assert errors.count("to_wav:") == 2
    assert str(bad) in errors
    assert "1.wav: its sound is of a kind that cannot be decoded" in errors
    assert len(list((tmp_path / "out").rglob("*.wav"))) == 2
