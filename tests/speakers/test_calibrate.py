"""Calibration: rates, thresholds and their table, from vectors with known errors."""

import numpy as np
import pytest

from moksori.speakers.bandwidth import Band
from moksori.speakers.calibrate import Trials, calibrated, trials
from moksori.speakers.calibration import Calibration, margin
from moksori.speakers.clip import Clip
from moksori.speakers.speech import Quality

QUALITY = Quality(4.0, 3.0, 30.0, -20.0, 0.0, Band.WIDE)


def people(count: int, clips: int = 4, spread: float = 0.1) -> dict[str, list[Clip]]:
    """Clips around one direction for each person, in both bands."""
    rng = np.random.default_rng(0)
    found = {}
    for index in range(count):
        for take in range(clips):
            vector = np.eye(32)[index] + spread * rng.standard_normal(32)
            vector = (vector / np.linalg.norm(vector)).astype(np.float32)
            clip = Clip(f"{index}{take}", QUALITY, dict.fromkeys(Band, vector))
            found.setdefault(f"person {index}", []).append(clip)
    return found


def test_a_clip_is_compared_with_templates_made_without_it():
    found = trials(people(8, spread=0.0), Band.WIDE)
    assert set(found) == {"verify", "cosine", "margin"}
    verify = found["verify"]
    assert len(verify.scores) == 8 * 4 * 8
    assert verify.same.sum() == 32
    np.testing.assert_allclose(verify.scores, verify.same, atol=1e-6)
    # Alike clips with noise of their own: without the clip itself, less than 1.
    noisy = trials(people(8, clips=2, spread=1.0), Band.WIDE)["verify"]
    assert noisy.scores[noisy.same].mean() < 0.3


def test_with_few_people_there_is_no_margin():
    assert set(trials(people(5), Band.WIDE)) == {"verify", "cosine"}
    with pytest.raises(ValueError, match="5 are needed"):
        trials(people(4), Band.WIDE)
    with pytest.raises(ValueError, match="0 people have 2 recordings"):
        trials(people(8, clips=1), Band.WIDE)


def test_rates_and_the_threshold_between():
    scores = np.array([0.9, 0.5, 0.7, 0.8, 0.2, 0.1, 0.6, 0.3])
    same = np.array([1, 1, 1, 1, 0, 0, 0, 0], bool)
    found = Trials(scores, same, np.array([0, 0, 1, 1] * 2))
    share, low, high = found.missed(0.75)
    assert share == 0.5
    assert low <= share <= high
    assert found.accepted(0.25)[0] == 0.5
    assert found.accepted(found.threshold(0.0))[0] == 0
    assert found.accepted(found.threshold(0.25))[0] == 0.25
    assert margin(np.array([0.1, 0.9, 0.2, 0.2, 0.3, 0.2, -5.0])) == pytest.approx(1.6)


def test_what_is_known_of_an_encoder_is_moved_and_of_another_begun():
    measured = {band: trials(people(8), band) for band in Band}
    accepted = {"verify": 0.01, "cosine": 0.03, "margin": 0.03}
    shipped = Calibration.load()
    encoder = next(iter(shipped.table))
    before = [shipped.threshold("verify", encoder, s, Band.WIDE) for s in (1.5, 3)]
    moved = calibrated(shipped, encoder, measured, 3.0, accepted)
    after = [moved.threshold("verify", encoder, s, Band.WIDE) for s in (1.5, 3)]
    wanted = measured[Band.WIDE]["verify"].threshold(0.01)
    assert after[1] == pytest.approx(wanted)
    assert after[0] - before[0] == pytest.approx(after[1] - before[1])
    assert Calibration.load().table == shipped.table

    other = calibrated(shipped, "other-1", measured, 3.0, accepted)
    assert other.threshold("margin", "other-1", 5, Band.TELEPHONE) == pytest.approx(
        measured[Band.TELEPHONE]["margin"].threshold(0.03)
    )
    assert other.probability(0.1, "other-1", Band.WIDE) > 0.7
