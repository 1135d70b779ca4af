"""Encode what is said or sung for models of RVC, by a ContentVec that a person brings.

ContentVec (Qian et al. 2022, "ContentVec: an improved self-supervised speech
representation by disentangling speakers") in an ONNX file, whose input is a wave at
`RATE` and whose output the states of one of its layers, one for each 20 ms.
"""

import numpy as np

from moksori.covers.weights import brought
from moksori.speakers.engine import open_session

RATE, HOP = 16000, 320
# What its first layers hear of a wave for one state.
_FIELD = 400
# The names under which such files are passed on, by the size of a state: models of RVC
# v1 were trained on the projected ninth layer, those of v2 on the twelfth.
FILES = {
    256: "contentvec/vec-256-layer-9.onnx",
    768: "contentvec/vec-768-layer-12.onnx",
}


class ContentVec:
    """Encode content as states of 256 or 768 numbers, on the CPU.

    Raises `WeightsMissing` where the file was not brought, and `ValueError` for another
    than is meant.
    """

    # Samples of a wave beyond the last state's own.
    BEYOND = _FIELD - HOP

    def __init__(self, size: int):
        self._path, self.size = brought(FILES[size]), size
        self._session = open_session(self._path)
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or len(inputs[0].shape) not in (2, 3):
            raise ValueError(f"{self._path} takes more than a wave")
        self._name, self._axes = inputs[0].name, len(inputs[0].shape)

    def encode(self, wave: np.ndarray) -> np.ndarray:
        """Encode a wave [n * HOP + BEYOND] at `RATE`; float32 [n, size]."""
        count = (len(wave) - self.BEYOND) // HOP
        given = wave.astype(np.float32).reshape((1,) * (self._axes - 1) + (-1,))
        states = np.asarray(self._session.run(None, {self._name: given})[0])
        # Some files have states in columns.
        if states.shape == (1, self.size, count):
            states = states.transpose(0, 2, 1)
        if states.shape != (1, count, self.size):
            raise ValueError(
                f"{self._path} is another encoder: it gives {states.shape} where "
                f"{count} states of {self.size} were expected"
            )
        return states[0].astype(np.float32)
