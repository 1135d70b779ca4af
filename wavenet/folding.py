"""Cutting a long utterance into pieces that are generated side by side, and joining.

A piece begins some time before what is kept of it, from silence: by then it has heard
nothing but its own past, and what it makes of the mels, with the random numbers that
belong to each sample, is most often what the piece before it makes. What is left of
the difference is cross-faded over a frame where the utterance is quiet.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Folding:
    """When and how utterances are folded.

    Those of more than `longest` frames are, into pieces that run for `warm_up`
    receptive fields before they are kept, and on average at least `least` times as long
    after. A seam is sought `search` frames to either side of where it would be by
    length.
    """

    longest: int = 160
    warm_up: float = 1.5
    least: float = 1.0
    search: int = 20

    def __post_init__(self):
        if self.warm_up < 1:
            raise ValueError("a piece must warm up for a receptive field")
        if self.least <= 0 or self.longest < 0 or self.search < 0:
            raise ValueError("least must be positive, longest and search not negative")

    def warm_up_samples(self, receptive_field: int) -> int:
        """How long a piece runs before what is kept of it."""
        return int(np.ceil(self.warm_up * receptive_field))

    def pieces(
        self, frames: Sequence[int], hop: int, receptive_field: int, lanes: int
    ) -> list[int]:
        """How many pieces to make of utterances of these lengths, so that together
        they fill `lanes`, and the longest of them last no longer than they must."""
        warm_up = self.warm_up_samples(receptive_field) / hop
        length = max(1.0, self.least * warm_up, sum(frames) / lanes)
        return [
            max(1, round(count / length)) if count > self.longest else 1
            for count in frames
        ]


@dataclass(frozen=True)
class Piece:
    """Samples `begin` to `end` of an utterance, of which those from `start` are kept.

    It fades in over its first `fade_in` kept samples and out over its last `fade_out`,
    where its neighbours fade out and in.
    """

    utterance: int
    begin: int
    start: int
    end: int
    fade_in: int = 0
    fade_out: int = 0

    @property
    def samples(self) -> int:
        """Samples to generate."""
        return self.end - self.begin


def cut(
    utterance: int,
    mel: np.ndarray,
    count: int,
    hop: int,
    warm_up: int = 0,
    search: int = 0,
) -> list[Piece]:
    """About `count` pieces of an utterance with the mel [F, M], `hop` samples a frame.

    Seams are at the quietest frame, by the mean of the mel, among `search` to either
    side of equal parts, though no further than a quarter of a part; the frame of a
    seam is the cross-fade.
    """
    frames = len(mel)
    seams = _quietest(np.mean(mel, axis=1), count, search) if count > 1 else []
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


def _quietest(loudness: np.ndarray, count: int, search: int) -> list[int]:
    frames = len(loudness)
    radius = min(search, frames // (4 * count))
    seams = []
    for i in range(1, count):
        nominal = frames * i // count
        low, high = max(1, nominal - radius), min(frames - 1, nominal + radius + 1)
        if low < high:
            seams.append(low + int(np.argmin(loudness[low:high])))
    return sorted(set(seams))


def join(pieces: Sequence[Piece], signals: Sequence[np.ndarray]) -> np.ndarray:
    """The utterance, float32, of its pieces and what was kept of each, in order."""
    whole = np.zeros(max((piece.end for piece in pieces), default=0), np.float32)
    for piece, signal in zip(pieces, signals, strict=True):
        faded = np.array(signal, np.float32)
        if piece.fade_in:
            faded[: piece.fade_in] *= _rise(piece.fade_in)
        if piece.fade_out:
            faded[-piece.fade_out :] *= _rise(piece.fade_out)[::-1]
        whole[piece.start : piece.end] += faded
    return whole


def _rise(samples: int) -> np.ndarray:
    """A straight line: pieces that agree add up to themselves."""
    return ((np.arange(samples) + 0.5) / samples).astype(np.float32)
