"""The lock of a store: one build writes at a time, and workers elsewhere know which.

The lock ends with its process. A worker on another machine that lost its connection
does not notice that; before it writes it checks that the build which handed out its
block still holds the lock.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datasets.store.features import FeatureError
from moksori.storage import Locked, lock

_NAME = ".lock"


class Superseded(FeatureError):
    """The build that handed out this work has ended; the message is one line."""


@contextmanager
def build_lock(folder: Path) -> Iterator[str]:
    """Lock a store for one build; yields a name that no other build has.

    Raises `FeatureError` while another build holds the lock.
    """
    name = secrets.token_hex(8)
    try:
        with lock(folder / _NAME, name, folder):
            yield name
    except Locked:
        raise FeatureError(
            f"{folder}: another preprocessing run is writing here; wait for it"
        ) from None


def require(folder: Path, name: str) -> None:
    """Raise `Superseded` unless the build of this name still holds the lock."""
    try:
        current = (folder / _NAME).read_text("ascii")
    except OSError as error:
        raise Superseded(f"{folder}: {error.strerror}") from None
    if current != name:
        raise Superseded(f"{folder}: another build is at work here, or none")
