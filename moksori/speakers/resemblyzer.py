"""Compute speaker embeddings: a wave in, a vector out.

The network is Resemblyzer's, with the weights that its package carries: an LSTM of
three layers over 40 mel bands, trained on thousands of English speakers to tell them
apart (Wan et al. 2018, "Generalized end-to-end loss for speaker verification"). The
embedding depends on the speaker and the channel, and little on the words.
"""

from dataclasses import dataclass

import numpy as np

# With less speech the embedding depends too much on the words.
LEAST_SECONDS = 3.0
_LEVEL_DECIBEL = -30.0
_SILENCE = 1e-12  # mean power: -120 dB
_FULL_SCALE = 32767 / 32768


class EncoderMissing(RuntimeError):
    """Report that Resemblyzer is missing; the text says how to install it."""


@dataclass(frozen=True)
class Embedding:
    """Represent a voice: a unit vector, float32 [256], without negative values, and
    the `seconds` of speech it was computed from; unreliable below `LEAST_SECONDS`."""

    vector: np.ndarray
    seconds: float


class SpeakerEncoder:
    """Encode waves as embeddings, on the CPU: milliseconds for a second of sound.

    Raises `EncoderMissing` where Resemblyzer is not installed.
    """

    SAMPLE_RATE = 16000

    def __init__(self):
        try:
            from resemblyzer import VoiceEncoder
        except ImportError:
            raise EncoderMissing(
                "Resemblyzer, which compares voices, is not installed: run `make xtts`"
            ) from None
        self._network = VoiceEncoder("cpu", verbose=False)

    def embed(self, wave: np.ndarray, sample_rate: int) -> Embedding:
        """Compute the embedding of a wave [samples], full scale 1.0.

        Speech is levelled to -30 dB, since the network's spectra are not logarithmic,
        and pauses are shortened. Raises `ValueError` when there is no speech.
        """
        speech = self.speech(wave, sample_rate)
        vector = self._network.embed_utterance(speech)
        return Embedding(vector.astype(np.float32), len(speech) / self.SAMPLE_RATE)

    def speech(self, wave: np.ndarray, sample_rate: int) -> np.ndarray:
        """Return the speech in a wave as the network's input: float32 [samples] at
        16 kHz, levelled, pauses shortened to 0.2 s.

        Raises `ValueError` when there is no speech.
        """
        from resemblyzer import trim_long_silences

        from moksori.audio.files import resample

        wave = resample(np.asarray(wave, np.float32), sample_rate, self.SAMPLE_RATE)
        power = float(np.dot(wave, wave)) / max(len(wave), 1)
        if power > _SILENCE:
            # Clicks in a quiet recording may exceed full scale now.
            gain = 10 ** (_LEVEL_DECIBEL / 20) / np.sqrt(power)
            wave = np.clip(wave * gain, -_FULL_SCALE, _FULL_SCALE)
            speech = trim_long_silences(wave.astype(np.float32))
            if len(speech):
                return speech
        raise ValueError("there is no speech to tell a voice by")


def mean_embedding(embeddings: list[Embedding]) -> Embedding:
    """Average the embeddings of one speaker, weighted by their seconds.

    The mean is a unit vector again. Raises `ValueError` for an empty list.
    """
    if not embeddings:
        raise ValueError("no embedding to take the mean of")
    seconds = np.array([each.seconds for each in embeddings])
    mean = np.average([each.vector for each in embeddings], axis=0, weights=seconds)
    vector = (mean / np.linalg.norm(mean)).astype(np.float32)
    return Embedding(vector, float(seconds.sum()))
