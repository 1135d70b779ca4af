"""Synthetic speech that passes for somebody, with voices that are tones."""

import re

import pytest

from benchmarks import speakers_attack
from moksori.audio.files import save
from tests.speakers.fake import CALIBRATION, RATE, FakeDetector, FakeEncoder, voice

PARTS = FakeEncoder(), FakeDetector(), CALIBRATION


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("attack")
    for person, hertz in enumerate((350, 600, 1000, 1700)):
        for take in range(5):
            path = folder / "people" / f"p{person}" / f"{take}.wav"
            save(path, voice(hertz, 4.0, take), RATE)
    for name, hertz in (("clone", 1003), ("robot", 2600)):
        for take in range(2):
            save(folder / name / f"{take}.wav", voice(hertz, 4.0, 10 + take), RATE)
    return folder


def test_a_clone_passes_and_another_voice_does_not(folder, capsys):
    folders = [str(folder / each) for each in ("people", "clone", "robot")]
    given = [folders[0], "p2", *folders[1:], "--draws", "9", "--enrolled", "2"]
    assert speakers_attack.main(given, PARTS) == 0
    printed = capsys.readouterr().out
    rows = dict(re.findall(r"^\| (.+?, \w+) \| (\d+ \| .*) \|$", printed, re.MULTILINE))
    passes, fails = "100.0 % (100.0-100.0)", "0.0 % (0.0-0.0)"
    assert rows["clone, clean"] == f"2 | {passes} | {passes}"
    assert rows["clone, telephone"] == f"2 | {passes} | {passes}"
    assert rows["robot, clean"] == f"2 | {fails} | {fails}"
    assert rows["own recordings, clean"] == f"5 | {passes} | {passes}"
    assert rows["others' recordings, clean"] == f"15 | {fails} | {fails}"


@pytest.mark.parametrize(
    ("name", "speech", "line"),
    [("p9", "clone", "no recordings of p9"), ("p1", "none", "no synthetic speech")],
)
def test_what_is_missing_is_one_line(folder, capsys, name, speech, line):
    (folder / "none").mkdir(exist_ok=True)
    given = [str(folder / "people"), name, str(folder / speech)]
    assert speakers_attack.main(given, PARTS) == 1
    error = capsys.readouterr().err
    assert line in error
    assert error.count("\n") == 1
