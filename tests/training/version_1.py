"""Checkpoints as they were written before safetensors' own writer was used."""

import json
import struct
import zlib


def write_version_1(path, arrays, state, step, **more):
    """Write a checkpoint of version 1; `more` are further entries of its metadata."""
    codes = {"float32": "F32", "bfloat16": "BF16", "int16": "I16"}
    entries, offset = {}, 0
    for name, array in arrays.items():
        entries[name] = {
            "dtype": codes[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [offset, offset := offset + array.nbytes],
        }
    checksums = {name: zlib.crc32(array.tobytes()) for name, array in arrays.items()}
    values = {"version": 1, "step": step, "metric": 0.5, "state": state}
    values["checksums"] = checksums
    metadata = {key: json.dumps(value) for key, value in values.items()} | more
    whole = json.dumps([metadata, entries], sort_keys=True).encode()
    metadata["header"] = str(zlib.crc32(whole))
    header = json.dumps({"__metadata__": metadata, **entries}).encode()
    header += b" " * (-len(header) % 8)
    data = b"".join(array.tobytes() for array in arrays.values())
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)
