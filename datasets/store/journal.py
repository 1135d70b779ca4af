"""What has been extracted so far: one JSON line per utterance, only ever appended.

A line is written after the arrays it speaks of are on the disk. A line torn by a kill
is ignored, and its utterance is extracted again.
"""

import json
import math
import os
from collections.abc import Iterable
from hashlib import blake2b
from itertools import islice
from pathlib import Path

from datasets.readers.corpus import Corpus, Utterance
from datasets.store.features import is_place
from hparams import Audio
from moksori.storage import atomic_write

# Lines parsed at once: JSON then costs half as much.
_TOGETHER = 4096


class Journal:
    """The entries of a store by key; lines stay packed until they are asked for."""

    def __init__(self, path: Path, audio: Audio):
        self._path = path
        self._lines: dict[str, bytes] = {}
        # Where arrays are: asked of all entries in every build, so not unpacked anew.
        self._places: dict[str, tuple[int, int]] = {}
        if not path.is_file():
            return
        with path.open("rb") as file:
            while lines := list(islice(file, _TOGETHER)):
                for line, entry in zip(lines, _parse(lines), strict=True):
                    if _is_whole(entry, audio):
                        self._add(entry, line.rstrip(b"\n"))

    def __contains__(self, key: str) -> bool:
        return key in self._lines

    def __getitem__(self, key: str) -> dict:
        return json.loads(self._lines[key].decode())

    def __iter__(self):
        return iter(tuple(self._lines))

    def place(self, key: str) -> tuple[int, int] | None:
        """(shard, its frames up to the entry's end), or None for what has no arrays."""
        return self._places.get(key)

    def shards(self) -> set[int]:
        """The numbers of all shards that entries are in."""
        return {shard for shard, _ in self._places.values()}

    def append(self, entries: Iterable[dict]) -> None:
        """Add entries durably. A torn last line is first closed by a line end."""
        packed = [(entry, _pack(entry)) for entry in entries]
        with self._path.open("ab+") as file:
            if file.tell() > 0:
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    file.write(b"\n")
            file.write(b"".join(line + b"\n" for _, line in packed))
            file.flush()
            os.fsync(file.fileno())
        for entry, line in packed:
            self._add(entry, line)

    def forget(self, keys: Iterable[str]) -> None:
        """Leave entries out, and out of the file at the next `compact`."""
        for key in keys:
            self._lines.pop(key, None)
            self._places.pop(key, None)

    def compact(self) -> None:
        """Rewrite the file with the present entries alone."""
        with atomic_write(self._path) as file:
            file.writelines(line + b"\n" for line in self._lines.values())

    def _add(self, entry: dict, line: bytes) -> None:
        key = entry["key"]
        self._lines[key] = line
        if "shard" in entry:
            self._places[key] = entry["shard"], entry["offset"] + entry["frames"]
        else:
            self._places.pop(key, None)


def key_of(corpus: Corpus, utterance: Utterance, settings: str) -> str:
    """What the features of an utterance depend on: recording, cut, text, settings.

    The recording is known by its place in the corpus, size and time of change, so a
    corpus that is moved as a whole is not extracted again.
    """
    status = utterance.path.stat()
    try:
        place = utterance.path.relative_to(corpus.folder).as_posix()
    except ValueError:
        place = utterance.path.as_posix()
    parts = (
        place,
        status.st_size,
        status.st_mtime_ns,
        utterance.start_seconds,
        utterance.end_seconds,
        utterance.text,
        settings,
    )
    packed = json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return blake2b(packed, digest_size=12).hexdigest()


def _pack(entry: dict) -> bytes:
    text = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
    # A broken file name must not stop the run: lone surrogates become marks.
    return text.encode("utf-8", "replace")


def _parse(lines: list[bytes]) -> list:
    """The value of every line, None for what is torn."""
    try:
        values = json.loads(b"[" + b",".join(lines) + b"]")
        if len(values) == len(lines):
            return values
    except ValueError:
        pass
    return [_parse_line(line) for line in lines]


def _is_whole(entry, audio: Audio) -> bool:
    """Whether a value is an entry; a damaged file may hold any others."""
    try:
        if "reason" in entry:
            return _texts(entry, "key", "reason", "detail")
        places = (entry[key] for key in ("ids", "frames", "samples", "shard", "offset"))
        measures = (entry[key] for key in ("seconds", "level", "signal_to_noise"))
        return (
            _texts(entry, "key", "spoken", "sound")
            and is_place(*places, audio)
            and all(math.isfinite(measure) for measure in measures)
            and entry["seconds"] > 0
        )
    except (KeyError, TypeError):
        return False


def _texts(entry: dict, *names: str) -> bool:
    return all(isinstance(entry[name], str) for name in names)


def _parse_line(line: bytes):
    try:
        return json.loads(line)
    except ValueError:
        return None
