"""Prepare a recording as the reference of a voice: speech alone, at one level."""

import math

import numpy as np

from hparams import Audio
from moksori.audio.files import AudioError
from moksori.audio.levels import level

LEAST_SECONDS = 3.0

_PREEMPHASIS = 0.97
_SILENT_DECIBEL = 40.0
_WINDOW_SECONDS = 0.02
# Kept on both sides of speech: Korean endings are quiet, and pauses have their rhythm.
_MARGIN_SECONDS = 0.15
_FADE_SECONDS = 0.005


def prepare(wave: np.ndarray, sample_rate: int) -> np.ndarray:
    """Remove silence, normalise the loudness, and extend what is under 3 s.

    Returns float32 [samples]. What is silent is decided after pre-emphasis, without
    which quiet consonants would be lost; the sound itself keeps its timbre, as voices
    are cloned from it. Short speech is repeated. Raises `AudioError` where there is
    nothing but silence.
    """
    speech = _without_silence(np.asarray(wave, np.float32), sample_rate)
    if not len(speech):
        raise AudioError("silence, no voice in it")
    speech = level(speech, Audio(sample_rate=sample_rate, level="lufs"))
    times = math.ceil(LEAST_SECONDS * sample_rate / len(speech))
    return np.tile(speech, times)


def _without_silence(wave: np.ndarray, rate: int) -> np.ndarray:
    """Join the stretches [samples] that are less than 40 dB below the loudest."""
    import librosa

    if np.abs(wave).max(initial=0.0) < 1e-4:
        return wave[:0]
    emphasised = librosa.effects.preemphasis(wave, coef=_PREEMPHASIS)
    hop = max(round(_WINDOW_SECONDS * rate / 4), 1)
    stretches = librosa.effects.split(
        emphasised, top_db=_SILENT_DECIBEL, frame_length=4 * hop, hop_length=hop
    )
    margin, joined = round(_MARGIN_SECONDS * rate), []
    for begin, end in stretches.tolist():
        begin, end = max(begin - margin, 0), min(end + margin, len(wave))
        if joined and begin <= joined[-1][1]:
            joined[-1][1] = end
        else:
            joined.append([begin, end])
    pieces = [_faded(wave[begin:end], rate) for begin, end in joined]
    return np.concatenate(pieces) if pieces else wave[:0]


def _faded(wave: np.ndarray, rate: int) -> np.ndarray:
    """Fade both edges, so that none clicks where stretches meet."""
    wave = wave.copy()
    count = min(round(_FADE_SECONDS * rate), len(wave) // 2)
    slope = np.linspace(0, 1, count, endpoint=False, dtype=np.float32)
    wave[:count] *= slope
    wave[len(wave) - count :] *= slope[::-1]
    return wave
