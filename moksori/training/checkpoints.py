"""One checkpoint: a single file of named arrays, a state and their checksums.

The layout is that of safetensors (github.com/huggingface/safetensors): eight bytes of
header length, a JSON header, the raw little-endian arrays. Anything that reads that
format reads these files. The header's `__metadata__` also holds the step, the metric
and its name, the state as JSON text, a CRC-32 of each array and one of the header
itself, so that a part of the arrays can be read, and believed, without reading the
rest.
"""

import json
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import ml_dtypes
import numpy as np

from moksori.storage import atomic_write

VERSION = 1
LOSS = "loss"

_DTYPES = {
    "BOOL": np.dtype(np.bool_),
    "U8": np.dtype(np.uint8),
    "I8": np.dtype(np.int8),
    "U16": np.dtype(np.uint16),
    "I16": np.dtype(np.int16),
    "F16": np.dtype(np.float16),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    "U32": np.dtype(np.uint32),
    "I32": np.dtype(np.int32),
    "F32": np.dtype(np.float32),
    "U64": np.dtype(np.uint64),
    "I64": np.dtype(np.int64),
    "F64": np.dtype(np.float64),
}
_CODES = {dtype: code for code, dtype in _DTYPES.items()}
_LARGEST_HEADER = 100_000_000


class Damaged(Exception):
    """The file is not a whole checkpoint; the text says in what way."""


@dataclass(frozen=True)
class Header:
    """What a checkpoint says of itself, without its arrays.

    `ranked_by` names the figure that `metric` is; before the name was written, it was
    always the loss.
    """

    path: Path
    step: int
    metric: float | None
    ranked_by: str
    state: dict
    entries: dict[str, dict]
    checksums: dict[str, int]
    start: int


@dataclass(frozen=True)
class Checkpoint:
    """Arrays by name and the state of the host after `step` steps.

    `metric` is the figure by which the best is chosen (lower is better), if any, and
    `ranked_by` its name.
    """

    step: int
    arrays: dict[str, np.ndarray]
    state: dict
    path: Path
    metric: float | None = None
    ranked_by: str = LOSS


def write(
    path: Path,
    arrays: dict[str, np.ndarray],
    state: dict,
    step: int,
    metric: float | None = None,
    ranked_by: str = LOSS,
) -> None:
    """Write beside `path`, force to disk and rename: `path` is never half a file.

    `state` must survive JSON. Raises `TypeError` for what neither JSON nor the format
    holds, `OSError` when the disk refuses.
    """
    arrays = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    header = _encode_header(arrays, state, step, metric, ranked_by)

    with atomic_write(path) as file:
        file.write(struct.pack("<Q", len(header)))
        file.write(header)
        for array in arrays.values():
            file.write(_bytes_of(array))


def read_header(path: Path) -> Header:
    """Everything but the arrays. Raises `Damaged`."""
    try:
        with open(path, "rb") as file:
            header = _decode_header(path, file)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise Damaged(error.strerror or str(error)) from None
    ends = [entry["data_offsets"][1] for entry in header.entries.values()]
    expected = header.start + max(ends, default=0)
    if size != expected:
        raise Damaged(f"{size:,} bytes instead of {expected:,}")
    return header


def read(path: Path, prefix: str = "") -> Checkpoint:
    """The checkpoint with those arrays whose names begin with `prefix`.

    Raises `Damaged`, also where a checksum of a wanted array does not agree.
    """
    header = read_header(path)
    wanted = {n: e for n, e in header.entries.items() if n.startswith(prefix)}
    arrays = {}
    with open(path, "rb") as file:
        for name, entry in wanted.items():
            begin, end = entry["data_offsets"]
            array = np.empty(entry["shape"], _DTYPES[entry["dtype"]])
            if array.nbytes != end - begin:
                raise Damaged(f"the size of {name} does not agree with its shape")
            file.seek(header.start + begin)
            if file.readinto(_bytes_of(array)) != array.nbytes:
                raise Damaged(f"{name} is cut short")
            if zlib.crc32(_bytes_of(array)) != header.checksums.get(name):
                raise Damaged(f"the checksum of {name} does not agree")
            arrays[name] = array
    return Checkpoint(
        header.step, arrays, header.state, path, header.metric, header.ranked_by
    )


def _bytes_of(array: np.ndarray) -> memoryview:
    return memoryview(array.reshape(-1).view(np.uint8))


def _encode_header(arrays, state, step, metric, ranked_by) -> bytes:
    entries, offset = {}, 0
    for name, array in arrays.items():
        if array.dtype not in _CODES:
            raise TypeError(f"{name}: arrays of {array.dtype} cannot be saved")
        entries[name] = {
            "dtype": _CODES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    checksums = {name: zlib.crc32(_bytes_of(array)) for name, array in arrays.items()}
    metadata = {
        "version": str(VERSION),
        "step": str(step),
        "metric": json.dumps(metric),
        "ranked_by": ranked_by,
        "state": json.dumps(state),
        "checksums": json.dumps(checksums),
    }
    metadata["header"] = _header_checksum(metadata, entries)
    text = json.dumps({"__metadata__": metadata, **entries}).encode()
    return text + b" " * (-len(text) % 8)


def _header_checksum(metadata: dict, entries: dict) -> str:
    rest = {key: value for key, value in metadata.items() if key != "header"}
    return str(zlib.crc32(json.dumps([rest, entries], sort_keys=True).encode()))


def _decode_header(path: Path, file: BinaryIO) -> Header:
    prefix = file.read(8)
    length = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else 0
    if not 0 < length <= _LARGEST_HEADER:
        raise Damaged("it does not begin like a checkpoint")
    try:
        entries = json.loads(file.read(length))
        metadata = entries.pop("__metadata__")
        intact = metadata["header"] == _header_checksum(metadata, entries)
        version = int(metadata["version"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Damaged("its header cannot be read") from None
    if not intact:
        raise Damaged("the checksum of its header does not agree")
    if version > VERSION:
        raise Damaged(f"it has version {version}, and this program knows {VERSION}")
    return Header(
        path=path,
        step=int(metadata["step"]),
        metric=json.loads(metadata["metric"]),
        ranked_by=metadata.get("ranked_by", LOSS),
        state=json.loads(metadata["state"]),
        entries=entries,
        checksums=json.loads(metadata["checksums"]),
        start=8 + length,
    )
