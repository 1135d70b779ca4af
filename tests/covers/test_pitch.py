"""The melody: exact on what is sung, without holes and leaps that nobody sang."""

import numpy as np
import pytest

from moksori.covers import pitch
from tests.covers.made import RATE, song, sung


def cents(found: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    count = min(len(found), len(wanted))
    found, wanted = found[:count], wanted[:count]
    both = (found > 0) & (wanted > 0)
    return np.abs(1200 * np.log2(found[both] / wanted[both])), wanted > 0


def test_a_known_melody_is_found(covers_installed):
    wave, wanted = sung()
    off, voiced = cents(pitch.track(wave, RATE), wanted)
    assert np.median(off) <= 6
    assert np.mean(off > 300) <= 0.01
    assert len(off) > 0.9 * voiced.sum()


def test_a_known_melody_is_found_in_a_song(covers_installed):
    from moksori.covers.stems import RATE, Separator

    vocals = Separator().separate(song()[0]).vocals.mean(axis=1)
    off, voiced = cents(pitch.track(vocals, RATE), sung()[1])
    assert np.median(off) <= 12
    assert np.mean(off > 300) <= 0.04
    assert len(off) > 0.8 * voiced.sum()


@pytest.mark.parametrize("rate", [16000, 22050, 40000, 44100, 48000])
def test_a_tone_has_its_pitch_at_every_rate(covers_installed, rate):
    seconds = np.arange(rate) / rate
    tone = sum(np.sin(2 * np.pi * 220 * k * seconds) / k for k in range(1, 12)) / 4
    contour = pitch.track(tone.astype("f4"), rate)
    assert len(contour) == 201
    off, _ = cents(contour[20:-20], np.full(161, 220.0))
    assert off.max() < 5


def test_silence_has_no_pitch(covers_installed):
    assert not pitch.track(np.zeros(RATE, "f4"), RATE).any()


def test_holes_are_filled_and_notes_are_held():
    confidence = np.array([0, 0.6, 0.3, 0.3, 0.1, 0.7, 0, 0, 0, 0.3, 0])
    held = pitch._hysteresis(confidence)
    assert held.astype(int).tolist() == [0, 1, 1, 1, 0, 1, 0, 0, 0, 0, 0]
    filled = pitch._fill(held, 1)
    assert filled.astype(int).tolist() == [0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0]


def test_a_leap_of_an_octave_that_returns_is_undone():
    notes = np.full(30, 60.0)
    notes[10:14] += 12
    notes[20:] += 12
    smooth = pitch._without_leaps(notes, np.ones(30, bool), 7)
    assert (smooth[:20] == 60).all()
    assert (smooth[20:] == 72).all()


def test_songs_are_moved_by_octaves():
    assert pitch.octaves_between(400, 110) == -24
    assert pitch.octaves_between(230, 220) == 0
    assert pitch.octaves_between(0, 220) == 0
