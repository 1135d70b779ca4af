"""Keep files under keys: in a folder, or in a bucket that several machines share."""

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import LocalStore, from_url

from moksori.service.settings import Settings
from moksori.storage import sync_folder

# What we name ourselves: no dots at the beginning, nothing that climbs.
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_CHUNK_BYTES = 256 * 1024
# ENOSPC and EDQUOT, as the library writes them.
_FULL = re.compile(r"os error (28|122)\b")


class StorageError(Exception):
    """Report a file that cannot be written or read; the text is one line."""


class StorageFull(StorageError):
    """Report that there is no space left."""


class Missing(StorageError):
    """Report a key under which nothing lies."""


class Exists(StorageError):
    """Report a key under which something lies already; it stays as it is."""


class Storage:
    """Put a file once, get it whole or in pieces, delete it.

    A file is never changed. Keys are made by the service, not from what a client sends.
    """

    def __init__(self, settings: Settings):
        url, self._folder = settings.storage_url, None
        if "://" not in url or url.startswith("file://"):
            path = url.removeprefix("file://") or settings.folder / "files"
            self._folder = Path(path).absolute()
            self._store = LocalStore(self._folder, mkdir=True)
        else:
            self._store = from_url(url)

    def put_once(self, key: str, data: bytes) -> None:
        """Write a file, whole or not at all; raises `Exists` or `StorageFull`."""
        with _explaining(key):
            obstore.put(self._store, key, data, mode="create")
        if self._folder:
            self._flush(self._folder / key)

    def get(self, key: str) -> bytes:
        """Return a whole file; raises `Missing`."""
        return b"".join(self.stream(key))

    def stream(
        self, key: str, start: int = 0, stop: int | None = None
    ) -> Iterator[bytes]:
        """Yield the bytes from `start` to before `stop` in pieces; raises `Missing`."""
        stop = self.size(key) if stop is None else stop
        return self._pieces(key, start, stop)

    def _pieces(self, key: str, start: int, stop: int) -> Iterator[bytes]:
        for at in range(start, stop, _CHUNK_BYTES):
            end = min(at + _CHUNK_BYTES, stop)
            with _explaining(key):
                piece = obstore.get_range(self._store, key, start=at, end=end)
            yield bytes(piece)

    def size(self, key: str) -> int:
        """Return the length of a file in bytes; raises `Missing`."""
        with _explaining(key):
            return obstore.head(self._store, key)["size"]

    def delete(self, key: str) -> None:
        """Delete a file; one that is gone already is no error."""
        with contextlib.suppress(Missing), _explaining(key):
            obstore.delete(self._store, key)

    def keys(self, prefix: str) -> list[str]:
        """Return the keys below a prefix, a folder's name."""
        pages = obstore.list(self._store, prefix=_checked(prefix))
        return sorted(each["path"] for page in pages for each in page)

    def delete_below(self, prefix: str) -> int:
        """Delete all files below a prefix; returns how many there were."""
        keys = self.keys(prefix)
        for key in keys:
            self.delete(key)
        return len(keys)

    def _flush(self, path: Path) -> None:
        """Make a file survive a power cut before the database names it."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync_folder(path.parent)


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise StorageError(f"{key[:80]!r} is no key")
    return key


@contextlib.contextmanager
def _explaining(key: str) -> Iterator[None]:
    """Check a key, and raise our errors instead of the library's."""
    try:
        _checked(key)
        yield
    except AlreadyExistsError:
        raise Exists(f"{key} is there already") from None
    except (NotFoundError, FileNotFoundError):
        raise Missing(f"{key} is not there") from None
    except BaseError as error:
        if _FULL.search(str(error)):
            line = "no space is left where the service keeps its files"
            raise StorageFull(line) from error
        raise StorageError(f"{key}: {str(error).splitlines()[0]}") from error
