"""Show the runs in logs/ in a browser, at http://localhost:6006.

MOKSORI_HOST is the address on which it listens; further flags are TensorBoard's own.
"""

import argparse
import os
import sys


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command, which leaves the flags to TensorBoard."""
    return argparse.ArgumentParser(description=__doc__, allow_abbrev=False)


def main(argv: list[str] | None = None) -> None:
    """Become TensorBoard, so that it is the process which signals reach."""
    _, more = parser().parse_known_args(argv)
    host = os.environ.get("MOKSORI_HOST", "localhost")
    program = [sys.executable, "-m", "tensorboard.main"]
    os.execv(sys.executable, [*program, "--logdir", "logs", "--host", host, *more])
