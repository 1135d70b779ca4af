"""Weights are read without unpickling code, and from the file that was meant."""

import hashlib
import io
import os
import pickle
import sys
import types
import zipfile
from importlib import metadata

import numpy as np
import pytest

from moksori.speakers.weights import (
    EncoderMissing,
    WeightsError,
    read_pinned,
    read_saved,
    read_state_dict,
)

VALUES = np.arange(6, dtype=np.float32)


class Tensor:
    """A tensor as torch pickles it: a call with a storage, offset, shape, strides."""

    def __init__(self, shape, strides, offset=0, count=6, key="0", kind="Float"):
        self.call = (_Storage(count, key, f"{kind}Storage"), offset, shape, strides)

    def __reduce__(self):
        rebuild = sys.modules["torch._utils"]._rebuild_tensor_v2
        return rebuild, (*self.call, False, {})


class _Storage:
    def __init__(self, count, key, name):
        self.count, self.key, self.name = count, key, name


class _Pickler(pickle.Pickler):
    def persistent_id(self, thing):
        if isinstance(thing, _Storage):
            kind = getattr(sys.modules["torch"], thing.name)
            return "storage", kind, thing.key, "cpu", thing.count
        return None


@pytest.fixture
def written(monkeypatch):
    """A function from named tensors to the bytes of a file as torch writes it."""
    torch, inner = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for name in ("FloatStorage", "BoolStorage"):
        setattr(torch, name, type(name, (), {"__module__": "torch"}))

    def _rebuild_tensor_v2():
        raise AssertionError

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    inner._rebuild_tensor_v2 = _rebuild_tensor_v2
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", inner)

    def write(content) -> bytes:
        pickled, packed = io.BytesIO(), io.BytesIO()
        _Pickler(pickled, protocol=2).dump(content)
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("net/data.pkl", pickled.getvalue())
            archive.writestr("net/data/0", VALUES.tobytes())
        return packed.getvalue()

    return write


def test_tensors_come_with_their_strides(written, tmp_path):
    file = written({"a": Tensor((2, 3), (3, 1)), "b": Tensor((3, 2), (1, 3))})
    (tmp_path / "net.pt").write_bytes(file)
    for source in (file, tmp_path / "net.pt"):
        tensors = read_state_dict(source)
        assert list(tensors) == ["a", "b"]
        np.testing.assert_array_equal(tensors["a"], VALUES.reshape(2, 3))
        np.testing.assert_array_equal(tensors["b"], VALUES.reshape(2, 3).T)


@pytest.mark.parametrize(
    ("tensor", "says"),
    [
        (Tensor((2, 3), (3, 1), offset=1), "beyond its storage"),
        (Tensor((2,), (6,)), "beyond its storage"),
        (Tensor((10**12,), (0,)), "beyond its storage"),
        (Tensor((2,), (-1,)), "not described"),
        (Tensor((2,), (1,), offset=-1), "not described"),
        (Tensor((2,), (True,)), "not described"),
        (Tensor((2,), (1, 1)), "not described"),
        (Tensor((6,), (1,), count=7), "24 bytes for 7 numbers"),
        (Tensor((6,), (1,), key="1"), "no item named 'net/data/1'"),
        (Tensor((6,), (1,), key="../0"), "no item named"),
        (Tensor((6,), (1,), kind="Bool"), "torch.BoolStorage has no place"),
    ],
)
def test_a_tensor_that_does_not_fit_its_storage_is_refused(written, tensor, says):
    with pytest.raises(WeightsError, match=says):
        read_state_dict(written({"a": tensor}))


class _Shell:
    def __reduce__(self):
        return os.system, ("exit 1",)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"a": _Shell()}, "posix.system has no place"),
        ({"a": eval}, "eval has no place"),
        ({"a": 1}, "more than named tensors"),
        ([Tensor((6,), (1,))], "more than named tensors"),
    ],
)
def test_a_pickle_of_anything_else_is_refused_by_name(written, content, says):
    with pytest.raises(WeightsError, match=says):
        read_state_dict(written(content))


def test_what_is_no_file_of_weights_is_refused(written, tmp_path):
    whole = written({"a": Tensor((6,), (1,))})
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    for file in (b"", b"RIFF", pickle.dumps(1), whole[:100], empty.getvalue()):
        with pytest.raises(WeightsError, match="not a file of weights"):
            read_state_dict(file)
    with pytest.raises(WeightsError, match="not a file of weights"):
        read_state_dict(tmp_path / "absent.pt")


def test_more_than_tensors_is_read_where_it_is_plain(written):
    held = {"weight": {"a": Tensor((2, 3), (3, 1))}, "config": [1, [2, 3]], "sr": "40k"}
    found = read_saved(written(held))
    np.testing.assert_array_equal(found["weight"].pop("a"), VALUES.reshape(2, 3))
    assert found == {"weight": {}, "config": [1, [2, 3]], "sr": "40k"}


def packed(pickled: bytes, compression: int, numbers: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr("net/data.pkl", pickled)
        archive.writestr("net/data/0", bytes(4 * numbers))
    return file.getvalue()


def test_a_file_that_would_fill_the_memory_is_refused(written):
    with zipfile.ZipFile(
        io.BytesIO(written({"a": Tensor((10**6,), (1,), count=10**6)}))
    ) as archive:
        pickled = archive.read("net/data.pkl")
    assert read_saved(packed(pickled, zipfile.ZIP_STORED, 10**6))["a"].shape == (10**6,)
    for says, file in (
        ("more bytes than", packed(pickled, zipfile.ZIP_DEFLATED, 10**6)),
        ("damaged", packed(b"\x80\x02K\x01r\xff\xff\xff\x7f.", 0, 1)),
        ("its pickle holds", packed(bytes(2**24 + 1), zipfile.ZIP_DEFLATED, 1)),
        ("torch before 1.6", b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."),
    ):
        with pytest.raises(WeightsError, match=says):
            read_saved(file)


def test_a_damaged_pickle_is_refused_in_one_way(written):
    whole = written({"a": Tensor((2, 3), (3, 1))})
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        pickled = archive.read("net/data.pkl")
    random, refused = np.random.default_rng(1), 0
    for _ in range(300):
        damaged = bytearray(pickled)
        damaged[random.integers(len(damaged))] = random.integers(256)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("net/data.pkl", bytes(damaged))
            archive.writestr("net/data/0", VALUES.tobytes())
        try:
            read_state_dict(packed.getvalue())
        except WeightsError:
            refused += 1
    assert refused > 200


def test_a_file_of_a_package_is_known_by_its_hash():
    (file,) = [file for file in metadata.files("numpy") if file.name == "METADATA"]
    content = file.locate().read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert read_pinned("numpy", "METADATA", digest) == content
    with pytest.raises(EncoderMissing, match="make speakers"):
        read_pinned("numpy", "METADATA", digest[::-1])
    with pytest.raises(EncoderMissing, match="make speakers"):
        read_pinned("numpy", "absent.pt", digest)
    with pytest.raises(EncoderMissing, match="make speakers"):
        read_pinned("no-such-package", "METADATA", digest)
