"""A telephone is heard by what it takes away, whatever the rate of the file."""

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from moksori.audio.files import resample
from moksori.speakers.bandwidth import Band, measure_band

RATE = 16000
STEADY = np.random.default_rng(6).normal(0, 0.1, 2 * RATE)
# Louder and softer, as syllables are.
WIDE = STEADY * (1.1 + np.sin(np.arange(2 * RATE) / 800))
HERTZ = np.fft.rfftfreq(len(WIDE), 1 / RATE)
# With the noise of 16 bits.
NARROW = np.fft.irfft(np.fft.rfft(WIDE) * ((HERTZ > 300) & (HERTZ < 3400)))
NARROW = np.round(NARROW * 32767) / 32767
# Speech falls by some 12 dB an octave.
SPEECH = sosfilt(butter(2, 500, fs=RATE, output="sos"), WIDE)


@pytest.mark.parametrize("gain", [1, 0.01])
def test_the_band_is_told_at_every_level(gain):
    assert measure_band(gain * WIDE, RATE) is Band.WIDE
    assert measure_band(gain * SPEECH, RATE) is Band.WIDE
    assert measure_band(gain * NARROW, RATE) is Band.TELEPHONE


@pytest.mark.parametrize("rate", [16000, 22050, 48000])
@pytest.mark.parametrize("decibel", [10, 30])
def test_noise_behind_a_telephone_makes_it_no_room(rate, decibel):
    heard = resample(NARROW, RATE, rate)
    noise = np.random.default_rng(7).normal(0, 1, len(heard))
    noise *= np.std(heard) * 10 ** (-decibel / 20)
    assert measure_band(heard + noise, rate) is Band.TELEPHONE
    room = resample(WIDE, RATE, rate) + noise
    assert measure_band(room, rate) is Band.WIDE


def test_of_a_few_frames_steadiness_says_nothing():
    assert measure_band(STEADY[:4096], RATE) is Band.WIDE


def test_eight_kilohertz_are_a_telephone():
    assert measure_band(WIDE, 8000) is Band.TELEPHONE


def test_of_too_little_nothing_is_said():
    assert measure_band(WIDE[:500], RATE) is Band.WIDE
    assert measure_band(np.zeros(0), 8000) is Band.TELEPHONE
