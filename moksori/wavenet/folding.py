"""Cut a long utterance into pieces that are generated side by side, and join them.

A piece begins some time before what is kept of it, from silence, with the random
numbers that belong to its samples. By the end of a pause it has heard what the piece
before it has heard, and goes on as that one does, sample for sample. Within a voiced
sound it need not ever: no mel tells where a period of the pitch begins, and two pieces
that disagree would cancel each other. Seams are therefore put into quiet frames alone,
by the measure of the utterance itself: spoken lines hold a pause or a closure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Folding:
    """When and how utterances are folded.

    Those of more than `longest` frames are, into pieces that run for `warm_up`
    receptive fields before they are kept, and on average at least `least` times as long
    after. A frame is quiet when the mean of its mel is no further than the share
    `quiet` of the way from the quietest frame's to the loud ones' (the 90th percentile;
    at 0.35 a trained voice still made the same of nine samples in ten, at 0.4 of two).
    """

    longest: int = 160
    warm_up: float = 1.5
    least: float = 1.0
    quiet: float = 0.3

    def __post_init__(self):
        if self.warm_up < 1:
            raise ValueError("a piece must warm up for a receptive field")
        if self.least <= 0 or self.longest < 0 or not 0 <= self.quiet <= 1:
            raise ValueError("least must be above 0, longest at least, quiet in [0, 1]")

    def warm_up_steps(self, receptive_field: int) -> int:
        """Return how many steps a piece runs before those that are kept."""
        return int(np.ceil(self.warm_up * receptive_field))

    def pieces(
        self, frames: Sequence[int], hop: int, receptive_field: int, streams: int
    ) -> list[int]:
        """Return how many pieces to cut utterances of these lengths into, so that
        together they fill `streams`, and the longest last no longer than they must."""
        warm_up = self.warm_up_steps(receptive_field) / hop
        length = max(1.0, self.least * warm_up, sum(frames) / streams)
        return [
            max(1, round(count / length)) if count > self.longest else 1
            for count in frames
        ]


@dataclass(frozen=True)
class Piece:
    """Steps `begin` to `end` of an utterance, of which those from `start` are kept.

    It fades in over its first `fade_in` kept steps and out over its last `fade_out`,
    where its neighbours fade out and in.
    """

    utterance: int
    begin: int
    start: int
    end: int
    fade_in: int = 0
    fade_out: int = 0

    @property
    def steps(self) -> int:
        """Steps to generate."""
        return self.end - self.begin


def cut(
    utterance: int,
    mel: np.ndarray,
    count: int,
    hop: int,
    warm_up: int = 0,
    quiet: float = 1.0,
) -> list[Piece]:
    """Cut an utterance of mel [F, M] into at most `count` pieces.

    A frame has `hop` steps. Each seam is in the `quiet` frame that is nearest to the
    end of one of so many equal parts, if one is within half a part of it; that frame is
    the cross-fade.
    """
    frames = len(mel)
    seams = _seams(np.mean(mel, axis=1), count, quiet) if count > 1 else []
    starts = [0, *(seam * hop for seam in seams)]
    ends = [*(seam * hop + hop for seam in seams), frames * hop]
    return [
        Piece(
            utterance,
            begin=max(0, start - warm_up),
            start=start,
            end=end,
            fade_in=hop if i else 0,
            fade_out=hop if i < len(seams) else 0,
        )
        for i, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


def _seams(loudness: np.ndarray, count: int, quiet: float) -> list[int]:
    """Return frames to cut at, neither the first nor the last."""
    floor, loud = loudness.min(), np.quantile(loudness, 0.9)
    most = floor + quiet * (loud - floor)
    frames = 1 + np.flatnonzero(loudness[1:-1] <= most)
    if not len(frames):
        return []
    part = len(loudness) / count
    ends = part * np.arange(1, count)
    nearest = frames[np.abs(frames - ends[:, None]).argmin(axis=1)]
    return np.unique(nearest[np.abs(nearest - ends) <= part / 2]).tolist()


def join(
    pieces: Sequence[Piece], signals: Sequence[np.ndarray], bands: int = 1
) -> np.ndarray:
    """Join the pieces of an utterance, given what was kept of each: float32
    [steps, bands]."""
    steps = max((piece.end for piece in pieces), default=0)
    whole = np.zeros((steps, bands), np.float32)
    for piece, signal in zip(pieces, signals, strict=True):
        faded = np.array(signal, np.float32)
        if piece.fade_in:
            faded[: piece.fade_in] *= _rise(piece.fade_in)
        if piece.fade_out:
            faded[-piece.fade_out :] *= _rise(piece.fade_out)[::-1]
        whole[piece.start : piece.end] += faded
    return whole


def _rise(steps: int) -> np.ndarray:
    """Return a linear fade [steps, 1]: pieces that agree add up to themselves."""
    return ((np.arange(steps) + 0.5) / steps).astype(np.float32)[:, None]
