"""The pitch tracker on sounds whose pitch is known, and its three figures."""

import numpy as np
import pytest

from moksori.metrics.pitch import (
    STEP_SECONDS,
    Track,
    fine_pitch_error,
    gross_pitch_error,
    periodicity_error,
    pitch_error,
    track,
    voicing_f1,
)

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
    assert periodicity_error(plain, offset) < 1e-3


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


def test_a_track_does_not_differ_from_itself():
    found = track(buzz(120.0) + noise(1e-3), RATE)
    assert voicing_f1(found, found) == 1
    assert pitch_error(found, found) == 0
    assert periodicity_error(found, found) == 0


@pytest.mark.parametrize("shift", [-300.0, 20.0, 100.0])
def test_a_shifted_tone_is_off_by_its_shift(shift):
    plain = track(buzz(150.0), RATE)
    moved = track(buzz(150.0 * 2 ** (shift / 1200)), RATE)
    assert pitch_error(plain, moved) == pytest.approx(abs(shift), abs=2)
    assert pitch_error(moved, plain) == pytest.approx(abs(shift), abs=2)


def test_figures_worked_out_by_hand():
    silent = np.nan
    ours = Track(
        np.array([100.0, 200.0, silent, 100.0]), np.array([1.0, 0.8, 0.1, 0.9])
    )
    theirs = Track(
        np.array([200.0, 200.0, 100.0, silent]), np.array([1.0, 0.5, 0.5, 0.9])
    )
    # Two frames found, one invented, one missed: precision and recall are 2/3.
    assert voicing_f1(ours, theirs) == pytest.approx(2 / 3)
    # An octave in one of two frames: sqrt((1200^2 + 0) / 2).
    assert pitch_error(ours, theirs) == pytest.approx(1200 / np.sqrt(2))
    # The octave is gross, the other frame exact.
    assert gross_pitch_error(ours, theirs) == 0.5
    assert fine_pitch_error(ours, theirs) == 0
    # sqrt((0 + 0.09 + 0.16 + 0) / 4).
    assert periodicity_error(ours, theirs) == pytest.approx(0.25)


def test_without_any_voice():
    silent = track(np.zeros(RATE), RATE)
    voice = track(buzz(120.0), RATE)
    assert voicing_f1(silent, silent) == 1
    assert voicing_f1(silent, voice) == 0
    for figure in (pitch_error, gross_pitch_error, fine_pitch_error):
        assert np.isnan(figure(silent, voice))


@pytest.mark.parametrize(("hertz", "gross"), [(119.0, 0), (121, 1), (81, 0), (79, 1)])
def test_gross_is_more_than_a_fifth(hertz, gross):
    ours, theirs = (Track(np.array([each]), np.ones(1)) for each in (100.0, hertz))
    assert gross_pitch_error(ours, theirs) == gross
    cents = abs(1200 * np.log2(hertz / 100))
    fine = fine_pitch_error(ours, theirs)
    assert np.isnan(fine) if gross else fine == pytest.approx(cents)


@pytest.mark.parametrize(
    "figure",
    [voicing_f1, pitch_error, periodicity_error, gross_pitch_error, fine_pitch_error],
)
def test_unequal_lengths_are_refused(figure):
    with pytest.raises(ValueError, match="200 and 100 frames"):
        figure(track(np.zeros(RATE)[:22000], RATE), track(np.zeros(11000), RATE))
