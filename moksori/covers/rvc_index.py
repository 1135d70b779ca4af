"""Read the frames of content that came with an RVC model, without faiss.

The .index is what faiss writes of an index IVF,Flat
(github.com/facebookresearch/faiss, `faiss/impl/index_write.cpp`): a header, the centres
of its lists, and the frames of each list with their numbers.
"""

import struct

import numpy as np

from moksori.covers.rvc_files import RvcError

_L2 = 1
_WIDEST = 4096


def read_index(content: bytes) -> np.ndarray:
    """Read the frames of a faiss index, float32 [frames, features], in the order in
    which they were added.

    Every length is checked against the file. Raises `RvcError` for anything but a
    whole IVF,Flat index.
    """
    try:
        return _Reader(content).index()
    except (struct.error, ValueError, OverflowError) as error:
        said = error if isinstance(error, RvcError) else "it is cut off or damaged"
        raise RvcError(f"the index cannot be read: {said}") from None


class _Reader:
    """Read a faiss index from its first byte to its last."""

    def __init__(self, content: bytes):
        self.content, self.place = content, 0

    def index(self) -> np.ndarray:
        if (kind := self.take("4s")) != b"IwFl":
            raise RvcError(f"it is no IVF,Flat index but {kind[:4]!r}")
        width, count = self.header()
        lists, _ = self.take("QQ")
        if self.take("4s") not in (b"IxF2", b"IxFl"):
            raise RvcError("its centres are not a flat list")
        if self.header() != (width, lists) or self.take("Q") != width * lists:
            raise RvcError("its centres do not fit its frames")
        self.array("<f4", width * lists)
        direct, places = self.take("BQ")
        if direct > 1:
            raise RvcError("its map of places is of an unknown kind")
        self.array("<i8", places)
        sizes = self.sizes(lists, width)
        if sum(sizes) != count:
            raise RvcError("its lists do not hold as many frames as it says")
        return self.frames(sizes, count, width)

    def header(self) -> tuple[int, int]:
        """Return the numbers of features and of frames."""
        width, count, _, _, _, metric = self.take("iqqqBi")
        if metric != _L2:
            raise RvcError("it does not measure the distance of frames (L2)")
        if not (0 < width <= _WIDEST and count >= 0):
            raise RvcError("its size makes no sense")
        return width, count

    def sizes(self, lists: int, width: int) -> list[int]:
        """Return how many frames each list has; all or those that have any are told."""
        if self.take("4s") != b"ilar" or self.take("QQ") != (lists, 4 * width):
            raise RvcError("its lists do not fit its frames")
        kind, numbers = self.take("4sQ")
        told = self.array("<u8", numbers).tolist()
        if kind == b"full" and numbers == lists:
            return told
        if kind == b"sprs" and numbers % 2 == 0:
            return told[1::2]
        raise RvcError("its lists are of an unknown kind")

    def frames(self, sizes: list[int], count: int, width: int) -> np.ndarray:
        if self.place + count * (4 * width + 8) != len(self.content):
            raise RvcError("it is cut off, or longer than it says")
        frames, seen = np.empty((count, width), "f4"), np.zeros(count, bool)
        for size in sizes:
            part = self.array("<f4", size * width).reshape(size, width)
            numbers = self.array("<i8", size)
            if size and not (numbers.min() >= 0 and numbers.max() < count):
                raise RvcError("its frames are not numbered from 0 on")
            frames[numbers], seen[numbers] = part, True
        if not (seen.all() and np.isfinite(frames).all()):
            raise RvcError("its frames are not numbers, or some are missing")
        return frames

    def take(self, layout: str):
        """Return the values of a layout of `struct`, one alone as itself."""
        values = struct.unpack_from(f"<{layout}", self.content, self.place)
        self.place += struct.calcsize(f"<{layout}")
        return values if len(values) > 1 else values[0]

    def array(self, dtype: str, count: int) -> np.ndarray:
        size = np.dtype(dtype).itemsize * count
        if size > len(self.content) - self.place:
            raise RvcError("it is cut off")
        self.place += size
        return np.frombuffer(self.content, dtype, count, self.place - size)
