"""Decode a file that a stranger sent, within limits; the program of a child process.

`python -m moksori.service.decoding FILE KIND RATE CHANNELS` writes a line of JSON and,
if that tells of no error, the samples: float32, one channel or two at RATE hertz.
"""

import json
import resource
import sys
from pathlib import Path

import numpy as np

from moksori.audio.conversion import blocks, tracks
from moksori.audio.files import AudioError, CutOff

MOST_SECONDS = 600.0
MOST_CHANNELS = 8
MOST_RATE = 192_000
CPU_SECONDS = 60
MEMORY_BYTES = 2**30
# What the codecs of a kind are called begins so.
CODECS = {
    "wav": ("pcm_",),
    "mp3": ("mp3",),
    "flac": ("flac",),
    "m4a": ("aac", "alac"),
}


class Refused(Exception):
    """Report a file that is not decoded, by a word for `uploads`."""


def main(path: str, kind: str, rate: int, channels: int) -> None:
    """Bound this process, then decode."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    about, pieces = decode(path, kind, rate, channels)
    sys.stdout.buffer.write(json.dumps(about).encode() + b"\n")
    for piece in pieces:
        sys.stdout.buffer.write(piece.tobytes())


def decode(
    path: str, kind: str, rate: int, channels: int = 1
) -> tuple[dict, list[np.ndarray]]:
    """Return what a file is and its wave in pieces, or {"error": word} and none."""
    try:
        return _decode(Path(path), kind, rate, channels)
    except Refused as error:
        word = str(error)
    except CutOff:
        word = "cut_off"
    except AudioError:
        word = "not_sound"
    except MemoryError:
        word = "too_much"
    return {"error": word}, []


def _decode(
    path: Path, kind: str, rate: int, channels: int
) -> tuple[dict, list[np.ndarray]]:
    track = tracks(path)[0]
    if not track.codec.startswith(CODECS[kind]):
        raise Refused("not_sound")
    if not 1 <= track.channels <= MOST_CHANNELS:
        raise Refused("too_many_channels")
    if not 0 < track.sample_rate <= MOST_RATE:
        raise Refused("wrong_rate")
    pieces, count = [], 0
    for wave in blocks(path, rate, channels=channels):
        count += len(wave)
        if count > MOST_SECONDS * rate:
            raise Refused("too_long")
        pieces.append(wave)
    if not count:
        raise Refused("no_sound")
    return {"sample_rate": track.sample_rate, "channels": track.channels}, pieces


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
