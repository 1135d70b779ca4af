"""Arrays on disk: a few large files that are mapped into memory, not read.

A shard is up to three files of the same number: `.mel`, `.linear` and `.wave`. Each
holds the rows of many utterances one after another, one row per frame: [mels], [bins]
and [hop_length]. One offset, in frames, therefore finds an utterance in all of them.

Levels are stored as 16-bit fixed point over [-mel_range, mel_range]: half of float32,
and sixteen times finer than float16 at the ends of that range (errors up to 0.0008 dB
instead of 0.012 dB over 100 dB), and eight times faster to convert, both ways.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from hparams import Audio
from moksori.audio import pcm
from moksori.storage import sync_folder

_STEPS = 32767
_ASIDE = ".partial"
# Every mapping holds a file open; most systems allow 1024.
_OPEN_MAPS = 256


class ShardWriter:
    """Writes one shard aside; `close` makes it durable and gives it its name.

    Its name aside is nobody else's, so two writers of one shard do not meet; what the
    last one wrote stays. `permit` is called once all is durable, right before the
    renames, and may raise. Used as a context, it leaves nothing behind when the body
    or `permit` raises.
    """

    def __init__(
        self,
        folder: Path,
        number: int,
        audio: Audio,
        permit: Callable[[], None] = lambda: None,
    ):
        self._folder, self._number, self._audio = folder, number, audio
        self._permit = permit
        self._aside = f".{secrets.token_hex(8)}{_ASIDE}"
        self._files = {}
        self.frames = 0

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(self, kind, error, trace) -> None:
        try:
            if kind is None:
                self.close()
        finally:
            for file in self._files.values():
                file.close()
                Path(file.name).unlink(missing_ok=True)

    def append(
        self, mel: np.ndarray, linear: np.ndarray | None, wave: np.ndarray
    ) -> int:
        """Add an utterance: [frames, mels], [frames, bins] or None, [samples].

        Returns its offset in frames.
        """
        offset, count = self.frames, mel.shape[0]
        padded = np.zeros(count * self._audio.hop_length, np.int16)
        padded[: wave.size] = pcm.to_int16(wave)
        self._write("mel", pack(mel, self._audio))
        if linear is not None:
            self._write("linear", pack(linear, self._audio))
        self._write("wave", padded)
        self.frames += count
        return offset

    def close(self) -> None:
        """Flush to the disk, then rename: a shard is whole or it is not there."""
        for file in self._files.values():
            file.flush()
            os.fsync(file.fileno())
            file.close()
        self._permit()
        for file in self._files.values():
            os.replace(file.name, file.name.removesuffix(self._aside))
        sync_folder(self._folder)

    def _write(self, kind: str, array: np.ndarray) -> None:
        if kind not in self._files:
            path = shard_path(self._folder, self._number, kind)
            self._files[kind] = open(f"{path}{self._aside}", "wb")  # noqa: SIM115
        self._files[kind].write(array.data)


class ShardReader:
    """Reads utterances from the shards of a folder by shard number and offset."""

    def __init__(self, folder: Path, audio: Audio):
        self._folder, self._audio = folder, audio
        self._widths = {
            "mel": audio.mels,
            "linear": audio.bins,
            "wave": audio.hop_length,
        }
        self._map = lru_cache(maxsize=_OPEN_MAPS)(self._open)

    def __getstate__(self):
        return self._folder, self._audio

    def __setstate__(self, state):
        self.__init__(*state)

    def levels(self, kind: str, shard: int, offset: int, frames: int) -> np.ndarray:
        """`mel` [frames, mels] or `linear` [frames, bins] as float32."""
        packed = self._map(shard, kind)[offset : offset + frames]
        return packed * np.float32(self._audio.mel_range / _STEPS)

    def wave(self, shard: int, offset: int, frames: int) -> np.ndarray:
        """The wave as float32 [frames * hop_length]."""
        rows = self._map(shard, "wave")[offset : offset + frames]
        return pcm.from_int16(rows.reshape(-1))

    def _open(self, shard: int, kind: str) -> np.ndarray:
        path = shard_path(self._folder, shard, kind)
        flat = np.memmap(path, np.int16, mode="r")
        # A plain array: slicing a memmap costs ten times as much.
        return np.asarray(flat).reshape(-1, self._widths[kind])


def shard_path(folder: Path, number: int, kind: str) -> Path:
    """Where a shard keeps its `mel`, `linear` or `wave`."""
    return folder / f"{number:05d}.{kind}"


def aside(path: Path) -> Path:
    """A name for what is not finished; `remove_shards` deletes what is left of it."""
    return path.with_name(path.name + _ASIDE)


def shard_frames(folder: Path, number: int, audio: Audio) -> int:
    """How many frames every file of a shard holds; 0 where one is missing."""
    return min(frames for _, frames in _held(folder, number, audio))


def find_fault(folder: Path, number: int, frames: int, audio: Audio) -> str:
    """Say which file of a shard is missing or holds less than `frames`; "" if none."""
    for path, held in _held(folder, number, audio):
        if not path.is_file():
            return f"{path}: is missing"
        if held == 0:
            return f"{path}: does not hold whole frames"
        if held < frames:
            return f"{path}: holds {held} of {frames} frames"
    return ""


def _held(folder: Path, number: int, audio: Audio) -> Iterator[tuple[Path, int]]:
    """Each file of a shard and the frames that it holds, by its size.

    A file of other than whole frames holds none: within it something was lost or added.
    """
    widths = {"mel": audio.mels, "wave": audio.hop_length}
    if audio.linear:
        widths["linear"] = audio.bins
    for kind, width in widths.items():
        path = shard_path(folder, number, kind)
        frames, rest = divmod(path.stat().st_size if path.is_file() else 0, 2 * width)
        yield path, 0 if rest else frames


def remove_shards(folder: Path, kept: set[int]) -> None:
    """Delete every file of a shard that is not kept, and all that was never named."""
    for path in folder.iterdir():
        number = path.name.split(".")[0]
        if path.name.endswith(_ASIDE) or (number.isdigit() and int(number) not in kept):
            # A writer that nobody waits for may be giving it its name right now.
            path.unlink(missing_ok=True)


def pack(levels: np.ndarray, audio: Audio) -> np.ndarray:
    """Levels in [-mel_range, mel_range] as they are stored, int16 of the same shape."""
    scaled = levels * np.float32(_STEPS / audio.mel_range)
    return np.rint(scaled, out=scaled).astype(np.int16)
