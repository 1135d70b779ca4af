"""Describe a recording in figures that a person can check it by."""

import math

import numpy as np

from moksori.audio.descriptors import mfcc_means, spectral_centroid, spectral_rolloff
from moksori.audio.levels import clipped_share, loudness, rms_decibel, signal_to_noise
from moksori.audio.pitch import track

_RANGE = (5, 95)


def describe(
    wave: np.ndarray, sample_rate: int, original_rate: int | None = None
) -> dict:
    """Describe a recording [samples], full scale 1.0, in plain values for JSON.

    What has no value, such as the pitch of a whisper, is None. Best of the wave as it
    was recorded: noise is estimated from the pauses, which trimming takes away, and
    clipping is found only before resampling. Of a wave that was resampled
    `original_rate` is the rate of the file.

    - `duration_seconds`, and `sample_rate` in hertz, the original one
    - `pitch_hertz_median`, `pitch_hertz_range` [5th, 95th percentile] and
      `voiced_share`, of all frames: `audio.pitch`
    - `spectral_centroid_hertz`, `spectral_rolloff_hertz` (85 % of the power) and
      `mfcc_means` [13], of the frames with speech: `audio.descriptors`
    - `level_decibel` of the mean power and `peak_decibel` of the largest sample, both
      below full scale and -120 at least; `loudness_lufs` (ITU-R BS.1770-4);
      `clipped_share` of the samples; `signal_to_noise_decibel`, an estimate between 0
      and 100: `audio.levels`

    Raises `ValueError` for a wave that is not finite or not one channel, and when the
    rate is too low for pitch.
    """
    wave = np.asarray(wave, np.float32)
    if wave.ndim != 1:
        raise ValueError(f"a wave is [samples], not {list(wave.shape)}")
    if not np.isfinite(wave).all():
        raise ValueError("the recording holds values that are not finite")
    peak = float(np.abs(wave).max(initial=0.0))
    return {
        "duration_seconds": _plain(wave.size / sample_rate, 3),
        "sample_rate": int(original_rate or sample_rate),
        **_pitch(wave, sample_rate),
        "spectral_centroid_hertz": _plain(spectral_centroid(wave, sample_rate)),
        "spectral_rolloff_hertz": _plain(spectral_rolloff(wave, sample_rate)),
        "mfcc_means": [_plain(value, 2) for value in mfcc_means(wave, sample_rate)],
        "level_decibel": _plain(rms_decibel(wave)),
        "loudness_lufs": _plain(loudness(wave, sample_rate)),
        "peak_decibel": _plain(20 * math.log10(max(peak, 1e-6))),
        "clipped_share": _plain(clipped_share(wave), 6),
        "signal_to_noise_decibel": _plain(signal_to_noise(wave, sample_rate)),
    }


def _pitch(wave: np.ndarray, sample_rate: int) -> dict:
    found = track(wave, sample_rate)
    hertz = found.hertz[found.voiced]
    low, middle, high = (
        np.percentile(hertz, [_RANGE[0], 50, _RANGE[1]]) if hertz.size else [np.nan] * 3
    )
    share = hertz.size / found.hertz.size if found.hertz.size else 0.0
    return {
        "pitch_hertz_median": _plain(middle),
        "pitch_hertz_range": [_plain(low), _plain(high)],
        "voiced_share": _plain(share, 3),
    }


def _plain(value: float, digits: int = 1) -> float | None:
    """Return a rounded Python number; None for what JSON has no number for."""
    # The sum is for -0.0, which would be written with its sign.
    return round(float(value), digits) + 0.0 if math.isfinite(value) else None
