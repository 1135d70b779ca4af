import numpy as np
import pytest

from moksori.audio.files import AudioError
from moksori.audio.levels import loudness
from moksori.audio.preparation import prepare

RATE = 24_000


def tone(seconds, level=0.3, hertz=200):
    time = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def silence(seconds):
    return np.zeros(round(seconds * RATE), np.float32)


def test_silence_goes_and_speech_stays():
    wave = np.concatenate([silence(2), tone(2), silence(3), tone(2), silence(1)])
    found = prepare(wave, RATE)
    # Each of two stretches keeps 0.15 s on both sides.
    assert len(found) / RATE == pytest.approx(4.6, abs=0.1)


def test_a_quiet_recording_becomes_as_loud_as_a_loud_one():
    loud, quiet = prepare(tone(4), RATE), prepare(tone(4, 0.01), RATE)
    assert loudness(quiet, RATE) == pytest.approx(loudness(loud, RATE), abs=0.1)


def test_the_timbre_stays():
    found = prepare(tone(4) + tone(4, hertz=4000), RATE)
    spectrum = np.abs(np.fft.rfft(found[RATE : 2 * RATE]))
    assert spectrum[200] == pytest.approx(spectrum[4000], rel=0.05)


def test_a_high_quiet_sound_is_no_silence():
    low, high = tone(2), tone(2, 0.01, 6000)
    assert len(prepare(np.concatenate([low, high]), RATE)) / RATE > 3.8


def test_short_speech_is_repeated_up_to_3_s():
    found = prepare(tone(1), RATE)
    assert len(found) >= 3 * RATE
    period = len(found) // 3
    assert found[:period] == pytest.approx(found[period : 2 * period])


@pytest.mark.parametrize("wave", [silence(2), silence(0)])
def test_silence_alone_is_refused(wave):
    with pytest.raises(AudioError, match="silence"):
        prepare(wave, RATE)
