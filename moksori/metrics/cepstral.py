"""Compute mel-cepstral distortion: how far apart two spectral envelopes are.

Shapes: wave [samples]; mel [frames, mels], normalised as `audio.spectrum` makes it;
cepstra [frames, coefficients].

A mel cepstrum is the cosine series of a log mel spectrum, ln S(m) = c_0 +
sum_d c_d cos(pi d (m + 1/2) / M). The distortion of a frame is
10 / ln 10 * sqrt(2 * sum_d (c_d - c'_d)^2) decibels, d from 1: by Parseval the root
mean square difference, over the mel bands, of two envelopes whose levels were made
equal. Source: Kubichek 1993, "Mel-cepstral distance measure for objective speech
quality assessment"; with 13 coefficients as in Skerry-Ryan et al. 2018, "Towards
end-to-end prosody transfer for expressive speech synthesis with Tacotron".
"""

import numpy as np

from hparams import Audio

COEFFICIENTS = 13


def cepstra(
    mel: np.ndarray, audio: Audio, coefficients: int = COEFFICIENTS
) -> np.ndarray:
    """Return c_1 to c_coefficients of a normalised mel, float64 [frames, coefficients].

    c_0, the level, is left out. Raises `ValueError` when the mel does not have the
    bands of `audio`, or not more of them than coefficients are asked for.
    """
    from scipy.fft import dct

    mel = np.asarray(mel, np.float64)
    if mel.ndim != 2 or mel.shape[1] != audio.mels:
        raise ValueError(f"expected [frames, mels={audio.mels}], not {list(mel.shape)}")
    if not 1 <= coefficients < audio.mels:
        raise ValueError(f"{audio.mels} mels do not give {coefficients} coefficients")
    # The zero of the normalised levels is a constant, which only c_0 would hold.
    span = audio.ceiling_decibel - audio.floor_decibel
    nepers = mel * (span / (2 * audio.mel_range) * np.log(10) / 20)
    return dct(nepers, type=2, axis=1)[:, 1 : coefficients + 1] / audio.mels


def distortion(
    reference: np.ndarray,
    other: np.ndarray,
    audio: Audio,
    coefficients: int = COEFFICIENTS,
    align: bool = False,
) -> float:
    """Return the mel-cepstral distortion of two mels [frames, mels] in decibels.

    Frame is compared with frame; with `align` the frames are first paired by dynamic
    time warping, and the mean is over the pairs. Raises `ValueError` when there are
    none, or when without `align` one has more frames than the other.
    """
    ours = cepstra(reference, audio, coefficients)
    theirs = cepstra(other, audio, coefficients)
    if not (len(ours) and len(theirs)):
        raise ValueError("a spectrogram has no frames")
    if align:
        between = _distances(ours, theirs)
        pairs = warp(between)
        return float(between[pairs[:, 0], pairs[:, 1]].mean())
    if len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} and {len(theirs)} frames, and not to be aligned")
    return float(_decibels(((ours - theirs) ** 2).sum(axis=1)).mean())


def warp(distance: np.ndarray, bounded: bool = False) -> np.ndarray:
    """Return the cheapest way through distances [ours, theirs]: pairs, int [pairs, 2].

    It leads from the first pair of frames to the last, one frame at a time in either
    or both; of ways that cost the same, the one that keeps step is taken. Dynamic time
    warping without slope constraint and with equal weights (Sakoe and Chiba 1978,
    "Dynamic programming algorithm optimization for spoken word recognition"). One that
    is `bounded` goes at most twice as fast in one as in the other, which leaves frames
    out; neither may be longer than twice the other.
    """
    import librosa

    how = {}
    if bounded:
        how = {"step_sizes_sigma": np.array([[1, 1], [1, 2], [2, 1]])}

    # Transposed, so that of ways that cost the same it is the one that figures have
    # always been measured along.
    _, pairs = librosa.sequence.dtw(C=np.asarray(distance, np.float64).T.copy(), **how)
    return pairs[::-1, ::-1]


def _distances(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return the distortion in decibels of every pair of frames, [ours, theirs]."""
    from scipy.spatial.distance import cdist

    return _decibels(cdist(ours, theirs, "sqeuclidean"))


def _decibels(squares: np.ndarray) -> np.ndarray:
    return 10 / np.log(10) * np.sqrt(2 * squares)
