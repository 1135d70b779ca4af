"""Convert a spoken recording into another voice: the same words, another timbre.

Exit code 2 says why there is no recording.
"""

import argparse
from pathlib import Path

from moksori.commands import covering
from moksori.storage import output_file


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    made = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    made.add_argument("recording", type=Path, metavar="FILE", help="any format")
    covering.add_flags(made)
    out = "the recording in the other voice, a wav (%(default)s)"
    made.add_argument(
        "--out", type=output_file, default=Path("converted.wav"), help=out
    )
    return made


def convert(arguments: argparse.Namespace) -> None:
    """Convert the recording, and write it."""
    from moksori.audio.files import decode
    from moksori.covers.conversion import Converter, load

    model = load(arguments.voice)
    wave, rate = decode(arguments.recording)
    how = arguments.pitch, arguments.index_rate, arguments.protect
    made = Converter(model).convert(wave, rate, *how, covering.progress)
    covering.save_marked(arguments.out, (made,), rate, model)
    print(arguments.out)


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    arguments = parser().parse_args(argv)
    return covering.run("convert", lambda: convert(arguments))
