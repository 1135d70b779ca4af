"""Sound in pieces: a wav that is heard while it is written, and a resampler."""

import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np

from moksori.audio.pcm import to_int16

# What the header of a pipe promises, since nobody can go back to it. Players take so
# much for "until the end".
_ENDLESS = 2**31 - 2**12


@contextmanager
def wav_stream(
    path: str | Path, sample_rate: int
) -> Iterator[Callable[[np.ndarray], None]]:
    """A function that writes waves, float [samples] in [-1, 1], as they come.

    `path` is a file, whose header is right after every piece, or "-" for standard
    output. One channel, 16 bits. Raises `OSError` when it cannot be written.
    """
    piped = str(path) == "-"
    if not piped:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    with nullcontext(sys.stdout.buffer) if piped else open(path, "wb") as file:
        file.write(_header(sample_rate, _ENDLESS if piped else 0))
        written = 0

        def write(piece: np.ndarray) -> None:
            nonlocal written
            raw = to_int16(np.asarray(piece)).astype("<i2").tobytes()
            file.write(raw)
            written += len(raw)
            if not piped:
                end = file.tell()
                file.seek(0)
                file.write(_header(sample_rate, written))
                file.seek(end)
            file.flush()

        yield write


class Resampler:
    """Resample a wave that comes in pieces, as `files.resample` does a whole one.

    Pieces are float [samples], or [samples, channels] of more channels than one.
    """

    def __init__(self, rate: int, sample_rate: int, channels: int = 1):
        import soxr

        self.rate = rate
        self._none = np.zeros((0, channels)[: 1 + (channels > 1)], np.float32)
        form = {"num_channels": channels, "dtype": "float32", "quality": "HQ"}
        same = rate == sample_rate
        self._stream = None if same else soxr.ResampleStream(rate, sample_rate, **form)

    def feed(self, wave: np.ndarray) -> np.ndarray:
        """Return what is ready after another piece, float32."""
        wave = np.asarray(wave, np.float32)
        return self._stream.resample_chunk(wave) if self._stream else wave

    def finish(self) -> np.ndarray:
        """Return what is left when no piece follows, float32."""
        none = self._none
        return self._stream.resample_chunk(none, last=True) if self._stream else none


def _header(rate: int, size: int) -> bytes:
    """44 bytes: RIFF, the format (PCM, one channel, 16 bits), `size` bytes of data."""
    form = struct.pack("<IHHIIHH", 16, 1, 1, rate, 2 * rate, 2, 16)
    begin = b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + form
    return begin + b"data" + struct.pack("<I", size)
