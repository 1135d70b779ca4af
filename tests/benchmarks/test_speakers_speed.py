"""The speed of speaker recognition: what is timed, with voices that are tones."""

import re
from collections import Counter

import pytest

from benchmarks import speakers_speed
from moksori.audio.files import save
from tests.speakers.fake import CALIBRATION, FakeDetector, FakeEncoder, voice

PARTS = FakeEncoder(), FakeDetector(), CALIBRATION


@pytest.fixture
def folder(tmp_path):
    for person, hertz in enumerate((400, 900, 2000)):
        for take in range(4):
            path = tmp_path / "people" / f"p{person}" / f"{take}.wav"
            save(path, voice(hertz, 4.0, seed=take), 16000)
    return tmp_path / "people"


def test_parts_are_timed_beside_the_whole(folder, capsys):
    given = ["--parts", "identify", "search", "--calls", "3", "--templates", "50"]
    assert speakers_speed.main([str(folder), *given], PARTS) == 0
    printed = capsys.readouterr().out
    assert "3 clips, 3." in printed
    rows = dict(re.findall(r"^\| (.+?) \| ([\d.]+) ms", printed, re.MULTILINE))
    assert list(rows) == [
        *("identified", "decoded", "speech found", "encoded", "searched"),
        "50 templates",
    ]
    assert all(float(each) > 0 for each in rows.values())


def test_too_little_speech_is_one_line(tmp_path, capsys):
    save(tmp_path / "a" / "1.wav", voice(400, 4.0), 16000)
    assert speakers_speed.main([str(tmp_path)], PARTS) == 1
    assert "no recording with 3 s of speech to spare" in capsys.readouterr().err


def test_every_answer_of_a_server_is_counted(monkeypatch):
    httpx = pytest.importorskip("httpx")
    statuses = iter([200, 503] * 1000)

    class Session:
        def __init__(self, **_):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def post(self, path, files):
            assert path == "/speakers/identify"
            assert files["file"] in (b"a", b"b")
            return httpx.Response(next(statuses))

    monkeypatch.setattr(httpx, "Client", Session)
    monkeypatch.setattr(speakers_speed, "_busy", lambda _: 0.0)
    found = speakers_speed.ask(1, 1, [b"a", b"b"], clients=3, seconds=0.01)
    assert found.statuses.total() == len(found.seconds) > 1
    assert Counter(found.statuses)[503] > 0
    assert found.memory > 0
