"""Compare the pitch of two waves, as `audio.pitch` tracks it, in figures."""

import numpy as np

from moksori.audio.pitch import Track

_GROSS = 0.2


def voicing_f1(reference: Track, other: Track) -> float:
    """Return the F1 score of `other` at telling which frames of `reference` are voiced.

    Precision and recall in one, 1 at best; 1 as well where neither has a voice. Source:
    Morrison et al. 2022. Raises `ValueError` for tracks of unequal length.
    """
    ours, theirs = _together(reference.voiced, other.voiced)
    total = ours.sum() + theirs.sum()
    return float(2 * (ours & theirs).sum() / total) if total else 1.0


def pitch_error(reference: Track, other: Track) -> float:
    """Return the root mean square pitch difference in cents, where both are voiced.

    NaN where they are never voiced together. Source: Morrison et al. 2022.
    Raises `ValueError` for tracks of unequal length.
    """
    ours, theirs = _together(reference.hertz, other.hertz)
    both = np.isfinite(ours) & np.isfinite(theirs)
    if not both.any():
        return float("nan")
    cents = 1200 * np.log2(theirs[both] / ours[both])
    return float(np.sqrt(np.mean(cents**2)))


def gross_pitch_error(reference: Track, other: Track) -> float:
    """Return the share of frames voiced in both whose pitch differs by over a fifth
    of the reference's: octaves and chance. NaN where they are never voiced together.

    Source: Chu and Alwan 2009, "Reducing F0 frame error of F0 tracking algorithms under
    noisy conditions with an unvoiced/voiced classification frontend". Raises
    `ValueError` for tracks of unequal length.
    """
    ours, theirs = _together(reference.hertz, other.hertz)
    both = np.isfinite(ours) & np.isfinite(theirs)
    return float(_gross(ours, theirs)[both].mean()) if both.any() else float("nan")


def fine_pitch_error(reference: Track, other: Track) -> float:
    """Return `pitch_error` without the frames that `gross_pitch_error` counts."""
    ours, theirs = _together(reference.hertz, other.hertz)
    kept = np.where(_gross(ours, theirs), np.nan, theirs)
    return pitch_error(reference, Track(kept, other.periodicity))


def periodicity_error(reference: Track, other: Track) -> float:
    """Return the root mean square difference of periodicity, over all frames.

    Source: Morrison et al. 2022. Raises `ValueError` for tracks of unequal
    length.
    """
    ours, theirs = _together(reference.periodicity, other.periodicity)
    return float(np.sqrt(np.mean((theirs - ours) ** 2))) if ours.size else 0.0


def _gross(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return where both are known and differ grossly."""
    return np.abs(theirs - ours) > _GROSS * ours


def _together(ours: np.ndarray, theirs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if ours.shape != theirs.shape:
        raise ValueError(f"tracks of {ours.size} and {theirs.size} frames")
    return ours, theirs
