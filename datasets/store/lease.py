"""Who may write into a store: one build at a time, known to workers elsewhere too.

The lock ends with its process, and so do processes that the build started here. A
worker on another machine that lost its connection does not notice; it asks whether the
build that handed it a block is still the one at work before it writes.
"""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from datasets.store.features import FeatureError
from moksori.storage import Locked, lock

_NAME = ".lock"


class Superseded(FeatureError):
    """The build that handed out this work has ended; the message is one line."""


@contextmanager
def held(folder: Path) -> Iterator[str]:
    """Hold a store, under a name of this build's own that nobody had before.

    Raises `FeatureError` while another build holds it; a kill releases it.
    """
    name = secrets.token_hex(8)
    with ExitStack() as stack:
        try:
            stack.enter_context(lock(folder / _NAME, name, folder))
        except Locked:
            raise FeatureError(
                f"{folder}: another preprocessing run is writing here; wait for it"
            ) from None
        yield name


def require(folder: Path, name: str) -> None:
    """Raise `Superseded` unless the build of this name still holds the store."""
    try:
        current = (folder / _NAME).read_text("ascii")
    except OSError as error:
        raise Superseded(f"{folder}: {error.strerror}") from None
    if current != name:
        raise Superseded(f"{folder}: another build is at work here, or none")
