"""Conversion and covers: the pitch that was asked for, the length, the loudness."""

from hashlib import sha256

import numpy as np
import pytest

from benchmarks.cover_material import found_again
from hparams import Audio
from moksori.audio.files import decode, resample, save
from moksori.audio.levels import loudness
from moksori.audio.spectrum import mel_spectrogram
from moksori.commands import convert, covering, vocal
from moksori.commands import cover as command
from moksori.covers import pitch, world
from tests.covers.made import RATE, song, spoken, sung
from tests.covers.test_pitch import cents


@pytest.fixture(scope="module")
def folder(tmp_path_factory, covers_installed):
    """The index of a voice, made by the command."""
    place = tmp_path_factory.mktemp("voices")
    wave = np.concatenate([spoken(4, line) for line in range(5)])
    save(place / "clip.wav", wave, RATE)
    consent = "--consent", "Kim Minji, 2026, tests"
    flags = "train", place / "clip.wav", "--voice", place / "v", "--epochs", 0, *consent
    assert vocal.main([str(each) for each in flags]) == 0
    return place / "v"


@pytest.fixture(scope="module")
def model(folder):
    from moksori.covers.voice import VocalModel

    return VocalModel.load(folder)


@pytest.fixture(scope="module")
def converter(model):
    from moksori.covers.conversion import Converter

    return Converter(model)


@pytest.mark.parametrize("rate", [16000, 22050, 40000, 44100, 48000])
@pytest.mark.parametrize("shift", [-12, 0, 5])
def test_a_tone_keeps_its_length_and_gets_its_pitch(converter, rate, shift):
    seconds = np.arange(int(1.5 * rate) + 7) / rate
    tone = sum(np.sin(2 * np.pi * 220 * k * seconds) / k for k in range(1, 12)) / 4
    made = converter.convert(tone.astype("f4"), rate, semitones=shift)
    assert len(made) == len(tone)
    heard = resample(made, rate, RATE)
    contour = world.refine(heard, RATE, pitch.track(heard, RATE))[40:-40]
    off = 1200 * np.log2(contour[contour > 0] / (220 * 2 ** (shift / 12)))
    assert len(off) > 150
    assert abs(np.median(off)) < 5


def test_a_sung_line_keeps_its_melody_and_its_gaps(converter):
    wave, wanted = sung()
    wave = np.concatenate([wave, np.zeros(RATE, "f4")])
    told = []
    made = converter.convert(wave, RATE, 0, progress=lambda *each: told.append(each))
    off, voiced = cents(pitch.track(made, RATE), wanted)
    assert np.median(off) < 15
    assert (off < 50).sum() > 0.85 * voiced.sum()
    assert np.abs(made[-RATE // 2 :]).max() == 0
    assert told[-1] == ("convert", 1.0)


def test_a_cover_is_as_long_and_its_voice_as_loud(folder, tmp_path, capsys):
    mix, _ = song()
    save(tmp_path / "노래 (1).wav", mix, 44100)
    out, stems = tmp_path / "c.wav", tmp_path / "stems"
    flags = tmp_path / "노래 (1).wav", "--voice", folder, "--out", out, "--stems", stems
    assert command.main([str(each) for each in flags]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    made, rate = decode(out)
    assert (len(made), rate) == (len(mix), 44100)
    assert np.abs(made).max() <= 10 ** (-0.2 / 20)
    parts = {name: decode(stems / f"{name}.wav")[0] for name in ("vocals", "voice")}
    told = [loudness(wave, rate) for wave in parts.values()]
    assert abs(told[0] - told[1]) < 0.5
    # The two stems instead of the song give the same.
    again = ("--vocals", stems / "vocals.wav", "--backing", stems / "backing.wav")
    flags = *again, "--voice", folder, "--out", out
    assert command.main([str(each) for each in flags]) == 0
    assert abs(len(decode(out)[0]) - len(mix)) <= 1


def test_speech_is_converted_and_marked(folder, model, tmp_path):
    from moksori.audio import watermark

    save(tmp_path / "a.wav", np.concatenate([spoken(0, 0), spoken(0, 2)]), RATE)
    out = tmp_path / "b.wav"
    flags = tmp_path / "a.wav", "--voice", folder, "--out", out, "--pitch", "auto"
    assert convert.main([str(each) for each in flags]) == 0
    wave, rate = decode(out)
    seen = watermark.detect(wave, rate, covering._KEY)
    told = f"{model.about.name}\n{model.about.consent}".encode()
    wanted = int.from_bytes(sha256(told).digest()[:4], "big")
    assert watermark.judge(seen, lambda token: token == wanted) == "ours"


def test_less_of_the_index_keeps_more_of_the_words(converter):
    wave, _ = sung()
    encode = converter._content.encode
    kept = []
    for rate in (0.0, 0.5):
        made = converter.convert(wave, RATE, 0, rate)
        kept.append(found_again(encode(wave, RATE), encode(made, RATE), wave))
    assert kept[0] > kept[1]


def test_a_long_song_is_converted_in_pieces(converter, monkeypatch):
    from moksori.covers import voice

    wave, _ = sung()
    whole = converter.convert(wave, RATE, 0)
    monkeypatch.setattr(world, "_PIECE", 400)
    monkeypatch.setattr(voice, "_PIECE", 400)
    pieces = converter.convert(wave, RATE, 0)
    # Pulses lie elsewhere after a joint, so that spectra are compared, not samples.
    seen = [mel_spectrogram(each, Audio(sample_rate=RATE)) for each in (whole, pieces)]
    loud = seen[0].max(axis=1) > np.median(seen[0].max(axis=1))
    assert np.median(np.abs(seen[0] - seen[1])[loud]) < 0.02 * np.ptp(seen[0])
    contours = [pitch.track(each, RATE) for each in (whole, pieces)]
    off, voiced = cents(contours[1], contours[0])
    assert (off < 20).sum() > 0.97 * voiced.sum()


def test_what_cannot_be_done_is_a_line(folder, tmp_path, capsys):
    for flags in (
        ["no.wav", "--voice", folder],
        [tmp_path / "clip.wav", "--voice", tmp_path],
    ):
        assert convert.main([str(each) for each in flags]) == 2
        said = capsys.readouterr().err
        assert said.startswith("convert: ")
        assert said.count("\n") == 1
    for flags in (["--voice", "v"], ["a.wav", "--vocals", "b.wav", "--voice", "v"]):
        with pytest.raises(SystemExit):
            command.main(flags)
    assert vocal.main(["forget", str(tmp_path)]) == 2
    assert vocal.main(["list", str(folder.parent)]) == 0
    assert "index alone" in capsys.readouterr().out


def test_a_consent_that_says_too_little_is_one_line(tmp_path, capsys):
    from moksori.commands import vocal

    flags = ["train", "a.wav", "--voice", str(tmp_path / "me"), "--consent", "x"]
    assert vocal.main(flags) == 2
    assert capsys.readouterr().err.startswith('vocal: "x" does not say enough')
