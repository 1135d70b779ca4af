"""Track the melody of a voice, sung or spoken, also after separation.

SwiftF0 (a network in its package) gives a pitch and a confidence for every 16 ms. Here
they become a contour on `FRAME_SECONDS`: with hysteresis, as sung notes fade; without
short holes; and without leaps of an octave that last a few frames.
"""

from itertools import pairwise

import numpy as np

from moksori.audio.files import resample
from moksori.covers.weights import INSTALL
from moksori.speakers.weights import WeightsMissing

FRAME_SECONDS = 0.005
LOWEST_HERTZ, HIGHEST_HERTZ = 65.0, 1000.0
_RATE = 16000
_BEGINS, _HOLDS = 0.5, 0.25
_LONGEST_HOLE = 0.06  # seconds
_LONGEST_LEAP = 0.12
# A leap by an octave or a twelfth, up or down, give or take a semitone.
_LEAPS = np.array([-19.0, -12.0, 12.0, 19.0])


def track(wave: np.ndarray, sample_rate: int) -> np.ndarray:
    """Track the pitch of a wave [samples]; float64 [frames] hertz, 0 where there is
    none. Frame t is at t * `FRAME_SECONDS`, and there are floor(seconds / it) + 1.

    Raises `WeightsMissing` before `make covers`.
    """
    heard = resample(wave, sample_rate, _RATE)
    found = _network().detect(heard, _RATE, fmin=LOWEST_HERTZ, fmax=HIGHEST_HERTZ)
    sung = _hysteresis(found.confidence)
    frames = int(len(wave) / sample_rate / FRAME_SECONDS) + 1
    if not sung.any():
        return np.zeros(frames)
    hop = found.timestamps[1] - found.timestamps[0] if len(sung) > 1 else 1.0
    sung = _fill(sung, int(_LONGEST_HOLE / hop))
    semitones = 12 * np.log2(np.where(found.pitch_hz > 0, found.pitch_hz, 1.0))
    certain = sung & (found.confidence >= _HOLDS) & (found.pitch_hz > 0)
    places = np.arange(len(sung))
    semitones = np.interp(places, places[certain], semitones[certain])
    semitones = _without_leaps(semitones, sung, int(_LONGEST_LEAP / hop))
    times = np.arange(frames) * FRAME_SECONDS
    nearest = np.clip(np.round(times / hop).astype(int), 0, len(sung) - 1)
    contour = 2 ** (np.interp(times, found.timestamps, semitones) / 12)
    return np.where(sung[nearest], contour, 0.0)


def median_hertz(contour: np.ndarray) -> float:
    """Return the median of a contour where there is a pitch; 0 where there is none."""
    voiced = contour[contour > 0]
    return float(np.median(voiced)) if len(voiced) else 0.0


def octaves_between(song_hertz: float, voice_hertz: float) -> int:
    """Return the shift in semitones, whole octaves, that brings a song nearest to the
    middle of a voice; 0 where one of them has no pitch."""
    if not song_hertz or not voice_hertz:
        return 0
    return 12 * round(np.log2(voice_hertz / song_hertz))


def _network():
    # A new one each time: an old one keeps what a whole song took.
    try:
        from swift_f0 import SwiftF0
    except ImportError:
        raise WeightsMissing(f"SwiftF0 is not installed: {INSTALL}") from None
    return SwiftF0(threads=1)


def _hysteresis(confidence: np.ndarray) -> np.ndarray:
    """Return where a voice sings: from `_BEGINS` on, for as long as it `_HOLDS`."""
    sung = np.zeros(len(confidence), bool)
    for direction in (slice(None), slice(None, None, -1)):
        singing = False
        for i, value in enumerate(confidence[direction]):
            singing = value >= (_HOLDS if singing else _BEGINS)
            sung[direction][i] |= singing
    return sung


def _fill(sung: np.ndarray, longest: int) -> np.ndarray:
    """Fill holes of at most `longest` frames between sung ones."""
    filled = sung.copy()
    ends = np.flatnonzero(sung)
    for before, after in pairwise(ends):
        if 1 < after - before <= longest + 1:
            filled[before:after] = True
    return filled


def _without_leaps(semitones: np.ndarray, sung: np.ndarray, longest: int):
    """Undo leaps by an octave or a twelfth that return within `longest` frames."""
    smooth, at = semitones.copy(), 1
    while at < len(smooth):
        leap = smooth[at] - smooth[at - 1]
        near = _LEAPS[np.abs(_LEAPS - leap).argmin()]
        if not (sung[at] and sung[at - 1]) or abs(near - leap) > 1:
            at += 1
            continue
        back = smooth[at : at + longest + 1] - smooth[at - 1]
        returned = np.flatnonzero(np.abs(back) < 1)
        if len(returned):
            smooth[at : at + returned[0]] -= near
        at += 1
    return smooth
