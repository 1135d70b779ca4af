"""Separate songs by an htdemucs that a person brings.

Hybrid Transformer Demucs (Rouard et al. 2023, "Hybrid transformers for music source
separation") in an ONNX file that holds its own transforms: a wave at `RATE` in,
[1, 2, n], and the same of drums, bass, other and vocals out, [1, 4, 2, n].
"""

from pathlib import Path

import numpy as np

from moksori.covers import weights
from moksori.covers.stems import Progress, Stems
from moksori.speakers.engine import open_session

FILE = "htdemucs/htdemucs.onnx"
_SOURCES, _VOCALS = 4, 3


def path() -> Path | None:
    """Return the file that was brought, if it was."""
    found = weights.BROUGHT / FILE
    return found if found.is_file() else None


class Separator:
    """Separate songs with the file `path`.

    Raises `ValueError` for one that does not take and give what is said above.
    """

    def __init__(self, path: Path):
        self._session = open_session(path, keep_memory=False)
        takes, gives = self._session.get_inputs(), self._session.get_outputs()
        shapes = [each.shape for each in (*takes, *gives)]
        length = shapes[0][-1]
        if shapes != [[1, 2, length], [1, _SOURCES, 2, length]] or not (
            isinstance(length, int) and length >= 4
        ):
            raise ValueError(
                f"{path} is no htdemucs of waves [1, 2, n] and [1, 4, 2, n]: "
                "docs/covers.md says which one is"
            )
        self._length, self._name = length, takes[0].name
        # What two pieces share fades from one to the other.
        up = np.arange(1, length + 1, dtype=np.float32)
        self._weights = np.minimum(up, up[::-1])[:, None] / length

    def separate(
        self, song: np.ndarray, progress: Progress = lambda stage, done: None
    ) -> Stems:
        """Separate a song [samples, 2] at `RATE`; as `stems.Separator.separate`."""
        song = song.astype(np.float32, copy=False)
        mono = song.mean(axis=1)
        mean, deviation = mono.mean(), mono.std() + np.float32(1e-8)
        del mono
        vocals, weight = np.zeros_like(song), np.zeros((len(song), 1), np.float32)
        begins = range(0, len(song), self._length * 3 // 4)
        for number, begin in enumerate(begins):
            end = min(begin + self._length, len(song))
            piece = np.zeros((self._length, 2), np.float32)
            piece[: end - begin] = (song[begin:end] - mean) / deviation
            asked = {self._name: np.ascontiguousarray(piece.T)[None]}
            made = self._session.run(None, asked)[0][0, _VOCALS].T[: end - begin]
            share = self._weights[: end - begin]
            vocals[begin:end] += share * (made * deviation + mean)
            weight[begin:end] += share
            progress("separate", (number + 1) / len(begins))
        vocals /= weight
        return Stems(vocals, song - vocals)
