"""Describe the spectrum of a recording in a few figures.

Waves are [samples] with full scale 1.0, at a rate in hertz. Only the frames that hold
speech count: those less than `SPEECH_DECIBEL` below the loudest. Frames are Hann
windows of 25 ms, one every 10 ms, or so many fewer that a long recording has no more of
them than a minute. Centroid and roll-off are those of the mean power spectrum, so that
a frame weighs by its power. All figures are NaN where there is only silence.
"""

import numpy as np

SPEECH_DECIBEL = 30.0
MFCC = 13

_WINDOW_SECONDS, _HOP_SECONDS = 0.025, 0.01
_FRAMES = 6000
_SILENCE = 10 ** (-90 / 20)
_MFCC_MELS = 40


def spectral_centroid(wave: np.ndarray, rate: int) -> float:
    """Return the mean frequency in hertz, each frequency weighed by its power.

    A bright voice, a hiss and a wide band raise it. Source: Peeters 2004, "A large set
    of audio features for sound description", section 6.1.1, on the power spectrum.
    """
    import librosa

    power = _speech_power(wave, rate)
    if not power.size:
        return float("nan")
    mean = power.mean(axis=1, keepdims=True)
    return float(librosa.feature.spectral_centroid(S=mean, sr=rate).item())


def spectral_rolloff(wave: np.ndarray, rate: int, share: float = 0.85) -> float:
    """Return the frequency in hertz below which that share of the power lies.

    Source: Tzanetakis and Cook 2002, "Musical genre classification of audio signals",
    section III.A, on the power spectrum. Raises `ValueError` for a share that is not
    between 0 and 1.
    """
    import librosa

    if not 0 < share < 1:
        raise ValueError(f"a share of the power is between 0 and 1, not {share}")
    power = _speech_power(wave, rate)
    if not power.size:
        return float("nan")
    mean = power.mean(axis=1, keepdims=True)
    found = librosa.feature.spectral_rolloff(S=mean, sr=rate, roll_percent=share)
    return float(found.item())


def mfcc_means(wave: np.ndarray, rate: int) -> np.ndarray:
    """Average 13 mel-frequency cepstral coefficients over frames: float64 [13].

    Of decibels, by the orthonormal cosine transform over 40 mel bands up to half the
    rate: to be compared at equal rates. The first follows the level, the others do not.
    Source: Davis and Mermelstein 1980, "Comparison of parametric representations for
    monosyllabic word recognition in continuously spoken sentences".
    """
    import librosa

    power = _speech_power(wave, rate)
    if not power.size:
        return np.full(MFCC, np.nan)
    mel = librosa.feature.melspectrogram(S=power, sr=rate, n_mels=_MFCC_MELS)
    found = librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=MFCC)
    return found.mean(axis=1, dtype=np.float64)


def _speech_power(wave: np.ndarray, rate: int) -> np.ndarray:
    """Return the power spectra [bins, frames] of the frames with speech."""
    import librosa

    wave = np.asarray(wave, np.float32)
    if wave.ndim != 1:
        raise ValueError(f"a wave is [samples], not {list(wave.shape)}")
    if np.abs(wave).max(initial=0.0) < _SILENCE:
        return np.zeros((0, 0), np.float32)
    window = round(_WINDOW_SECONDS * rate)
    size = 1 << (window - 1).bit_length()
    whole = np.pad(wave, (0, max(size - wave.size, 0)))
    hop = max(round(_HOP_SECONDS * rate), whole.size // _FRAMES)
    spectra = librosa.stft(whole, n_fft=size, win_length=window, hop_length=hop)
    power = np.abs(spectra) ** 2
    loudness = power.sum(axis=0)
    return power[:, loudness >= loudness.max() * 10 ** (-SPEECH_DECIBEL / 10)]
