"""The pitch tracker on sounds whose pitch is known."""

import numpy as np
import pytest

from moksori.audio.pitch import STEP_SECONDS, track

RATE = 22050
EDGE = 10  # frames whose window reaches beyond the sound
TIME = np.arange(RATE) / RATE


def cents(hertz, wanted):
    return 1200 * np.log2(hertz / wanted)


def buzz(hertz, partials: int = 20, rate: int = RATE, seconds: float = 1.0):
    """A harmonic sound of that pitch, a number or [samples], up to 4 kHz."""
    hertz = np.broadcast_to(hertz, round(seconds * rate))
    phase = 2 * np.pi * np.cumsum(hertz) / rate
    heard = [k for k in range(1, partials + 1) if k * hertz.max() <= 4000]
    return 0.1 * sum(np.sin(k * phase) / k for k in heard)


def noise(power: float, seed: int = 0) -> np.ndarray:
    return np.sqrt(power) * np.random.default_rng(seed).standard_normal(RATE)


def inner(values: np.ndarray) -> np.ndarray:
    return values[EDGE:-EDGE]


def frame_values(samples: np.ndarray, rate: int = RATE) -> np.ndarray:
    return samples[:: round(rate * STEP_SECONDS)]


@pytest.mark.parametrize("partials", [1, 20])
@pytest.mark.parametrize("hertz", [52.0, 80.0, 120.3, 220.0, 333.0, 545.0])
def test_tones(hertz, partials):
    found = track(buzz(hertz, partials), RATE)
    assert inner(found.voiced).all()
    assert np.abs(cents(inner(found.hertz), hertz)).max() < 2
    assert inner(found.periodicity).min() > 0.999


@pytest.mark.parametrize("rate", [8000, 16000, 24000, 48000])
def test_rates(rate):
    found = track(buzz(150.0, rate=rate), rate)
    assert found.hertz.size == 200
    assert np.abs(cents(inner(found.hertz), 150.0)).max() < 2


def test_a_missing_fundamental_is_heard():
    wave = sum(np.sin(2 * np.pi * k * 110 * TIME) for k in (3, 4, 5)) / 10
    found = track(wave, RATE)
    assert np.abs(cents(inner(found.hertz), 110)).max() < 2


@pytest.mark.parametrize("octaves", [1.0, -1.0])
def test_glides(octaves):
    hertz = 150 * 2 ** (octaves * TIME)
    found = track(buzz(hertz), RATE)
    off = cents(inner(found.hertz), inner(frame_values(hertz)))
    # A window of 25 ms is not at one place: at this pace 12 cents are 10 ms.
    assert np.abs(off).max() < 12
    assert abs(off.mean()) < 4
    assert inner(found.periodicity).min() > 0.98


def test_vibrato():
    hertz = 200 * 2 ** (0.5 / 12 * np.sin(2 * np.pi * 5 * TIME))
    found = track(buzz(hertz), RATE)
    off = cents(inner(found.hertz), inner(frame_values(hertz)))
    assert np.abs(off).max() < 6
    assert abs(off.mean()) < 1


def test_noise_lowers_periodicity_as_the_ratio_of_powers_says():
    wave = buzz(130.0)
    power = np.mean(wave**2)
    clear = [
        inner(track(wave + noise(power / ratio), RATE).periodicity).mean()
        for ratio in (1000, 100, 10, 4, 1)
    ]
    wanted = [ratio / (ratio + 1) for ratio in (1000, 100, 10, 4, 1)]
    assert clear == pytest.approx(wanted, abs=0.04)
    assert clear == sorted(clear, reverse=True)


@pytest.mark.parametrize("seed", range(3))
def test_noise_has_no_voice(seed):
    found = track(noise(0.01, seed), RATE)
    assert not found.voiced.any()
    assert found.periodicity.mean() < 0.2


@pytest.mark.parametrize(
    "wave", [np.zeros(RATE), np.full(RATE, 0.3), 1e-5 * buzz(100.0)]
)
def test_silence_has_no_voice(wave):
    found = track(wave, RATE)
    assert not found.voiced.any()
    assert found.periodicity.max() < 1e-3


def test_an_offset_changes_nothing_that_is_heard():
    quiet = np.concatenate([np.zeros(RATE // 2), buzz(120.0, seconds=0.5)])
    plain, offset = track(quiet, RATE), track(quiet + 0.001, RATE)
    assert np.array_equal(plain.voiced, offset.voiced)
    assert np.abs(plain.periodicity - offset.periodicity).max() < 5e-3


def test_voice_begins_and_ends_with_the_sound():
    silence = np.zeros(RATE // 2)
    wave = np.concatenate([silence, buzz(120.0), silence]) + noise(1e-7).repeat(2)
    voiced = np.flatnonzero(track(wave, RATE).voiced) * STEP_SECONDS
    assert voiced[0] == pytest.approx(0.5, abs=0.02)
    assert voiced[-1] == pytest.approx(1.5, abs=0.02)
    assert np.diff(voiced).max() == pytest.approx(STEP_SECONDS)


@pytest.mark.parametrize(("samples", "frames"), [(0, 0), (1, 1), (110, 1), (111, 2)])
def test_frames_are_counted(samples, frames):
    found = track(np.ones(samples), RATE)
    assert found.hertz.shape == found.periodicity.shape == (frames,)


@pytest.mark.parametrize(
    ("wave", "rate", "words"),
    [(np.zeros((2, 9)), RATE, "samples"), (np.zeros(9), 4000, "too low")],
)
def test_what_is_not_a_wave_is_refused(wave, rate, words):
    with pytest.raises(ValueError, match=words):
        track(wave, rate)
