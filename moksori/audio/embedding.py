"""Sound as bytes, for what carries it inside itself, such as a page."""

import io

import numpy as np

from moksori.audio.files import AudioError, to_int16


def wav(wave: np.ndarray, sample_rate: int) -> bytes:
    """A wave [samples] as a wav file of 16-bit PCM, in memory.

    FLAC would take about half of the bytes, but Chromium cannot go to a place inside
    a short one, and fails ("demuxer seek failed"); in PCM every browser finds every
    sample. What exceeds full scale is clipped. Raises `AudioError` for an array that
    is not one finite channel with at least one sample.
    """
    import soundfile

    wave = np.asarray(wave)
    if wave.ndim != 1 or not wave.size:
        raise AudioError(f"a wave is [samples], not {list(wave.shape)}")
    if not np.isfinite(wave).all():
        raise AudioError("a wave holds values that are not finite")
    file = io.BytesIO()
    soundfile.write(file, to_int16(wave), sample_rate, format="WAV", subtype="PCM_16")
    return file.getvalue()
