"""Compare speech with a recording of the same words: sound, pitch and pace.

The two are first made comparable. Silence around the speech is cut off
(`audio.levels.trim`, without its tail, so that it does not matter how much silence a
system leaves), and both get one level, so that neither the floor of the spectrograms
nor that of the pitch tracker treats them differently. Then dynamic time warping pairs
the frames of their mel spectrograms, and every figure but the duration is over these
pairs:

- Pairs count alike, as in `metrics.cepstral.distortion`: a frame at which one waits
  for the other is counted as often as it is paired.
- The pairs are those of least distortion. The distortion is so a lower bound, which
  other pairs would exceed, and something is always paired: of different words the
  figures are large, but they have no meaning of their own.
- Pauses inside the speech count as any other frames do, and so does noise in them.
- The pace is in the duration alone; how the delay is spread is in no figure.

A scale, which `benchmarks/distortion_scale.py` measures: about 1 dB when the same
recording merely begins 3 ms later in its frames, 5 dB under white noise of -30 dB,
10 dB against another sentence of the same speaker.
"""

import math
from dataclasses import asdict, dataclass, replace

import numpy as np

from hparams import Audio
from moksori.audio.levels import rms_decibel, trim
from moksori.audio.pitch import STEP_SECONDS, Track, track
from moksori.audio.spectrum import mel_spectrogram
from moksori.metrics import cepstral
from moksori.metrics.pitch import fine_pitch_error, gross_pitch_error

_LEVEL_DECIBEL = -23.0
_MARGIN_SECONDS = 0.02
_DIGITS = 4


@dataclass(frozen=True)
class Likeness:
    """Hold how far speech is from the recording that it is compared with.

    `cepstral_decibel` mel-cepstral distortion; `gross_pitch_error` share of the pairs
    voiced in both whose pitch differs by more than a fifth, as by an octave, and
    `pitch_cents` root mean square difference of the others, NaN when there are none;
    `voicing_error` share of the pairs in which just one is voiced, 0 to 1;
    `duration_ratio` its duration over that of the recording. A recording against itself
    has 0, 0, 0, 0 and 1.
    """

    cepstral_decibel: float
    pitch_cents: float
    gross_pitch_error: float
    voicing_error: float
    duration_ratio: float

    def to_dict(self) -> dict[str, float | None]:
        """Return the figures by their names, rounded, None for NaN."""
        return {
            name: None if math.isnan(value) else round(value, _DIGITS)
            for name, value in asdict(self).items()
        }


def likeness(reference: np.ndarray, other: np.ndarray, audio: Audio) -> Likeness:
    """Compare a wave [samples] with a reference [samples], both at `audio.sample_rate`.

    Raises `ValueError` when one of them is silent, holds what is not finite or is not
    one channel, and when the rate is too low for pitch.
    """
    ours = _speech(reference, audio, "reference")
    theirs = _speech(other, audio, "other")
    mels = [mel_spectrogram(wave, audio) for wave in (ours, theirs)]
    tracks = [
        _at_frames(track(wave, audio.sample_rate), len(mel), audio)
        for wave, mel in zip((ours, theirs), mels, strict=True)
    ]
    pairs = _pairs(*mels, audio).T
    # From here on both have a frame for each pair.
    mels = [mel[which] for mel, which in zip(mels, pairs, strict=True)]
    tracks = [_picked(each, which) for each, which in zip(tracks, pairs, strict=True)]
    return Likeness(
        cepstral_decibel=cepstral.distortion(*mels, audio),
        pitch_cents=fine_pitch_error(*tracks),
        gross_pitch_error=gross_pitch_error(*tracks),
        voicing_error=float((tracks[0].voiced != tracks[1].voiced).mean()),
        duration_ratio=theirs.size / ours.size,
    )


def _speech(wave: np.ndarray, audio: Audio, name: str) -> np.ndarray:
    """Return the wave from its first to its last speech, at the common level."""
    wave = np.asarray(wave, np.float32)
    if wave.ndim != 1:
        raise ValueError(f"the {name} wave is not [samples], but {list(wave.shape)}")
    if not np.isfinite(wave).all():
        raise ValueError(f"the {name} wave holds values that are not finite")
    # Where speech touches the edge, windows reach over it as they would over silence.
    margin = np.zeros(round(_MARGIN_SECONDS * audio.sample_rate), np.float32)
    padded = np.concatenate((margin, wave, margin))
    speech = trim(padded, replace(audio, tail_seconds=0.0))
    if not speech.size:
        raise ValueError(f"the {name} wave is silent: there is nothing to compare")
    gain = 10 ** ((_LEVEL_DECIBEL - rms_decibel(speech)) / 20)
    return speech * np.float32(gain)


def _pairs(reference: np.ndarray, other: np.ndarray, audio: Audio) -> np.ndarray:
    """Return pairs of frames, int [pairs, 2], of mels [frames, mels]."""
    from scipy.spatial.distance import cdist

    # As good as decibels: one factor for all distances does not move the path.
    ours, theirs = (cepstral.cepstra(mel, audio) for mel in (reference, other))
    return cepstral.warp(cdist(ours, theirs))


def _at_frames(found: Track, frames: int, audio: Audio) -> Track:
    """Return the pitch at the middle of each mel frame, where its window is centred.

    The nearest value and no mean: between voiced and unvoiced there is nothing.
    """
    step = round(audio.sample_rate * STEP_SECONDS)
    middle = (np.arange(frames) + 0.5) * audio.hop_length
    nearest = np.rint(middle / step).astype(int)
    return _picked(found, np.minimum(nearest, found.hertz.size - 1))


def _picked(found: Track, frames: np.ndarray) -> Track:
    return Track(found.hertz[frames], found.periodicity[frames])
