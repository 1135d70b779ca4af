"""Find for each frame of content the moments of a voice that sound most like it.

Retrieval as in kNN-VC (Baas et al. 2023, "Voice conversion with just nearest
neighbors"): it needs no training, so a voice can sing as soon as its clips are read.
"""

import numpy as np

from moksori.covers.content import STATE_SECONDS
from moksori.covers.pitch import FRAME_SECONDS
from moksori.covers.world import Timbre

_NEIGHBOURS = 8
_SHARPNESS = 20.0  # how much nearer a neighbour has to be to count more
_OTHER_VOICING = 0.15  # taken from the cosine of a frame that is voiced otherwise
_SOFTEST = 0.02  # share of the frames, the softest, that nobody should be made of
_BLOCK = 500
STEP = round(STATE_SECONDS / FRAME_SECONDS)


class Index:
    """Hold the frames of a voice, one every `FRAME_SECONDS`: their `content` [frames,
    SIZE], their `timbre`, and which of them are `voiced` [frames]."""

    def __init__(self, content: np.ndarray, timbre: Timbre, voiced: np.ndarray):
        self.content, self.timbre, self.voiced = content, timbre, voiced
        self.mean = content.mean(axis=0)
        self._keys = _directions(content - self.mean)

    @classmethod
    def of(cls, content: np.ndarray, timbre: Timbre, voiced: np.ndarray) -> "Index":
        """Index frames of a voice, without the softest; `content` is as `to_frames`
        gives it."""
        energy = timbre.cepstra[:, 0]
        loud = energy > np.quantile(energy, _SOFTEST)
        kept = Timbre(timbre.cepstra[loud], timbre.aperiodicity[loud])
        return cls(content[loud], kept, voiced[loud])

    def find(
        self, content: np.ndarray, voiced: np.ndarray
    ) -> tuple[np.ndarray, Timbre]:
        """Return what this voice has for content [frames, SIZE], less the speaker's
        mean, and voicing [frames]: its own content and timbre, means of the nearest
        frames.

        They are looked for every `STATE_SECONDS`, as content has no more detail.
        """
        wanted, frames = _directions(content)[::STEP], len(content)
        places = np.arange(len(wanted)) * STEP
        values = self.content, self.timbre.cepstra, self.timbre.aperiodicity
        parts = []
        for at in range(0, len(wanted), _BLOCK):
            some = slice(at, at + _BLOCK)
            cosines = wanted[some] @ self._keys.T
            other = voiced[::STEP][some, None] != self.voiced[None]
            cosines -= _OTHER_VOICING * other
            best, weights = _nearest(cosines)
            parts.append(
                [np.einsum("nk,nkd->nd", weights, each[best]) for each in values]
            )
        found = [np.concatenate(rows) for rows in zip(*parts, strict=True)]
        own, *timbre = (_interpolated(rows, places, frames) for rows in found)
        return own.astype(np.float32), Timbre(*timbre)


def mean_of_nearest(content: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Return for each row of content [n, size] the mean of the frames [count, size]
    that are nearest to it, float32; as RVC weighs them, by the inverse of the fourth
    power of their distance."""
    lengths = (frames**2).sum(axis=1)
    means = []
    for at in range(0, len(content), _BLOCK):
        some = content[at : at + _BLOCK]
        squares = lengths - 2 * some @ frames.T + (some**2).sum(axis=1)[:, None]
        count = min(_NEIGHBOURS, len(frames))
        best = np.argpartition(squares, count - 1, axis=1)[:, :count]
        # Exact once more, as near ones are small differences of large numbers.
        near = ((frames[best] - some[:, None]) ** 2).sum(axis=2)
        weights = 1 / np.maximum(near, 1e-9) ** 2
        weights /= weights.sum(axis=1, keepdims=True)
        means.append(np.einsum("nk,nkd->nd", weights, frames[best]))
    return np.concatenate(means).astype(np.float32)


def _nearest(cosines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the places [n, k] of the largest cosines [n, frames], and weights that add
    up to 1."""
    count = min(_NEIGHBOURS, cosines.shape[1])
    best = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
    near = np.take_along_axis(cosines, best, axis=1)
    weights = np.exp(_SHARPNESS * (near - near.max(axis=1, keepdims=True)))
    return best, weights / weights.sum(axis=1, keepdims=True)


def _directions(content: np.ndarray) -> np.ndarray:
    """Return content [frames, SIZE] at length 1, float32."""
    length = np.linalg.norm(content, axis=1, keepdims=True)
    return (content / np.maximum(length, 1e-8)).astype(np.float32)


def _interpolated(rows: np.ndarray, places: np.ndarray, frames: int) -> np.ndarray:
    at = np.arange(frames)
    columns = [np.interp(at, places, column) for column in rows.T]
    return np.stack(columns, axis=1)
