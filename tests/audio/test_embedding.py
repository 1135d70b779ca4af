"""Sound as bytes: what comes out of them is what went in."""

import io

import numpy as np
import pytest
import soundfile

from moksori.audio.embedding import wav
from moksori.audio.files import AudioError, to_int16


def noise(samples: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.5, 0.5, samples).astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 22050, 24000, 48000])
@pytest.mark.parametrize("samples", [1, 100, 30_000])
def test_nothing_is_lost_but_what_16_bits_leave_out(rate, samples):
    wave = noise(samples)
    found, known_rate = soundfile.read(io.BytesIO(wav(wave, rate)), dtype="int16")
    assert known_rate == rate
    assert found.tolist() == to_int16(wave).tolist()


def test_the_length_stands_in_the_file():
    """Players show it before they have decoded anything."""
    assert soundfile.info(io.BytesIO(wav(noise(5000), 16000))).frames == 5000


def test_what_exceeds_full_scale_is_clipped():
    wave = np.array([0.0, 2.0, -2.0], np.float32)
    found, _ = soundfile.read(io.BytesIO(wav(wave, 16000)), dtype="int16")
    assert found.tolist() == [0, 32767, -32768]
    assert wave[1] == 2


@pytest.mark.parametrize(
    "wave", [np.zeros(0), np.zeros((2, 2)), np.array([0, np.nan]), np.array([np.inf])]
)
def test_what_is_no_sound_is_refused(wave):
    with pytest.raises(AudioError, match="a wave"):
        wav(wave, 16000)
