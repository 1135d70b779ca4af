"""The figures of pitch, on tracks that are known."""

import numpy as np
import pytest

from moksori.audio.pitch import Track, track
from moksori.metrics.pitch import (
    fine_pitch_error,
    gross_pitch_error,
    periodicity_error,
    pitch_error,
    voicing_f1,
)
from tests.audio.test_pitch import RATE, buzz, noise


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
