"""Pictures of a sound that are small enough to travel inside a page.

A spectrogram becomes a PNG file with a palette of `LEVELS` colours, one pixel a frame
and band; a pitch becomes the few numbers that a line needs.
"""

import struct
import zlib

import numpy as np

from moksori.metrics.pitch import Track

LEVELS = 32
# From nothing to the loudest. Lightness grows evenly, so the picture says the same to
# an eye that sees no colours, and on paper.
_ANCHORS = (
    (10, 9, 32),
    (47, 21, 96),
    (112, 31, 116),
    (180, 54, 98),
    (232, 102, 60),
    (249, 172, 62),
    (252, 238, 176),
)
_CONTOUR_STEP = 2
_SHORTEST_STRETCH = 3


def spectrogram(mel: np.ndarray, low: float, high: float) -> bytes:
    """A PNG file of a spectrogram [frames, bands], low bands at the bottom.

    Values up to `low` have the darkest colour, from `high` on the lightest. Raises
    `ValueError` for an empty picture or a range without extent.
    """
    mel = np.asarray(mel, np.float64)
    if mel.ndim != 2 or not mel.size:
        raise ValueError(f"expected [frames, bands], not {list(mel.shape)}")
    if not low < high:
        raise ValueError(f"no range of colours from {low} to {high}")
    share = np.clip((mel - low) / (high - low), 0.0, 1.0)
    return png(np.rint(share.T[::-1] * (LEVELS - 1)).astype(np.uint8), palette())


def palette() -> np.ndarray:
    """The colours of a spectrogram, uint8 [LEVELS, 3], dark to light."""
    anchors = np.array(_ANCHORS, np.float64)
    place = np.linspace(0, len(anchors) - 1, LEVELS)
    known = np.arange(len(anchors))
    channels = [np.interp(place, known, anchors[:, channel]) for channel in range(3)]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8)


def png(indices: np.ndarray, colours: np.ndarray) -> bytes:
    """A PNG file of `indices` [height, width] into `colours` [at most 256, 3], uint8.

    Source: W3C 2003, "Portable Network Graphics specification", sections 5 and 11;
    colour type 3, eight bits, no filter.
    """
    height, width = indices.shape
    lines = np.pad(indices, ((0, 0), (1, 0)))  # a zero before each line: no filter
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        (b"PLTE", colours.tobytes()),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def contour(track: Track) -> list[list[int]]:
    """The voiced stretches of a pitch: `[first, hertz, hertz, …]` each.

    Numbers follow each other every 10 ms, and `first` is the place of the first of
    them: 0 for the beginning of the sound. What is shorter than 30 ms is left out.
    """
    hertz = track.hertz[::_CONTOUR_STEP]
    voiced = np.concatenate(([False], np.isfinite(hertz), [False]))
    edges = np.flatnonzero(np.diff(voiced.astype(np.int8)))
    return [
        [int(begin), *np.rint(hertz[begin:end]).astype(int).tolist()]
        for begin, end in zip(edges[::2], edges[1::2], strict=True)
        if end - begin >= _SHORTEST_STRETCH
    ]


def _chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)
