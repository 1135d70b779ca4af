"""Read network weights from installed packages, without importing or unpickling them.

The packages carry the files and are installed without what they depend on; nothing in
them is run. A file is known by its SHA-256, so other bytes under its name are refused.
"""

import hashlib
import io
import math
import pickle
import pickletools
import zipfile
from collections import OrderedDict
from importlib import metadata
from pathlib import Path

import numpy as np

INSTALL = "run `make speakers`"
# Storage class in torch -> the type of its elements.
_STORAGES = {
    "FloatStorage": np.dtype("<f4"),
    "HalfStorage": np.dtype("<f2"),
    "DoubleStorage": np.dtype("<f8"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
}
_MOST_PICKLED = 2**24  # bytes; that of a large network is a hundredth
_BEFORE_ZIPS = b"\x80\x02\x8a\x0a"  # how files of torch began before version 1.6


class WeightsMissing(RuntimeError):
    """Report what is not installed, and how to install it."""


class EncoderMissing(WeightsMissing):
    """Report what of speaker recognition is not installed, and how to install it."""


class WeightsError(ValueError):
    """Report that a file does not hold weights; the text names what it holds."""


def read_pinned(package: str, name: str, sha256: str) -> bytes:
    """Read the file `name` of an installed package, whose hash must be `sha256`.

    Raises `EncoderMissing` when it is absent or holds other bytes.
    """
    try:
        return find_pinned(package, name, sha256, INSTALL).read_bytes()
    except WeightsMissing as error:
        raise EncoderMissing(str(error)) from None


def find_pinned(package: str, name: str, sha256: str, install: str) -> Path:
    """Find the file `name` of an installed package, whose hash must be `sha256`.

    Raises `WeightsMissing` when it is absent or holds other bytes, with what to do.
    """
    try:
        files = metadata.files(package) or []
    except metadata.PackageNotFoundError:
        files = []
    found = [file for file in files if file.name == name]
    path = Path(found[0].locate()) if found else None
    if path is None or not path.is_file():
        raise WeightsMissing(f"{name} of the package {package} is missing: {install}")
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != sha256:
        raise WeightsMissing(
            f"{path} is not the file that this version was made for: {install}"
        )
    return path


def read_state_dict(source: Path | bytes) -> dict[str, np.ndarray]:
    """Read the tensors of a file that `torch.save` wrote from a state dict.

    Raises `WeightsError` for anything else, by name.
    """
    tensors = read_saved(source)
    if not isinstance(tensors, dict) or not all(
        isinstance(name, str) and isinstance(tensor, np.ndarray)
        for name, tensor in tensors.items()
    ):
        raise WeightsError("not a state dict: it holds more than named tensors")
    return dict(tensors)


def read_saved(source: Path | bytes):
    """Read what `torch.save` wrote: dictionaries, lists, texts, numbers and tensors,
    which are read-only arrays.

    Such a file is a zip of a pickle and of one member for each storage. Only what
    tensors need is unpickled, and no more memory is used than the file is long.
    Raises `WeightsError` for anything else, by name.
    """
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        if _first_bytes(source) == _BEFORE_ZIPS:
            raise WeightsError(
                "saved in the format of torch before 1.6: save it again with a newer"
            )
        with zipfile.ZipFile(file) as archive:
            return _unpickle(archive)
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise WeightsError(f"not a file of weights: {error}") from None
    except WeightsError:
        raise
    except Exception as error:  # what a damaged pickle raises is not documented
        raise WeightsError(f"not a state dict: {error}") from None


def _first_bytes(source: Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source[: len(_BEFORE_ZIPS)]
    with open(source, "rb") as file:
        return file.read(len(_BEFORE_ZIPS))


def _unpickle(archive: zipfile.ZipFile):
    pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise WeightsError("not a file of weights: it has no data.pkl")
    root = pickles[0].removesuffix("data.pkl")
    size = archive.getinfo(pickles[0]).file_size
    if size > _MOST_PICKLED:
        raise WeightsError(f"not a state dict: its pickle holds {size} bytes")
    pickled = archive.read(pickles[0])
    for code, number, _ in pickletools.genops(pickled):
        # Room for all smaller numbers would be made first: gigabytes for five bytes.
        if code.name.endswith("PUT") and number > size:
            raise WeightsError("not a state dict: its pickle is damaged")
    return _Unpickler(archive, root, pickled).load()


class _Unpickler(pickle.Unpickler):
    """Unpickle tensors; every other class is refused before it is imported."""

    def __init__(self, archive: zipfile.ZipFile, root: str, pickled: bytes):
        super().__init__(io.BytesIO(pickled))
        self._archive, self._root = archive, root
        self._storages: dict[str, np.ndarray] = {}
        # Members are not packed, so all of them are no longer than the file.
        archive.fp.seek(0, io.SEEK_END)
        self._left = archive.fp.tell()

    def find_class(self, module: str, name: str):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in _STORAGES:
            return _STORAGES[name]
        raise WeightsError(f"{module}.{name} has no place in a file of weights")

    def persistent_load(self, identity) -> np.ndarray:
        """Read a storage: ("storage", type, key, device, number of elements)."""
        try:
            kind, dtype, key, _, count = identity
        except (TypeError, ValueError):
            raise WeightsError("a storage is not described as torch does") from None
        if kind != "storage" or not isinstance(dtype, np.dtype):
            raise WeightsError(f"{kind} has no place in a file of weights")
        if key in self._storages:
            return self._storages[key]
        member = f"{self._root}data/{key}"
        # Before it is read: a few packed bytes may stand for gigabytes.
        size = self._archive.getinfo(member).file_size
        if size != count * dtype.itemsize:
            raise WeightsError(f"storage {key} holds {size} bytes for {count} numbers")
        self._left -= size
        if self._left < 0:
            raise WeightsError("its storages hold more bytes than the file")
        self._storages[key] = np.frombuffer(self._archive.read(member), dtype)
        return self._storages[key]


def _tensor(storage, offset, shape, strides, *_unused) -> np.ndarray:
    """View a tensor in its storage; strides count elements."""
    numbers = (offset, *shape, *strides)
    whole = all(type(number) is int and number >= 0 for number in numbers)
    if not isinstance(storage, np.ndarray) or not whole or len(shape) != len(strides):
        raise WeightsError("a tensor is not described as torch does")
    last = offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    # A stride of 0 repeats a number for ever without reaching beyond.
    if math.prod(shape) > len(storage) or (0 not in shape and last >= len(storage)):
        raise WeightsError("a tensor reaches beyond its storage")
    return np.lib.stride_tricks.as_strided(
        storage[offset:],
        shape,
        [step * storage.itemsize for step in strides],
        writeable=False,
    )
