"""Speak in tones: a voice without a model, for whoever tests what is around one."""

from collections.abc import Callable, Iterator

import numpy as np

from hparams import Audio, Hparams
from moksori.audio.joining import join_stream
from moksori.voices.reading import Reading, read
from moksori.voices.speech import check_speed, speaker_number

_SYMBOL_SECONDS = 0.03
_HERTZ = 220.0


class ToneVoice:
    """Speak every piece as a tone, as long as its symbols; seeds change its height.

    It has of `Voice` what is needed to `read` lines and to give their `sound`.
    """

    def __init__(self, sample_rate: int = 24000):
        self.settings = Hparams(audio=Audio(sample_rate=sample_rate))
        self.speakers = ("tone",)

    def read(self, text: str) -> Reading:
        """Prepare a line as for a trained voice; raises `TextError` likewise."""
        return read(text, self.settings)

    def sound(
        self,
        reading: Reading,
        speaker: str | int | None = None,
        seed: int = 0,
        speed: float = 1.0,
        say: Callable[[str], object] = lambda text: None,
    ) -> Iterator[np.ndarray]:
        """Yield the wave of a reading, piece by piece; errors are those of `Voice`."""
        check_speed(speed)
        speaker_number(self.speakers, speaker)
        pieces = (iter([self._tone(len(ids), seed, speed)]) for ids in reading.pieces)
        pauses = [seconds / speed for seconds in reading.pauses]
        return join_stream(pieces, pauses, self.settings.audio)

    def _tone(self, symbols: int, seed: int, speed: float) -> np.ndarray:
        audio = self.settings.audio
        seconds = symbols * _SYMBOL_SECONDS / speed
        frames = max(1, round(seconds * audio.sample_rate / audio.hop_length))
        time = np.arange(frames * audio.hop_length) / audio.sample_rate
        hertz = _HERTZ * 2 ** (seed % 12 / 12)
        return (0.3 * np.sin(2 * np.pi * hertz * time)).astype(np.float32)
