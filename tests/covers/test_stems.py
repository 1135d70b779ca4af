"""Separation: the voice apart, nothing lost, songs of any length."""

import numpy as np
import pytest

from tests.covers.made import song


@pytest.fixture(scope="module")
def separator(covers_installed):
    from moksori.covers.stems import Separator

    return Separator()


def ratio(wanted, found) -> float:
    return float(10 * np.log10((wanted**2).sum() / ((wanted - found) ** 2).sum()))


def test_the_voice_is_taken_out_and_the_parts_add_up(separator):
    mix, voice = song()
    told = []
    stems = separator.separate(mix, lambda stage, done: told.append((stage, done)))
    assert ratio(voice, mix) < 1
    assert ratio(voice, stems.vocals) > 8
    assert ratio(mix - voice, stems.backing) > 8
    np.testing.assert_allclose(stems.vocals + stems.backing, mix, atol=1e-4)
    assert told[-1] == ("separate", 1.0)


def test_a_short_song_and_silence(separator):
    for wave in (np.zeros((100, 2), "f4"), np.full((50_001, 2), 0.1, "f4")):
        stems = separator.separate(wave)
        assert stems.vocals.shape == wave.shape
        assert np.isfinite(stems.vocals).all()


def test_where_blocks_meet_nothing_is_heard(separator):
    from moksori.covers.stems import RATE

    seconds = np.arange(30 * RATE) / RATE
    tone = 0.2 * np.sin(2 * np.pi * 440 * seconds)
    tone = np.stack([tone, tone], axis=1).astype("f4")
    stems = separator.separate(tone)
    jumps = np.abs(np.diff(stems.backing[:, 0]))
    assert jumps.max() < 2 * np.abs(np.diff(tone[:, 0])).max()


def test_one_channel_is_refused(separator):
    with pytest.raises(ValueError, match="two channels"):
        separator.separate(np.zeros(100, "f4"))
