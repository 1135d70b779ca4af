"""Make somebody who speaks sing: a spoken recording on the notes of a melody.

For demonstrations and measurements, where no recording of a song may be kept. The
melody is known exactly, so a tracker can be judged by it.
"""

import numpy as np

from moksori.covers import pitch, world
from moksori.covers.pitch import FRAME_SECONDS

_SCALE = np.array([0, 2, 4, 5, 7, 9, 11, 12])  # semitones: a major scale
_STRETCH = 1.7  # sung vowels are longer than spoken ones
_NOTE_SECONDS = 0.3, 0.6
_VIBRATO_HERTZ, _VIBRATO_SEMITONES, _VIBRATO_AFTER = 5.5, 0.35, 0.15
_GLIDE_FRAMES = 17


def sing(
    wave: np.ndarray, sample_rate: int, root_hertz: float, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Sing a spoken wave [samples] on a melody above `root_hertz`.

    Returns the sung wave, float32 [samples], and its pitch [frames], hertz, 0 where the
    voice is silent. `sample_rate` is one of `world.RATES`.
    """
    spoken = pitch.track(wave, sample_rate)
    timbre = world.analyse(wave, sample_rate, spoken)
    voiced = spoken > 0
    # Voiced frames are held, the others keep their time.
    held = np.cumsum(np.where(voiced, _STRETCH, 1.0))
    places = np.searchsorted(held, np.arange(int(held[-1])))
    melody = _melody(len(places), root_hertz, np.random.default_rng(seed))
    contour = np.where(voiced[places], melody, 0.0)
    sung = world.Timbre(timbre.cepstra[places], timbre.aperiodicity[places])
    return world.synthesise(contour, sung, sample_rate), contour


def _melody(frames: int, root_hertz: float, rng: np.random.Generator) -> np.ndarray:
    """Return a melody [frames] that walks up and down a scale, with vibrato."""
    notes, ages, degree = np.zeros(frames), np.zeros(frames), 3
    at = 0
    while at < frames:
        length = int(rng.uniform(*_NOTE_SECONDS) / FRAME_SECONDS)
        notes[at : at + length] = _SCALE[degree]
        ages[at : at + length] = np.arange(min(length, frames - at))
        degree = int(np.clip(degree + rng.integers(-2, 3), 0, len(_SCALE) - 1))
        at += length
    kernel = np.hanning(_GLIDE_FRAMES + 2)[1:-1]
    edge = _GLIDE_FRAMES // 2
    notes = np.convolve(np.pad(notes, edge, "edge"), kernel / kernel.sum(), "valid")
    seconds = np.arange(frames) * FRAME_SECONDS
    depth = np.clip(ages * FRAME_SECONDS / _VIBRATO_AFTER - 1, 0, 1)
    vibrato = np.sin(2 * np.pi * _VIBRATO_HERTZ * seconds) * depth
    return root_hertz * 2 ** ((notes + _VIBRATO_SEMITONES * vibrato) / 12)
