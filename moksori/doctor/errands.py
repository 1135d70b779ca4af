"""Other programs, asked with patience that ends.

A driver that is ill can hold a program where no signal reaches it; whoever waits for
it to die would then hang as well. So nothing here waits longer than it was told to.
"""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LAST_WORDS = 2.0


@dataclass(frozen=True)
class Answer:
    """What a program said. `code` is its exit code, negative for a signal; None for
    one that does not exist (`missing`) or did not end in time (`late`)."""

    code: int | None
    out: str = ""
    err: str = ""
    missing: bool = False
    late: bool = False

    @property
    def good(self) -> bool:
        """Whether it ran and ended well."""
        return self.code == 0

    def last_words(self) -> str:
        """The last line that it wrote, errors first; empty where it wrote none."""
        lines = [*self.out.splitlines(), *self.err.splitlines()]
        return next((line.strip() for line in lines[::-1] if line.strip()), "")


def ask(
    command: Sequence[str],
    patience: float,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    given: str = "",
    hear: Callable[[str], None] | None = None,
) -> Answer:
    """Run `command` for at most `patience` seconds, with the text `given` to read.

    `hear` gets every line of its standard output as it comes. Whatever it started is
    ended with it, also by Ctrl-C. Never raises for what the program does.
    """
    try:
        process = subprocess.Popen(
            command,
            env=None if environment is None else dict(environment),
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as failure:
        absent = isinstance(failure, FileNotFoundError)
        return Answer(None, err=str(failure), missing=absent)
    out, err, readers, code = [], [], [], None
    try:
        readers.append(_reader(process.stdout, out, hear))
        readers.append(_reader(process.stderr, err))
        # One that died already no longer reads.
        with contextlib.suppress(OSError):
            process.stdin.write(given.encode())
            process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = process.wait(patience)
    finally:
        _end(process)
        for reader in readers:
            reader.join(_LAST_WORDS)
    return Answer(code, "".join(out), "".join(err), late=code is None)


def _reader(stream, lines: list[str], hear=None) -> threading.Thread:
    def read():
        # The stream is closed under it when the program is given up.
        with contextlib.suppress(ValueError, OSError):
            for raw in stream:
                line = raw.decode("utf-8", "replace")
                lines.append(line)
                if hear:
                    hear(line)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread


def _end(process: subprocess.Popen) -> None:
    """Kill it with all that it started; do not wait for what cannot be killed."""
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_LAST_WORDS)
