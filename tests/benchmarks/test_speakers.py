"""Error rates of speaker recognition, with voices that are tones."""

import re

import numpy as np
import pytest

from benchmarks import channels, speakers
from benchmarks.speaker_trials import Pairs
from moksori.audio.files import save
from tests.speakers.fake import CALIBRATION, FakeDetector, FakeEncoder, voice

PARTS = FakeEncoder(), FakeDetector(), CALIBRATION
FEW = ["--draws", "2", "--sounds", "2", "--named", "0.1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Ten people with five recordings each, far enough apart for the fake encoder."""
    folder = tmp_path_factory.mktemp("benchmark") / "people"
    for person, hertz in enumerate(np.geomspace(320, 2900, 10)):
        for take in range(5):
            wave = voice(hertz * (1 + 0.002 * take), 3.5, take)
            save(folder / f"p{person}" / "calm" / f"{take}.wav", wave, 16000)
    return folder


def measured(folder, capsys, *arguments: str) -> str:
    assert speakers.main([str(folder), *FEW, *arguments], PARTS) == 0
    return capsys.readouterr().out


def test_voices_that_are_apart_are_all_recognised(folder, capsys):
    parts = ["--parts", "errors", "open", "--channels", "clean", "telephone"]
    printed = measured(folder, capsys, *parts)
    assert "10 people, 50 recordings, encoder fake-1" in printed
    assert "| 3 s, all | 100, 1,125 | 0.0 % (0.0-0.0) |" in printed
    rows = re.findall(r"^\| (clean|telephone), 3 s \| (.*) \|$", printed, re.MULTILINE)
    assert [name for name, _ in rows] == ["clean", "telephone"]
    for _, cells in rows:
        rank_one, *_, named, lost, another, _, _ = cells.split(" | ")
        assert rank_one == "100.0 %"
        assert named.startswith("0.0 %")
        assert lost.startswith("0.0 %")
        assert another == "0.00 %"
    assert "telephone, 3 s: telephone" in printed


def test_nothing_is_embedded_twice(folder, capsys, monkeypatch):
    arguments = "--parts", "open", "--channels", "clean"
    first = measured(folder, capsys, *arguments)
    monkeypatch.setattr(FakeEncoder, "encode", None)
    assert measured(folder, capsys, *arguments) == first


def test_strangers_who_sound_alike_are_named(tmp_path, capsys):
    for person in range(8):
        for take in range(4):
            path = tmp_path / "same" / f"p{person}" / f"{take}.wav"
            save(path, voice(500, 3.5, 8 * person + take), 16000)
    arguments = "--parts", "errors", "open", "--channels", "clean"
    printed = measured(tmp_path / "same", capsys, *arguments)
    (cells,) = re.findall(r"^\| clean, 3 s \| (.*) \|$", printed, re.MULTILINE)
    assert cells.split(" | ")[3] == "100.0 % (100.0-100.0)"
    (rate,) = re.findall(r"3 s, all \|.*\| ([\d.]+) %", printed)
    assert 30 < float(rate) < 70


def test_sounds_that_are_not_speech(folder, capsys):
    printed = measured(folder, capsys, "--parts", "sounds")
    assert "| silence | 2 | 0 | no_speech 2 |" in printed
    assert len(re.findall(r"^\| (.*) \| 2 \|", printed, re.MULTILINE)) == 5


def test_two_people_in_turn_are_noticed(tmp_path, capsys):
    for person, hertz in enumerate(np.geomspace(320, 2900, 8)):
        path = tmp_path / "people" / f"p{person}" / "1.wav"
        save(path, voice(hertz, 8.0), 16000)
    printed = measured(tmp_path / "people", capsys, "--parts", "turns", "--turns", "5")
    assert "two in turn, 4 s and 3 s: noticed in 5 of 5" in printed
    assert "one alone, as long and longer: taken for two 0 of 8" in printed


def test_too_few_people_are_one_line(folder, capsys):
    assert speakers.main([str(folder / "p0")], PARTS) == 1
    assert capsys.readouterr().err == "speakers: 1 people; 8 are needed\n"


def test_an_equal_error_rate_by_hand():
    # One of four own pairs lies below one of four others.
    scores = np.array([0.9, 0.8, 0.7, 0.3, 0.5, 0.2, 0.1, 0.0])
    first = np.arange(8) % 4
    second = np.r_[np.arange(4), (np.arange(4) + 1) % 4]
    rate, low, high = Pairs(scores, first, second).equal_error()
    assert rate == pytest.approx(0.25)
    assert low <= rate <= high


@pytest.mark.parametrize("name", list(channels.CHANNELS))
def test_a_channel_keeps_length_and_level(name):
    rng = np.random.default_rng(0)
    wave = 0.2 * np.sin(np.arange(channels.RATE) / 20).astype(np.float32)
    heard = channels.CHANNELS[name](wave, wave[::-1], rng)
    assert abs(len(heard) - len(wave)) < 0.1 * channels.RATE
    assert np.isfinite(heard).all()
    assert 0.25 < np.std(heard) / np.std(wave) < 4
    assert name == "clean" or not np.array_equal(heard, wave)


def test_noise_has_the_level_that_its_name_says():
    rng = np.random.default_rng(0)
    wave = np.sin(np.arange(channels.RATE) / 20).astype(np.float32)
    noise = channels.CHANNELS["pink noise 10 dB"](wave, wave, rng) - wave
    assert 10 * np.log10(np.var(wave) / np.var(noise)) == pytest.approx(10, abs=0.1)
