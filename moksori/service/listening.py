"""Compare voices in recordings: whether a statement, or a clone, is of one person."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moksori.speakers.bandwidth import Band
from moksori.speakers.calibration import Calibration
from moksori.speakers.clip import encode_clip
from moksori.speakers.encoder import EncoderMissing, SpeakerEncoder
from moksori.speakers.speech import Speech, SpeechDetector, find_speech
from moksori.speakers.voices import several_speakers

Sound = tuple[np.ndarray, int]  # wave [samples], rate in hertz


@dataclass(frozen=True)
class Match:
    """Represent how near a voice is to recordings: a cosine, and the least that counts
    for speech of its length."""

    similarity: float
    threshold: float
    speech_seconds: float

    @property
    def same(self) -> bool:
        """Return whether it is the same person's, as far as can be told."""
        return self.similarity >= self.threshold


@dataclass(frozen=True)
class Ears:
    """Hold what recognises speakers."""

    encoder: SpeakerEncoder
    detector: SpeechDetector
    calibration: Calibration

    @classmethod
    def load(cls) -> "Ears | None":
        """Load them; None before `make speakers`."""
        try:
            return cls(SpeakerEncoder(), SpeechDetector(), Calibration.load())
        except EncoderMissing:
            return None

    def speech(self, sound: Sound) -> Speech:
        """Find the speech in a recording; raises `NoSpeech`."""
        return find_speech(*sound, self.detector)

    def several(self, sound: Sound) -> bool:
        """Tell whether several people speak in a recording, one after another."""
        return several_speakers(self.encoder, self.speech(sound).wave)

    def match(self, recordings: Sequence[Sound], sound: Sound) -> Match:
        """Compare the voice in a sound with that in recordings; raises `NoSpeech`.

        All are compared as over a telephone unless all are from a room.
        """
        clips = [
            encode_clip(self.speech(each), "", self.encoder)
            for each in (*recordings, sound)
        ]
        wide = all(Band.WIDE in clip.vectors for clip in clips)
        band = Band.WIDE if wide else Band.TELEPHONE
        *known, asked = (clip.vectors[band] for clip in clips)
        mean = np.mean(known, axis=0)
        seconds = clips[-1].quality.speech_seconds
        return Match(
            float(asked @ mean / np.linalg.norm(mean)),
            self.calibration.threshold("verify", self.encoder.id, seconds, band),
            seconds,
        )
