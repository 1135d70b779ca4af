"""Write and read one checkpoint: named arrays and a state in a safetensors file.

Any reader of safetensors (github.com/huggingface/safetensors) gets the arrays. The
file's metadata is one text: a CRC-32, and the JSON that it is of, with the step, the
metric and its name, the state, and a CRC-32 for each array, so that a part of the
arrays can be read, and believed, without reading the rest.
"""

import json
import math
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from moksori.storage import atomic_write

VERSION = 2
LOSS = "loss"
_RECORD = "moksori"


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
    checksums: dict[str, int]
    version: int


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
    """Write a checkpoint atomically: `path` is never half a file.

    `state` must survive JSON. Raises `TypeError` for what neither JSON nor the format
    holds, `OSError` when the disk refuses.
    """
    arrays = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    record = {
        "version": VERSION,
        "step": step,
        "metric": metric,
        "ranked_by": ranked_by,
        "state": state,
        "checksums": {n: _checksum(a, VERSION) for n, a in arrays.items()},
    }
    text = json.dumps(record)
    # One entry: the library writes several in an order that differs between runs.
    metadata = {_RECORD: f"{zlib.crc32(text.encode())} {text}"}
    try:
        content = save(arrays, metadata)
    except SafetensorError as error:
        raise TypeError(f"arrays that cannot be saved: {error}") from None
    with atomic_write(path) as file:
        file.write(content)


def read_header(path: Path) -> Header:
    """Read everything but the arrays. Raises `Damaged`."""
    return _read(path, None)[0]


def read(path: Path, prefix: str = "") -> Checkpoint:
    """Read a checkpoint with those arrays whose names begin with `prefix`.

    Those that were exported in half precision are float32 again. Raises `Damaged`, also
    where a checksum of a wanted array does not agree.
    """
    header, arrays = _read(path, prefix)
    for name, array in arrays.items():
        if _checksum(array, header.version) != header.checksums[name]:
            raise Damaged(f"the checksum of {name} does not agree")
        if array.dtype == np.float16:
            arrays[name] = array.astype(np.float32)
    return Checkpoint(
        header.step, arrays, header.state, path, header.metric, header.ranked_by
    )


def _read(path: Path, prefix: str | None) -> tuple[Header, dict[str, np.ndarray]]:
    try:
        with safe_open(path, "numpy") as file:
            record = _record_of(file)
            names = [] if prefix is None else file.keys()
            wanted = [name for name in names if name.startswith(prefix)]
            return Header(path=path, **record), {n: file.get_tensor(n) for n in wanted}
    except OSError as error:
        raise Damaged(error.strerror or str(error)) from None
    except SafetensorError as error:
        raise Damaged(str(error)) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Damaged("its header cannot be read") from None


def _record_of(file) -> dict:
    metadata = file.metadata()
    if _RECORD in metadata:
        checksum, _, text = metadata[_RECORD].partition(" ")
        intact, record = int(checksum) == zlib.crc32(text.encode()), json.loads(text)
    else:
        intact, record = _record_of_version_1(file, metadata)
    if not intact or set(record["checksums"]) != set(file.keys()):
        raise Damaged("the checksum of its header does not agree")
    if record["version"] > VERSION:
        found = record["version"]
        raise Damaged(f"it has version {found}, and this program knows {VERSION}")
    return record


def _record_of_version_1(file, metadata: dict) -> tuple[bool, dict]:
    """Return whether the header of an older file is intact, and its record.

    The values were entries of their own, under one checksum with the arrays' places.
    """
    entries, offset = {}, 0
    for name in file.offset_keys():
        part = file.get_slice(name)
        dtype, shape = part.get_dtype(), part.get_shape()
        bits = 8 if dtype == "BOOL" else int(dtype.strip("BFIU"))
        places = [offset, offset := offset + math.prod(shape) * bits // 8]
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": places}
    rest = {key: value for key, value in metadata.items() if key != "header"}
    found = zlib.crc32(json.dumps([rest, entries], sort_keys=True).encode())
    record = {key: json.loads(rest[key]) for key in ("version", "step", "metric")}
    record |= {key: json.loads(rest[key]) for key in ("state", "checksums")}
    record["ranked_by"] = rest.get("ranked_by", LOSS)
    return metadata["header"] == str(found), record


def _checksum(array: np.ndarray, version: int) -> int:
    """Return the CRC-32 of an array; since version 2 of its type and shape as well."""
    start = f"{array.dtype.name}{list(array.shape)}" if version > 1 else ""
    return zlib.crc32(array.reshape(-1).view(np.uint8), zlib.crc32(start.encode()))
