"""Run a program for a limited time."""

import contextlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Answer:
    """What a program wrote. `code` is its exit code, negative for a signal, and None
    where it did not end in time."""

    code: int | None
    out: str = ""
    err: str = ""

    @property
    def error_line(self) -> str:
        """The last line of its standard error."""
        return (self.err.strip() or "no message").split("\n")[-1]


def run(*command: str, timeout: float, stdin: str = "", **variables: str) -> Answer:
    """Run `python -m COMMAND` from the checkout for at most `timeout` seconds, with
    further environment `variables`.

    Unlike `subprocess.run`, it does not wait for a killed program to end: inside a
    broken driver no signal reaches it.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        **dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE),
        env={**os.environ, **variables},
        cwd=ROOT,
        encoding="utf-8",
        errors="replace",
    )
    try:
        out, err = process.communicate(stdin, timeout)
        return Answer(process.returncode, out, err)
    except subprocess.TimeoutExpired:
        return Answer(None)
    finally:
        process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2)
