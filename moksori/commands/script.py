"""Show what to read for a voice of one's own: 200 balanced Korean sentences.

Prints them numbered, to be read from a screen or from paper. `--out` writes each into
a text file of its own: record 001.wav beside 001.txt, and `moksori train` takes the
folder as it is.
"""

import argparse
import sys
from pathlib import Path


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    made = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    few = "the first N only; each beginning is balanced as well (all)"
    made.add_argument("--count", type=int, metavar="N", help=few)
    texts = "write 001.txt, 002.txt … into a folder, to record beside them"
    made.add_argument("--out", type=Path, metavar="DIR", help=texts)
    return made


def script(arguments: argparse.Namespace) -> None:
    """Print the sentences, or write them."""
    from datasets.recording_script import numbered, recording_script, write_texts

    lines = recording_script(arguments.count)
    if not (folder := arguments.out):
        for name, line in numbered(lines).items():
            print(f"{name}  {line}")
        return
    count = len(write_texts(folder, lines))
    kept = f" ({len(lines) - count} were there)" if count < len(lines) else ""
    print(f"{count} texts written{kept}: record {folder}/001.wav as 001.txt says, …")
    print(f"then: moksori train {folder}", file=sys.stderr)


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    arguments = parser().parse_args(argv)
    from moksori.training.cli import run_main

    return run_main("script", lambda: script(arguments), (ValueError,))
