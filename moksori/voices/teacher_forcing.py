"""Synthesise mels along recordings by teacher forcing, as long as the recordings."""

from collections.abc import Sequence

import numpy as np
from keras import ops

from moksori.backend.compilation import compile_model
from moksori.voices.trained import TrainedVoice


class TeacherForcedSynthesis:
    """Run a voice along recordings of `speakers`, numbered as in the batches.

    Raises `VoiceError` for a speaker the voice does not have.
    """

    def __init__(self, voice: TrainedVoice, speakers: Sequence[str]):
        self._model, self._factor = voice.model, voice.factor
        self._numbers = np.array([voice.speaker_number(name) for name in speakers])
        self._run = compile_model(voice.model, self._call)

    def mels(self, batch: dict[str, np.ndarray]) -> list[np.ndarray]:
        """Return the mels float32 [frames, mels] of each row of a batch as
        `datasets.batches` makes it."""
        numbers = self._numbers[batch["speaker"]].astype(np.int32)
        outputs = self._run({**batch, "speaker": numbers}, factor=self._factor)
        mels = ops.convert_to_numpy(outputs)
        return [mel[:count] for mel, count in zip(mels, batch["frames"], strict=True)]

    def _call(self, batch, factor):
        return self._model(batch, factor=factor, training=False)["mels"]
