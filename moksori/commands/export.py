"""Export a trained voice or vocoder to hand on: its weights alone, in half precision.

The folder speaks (--voice, --vocoder) and another training may begin with it (--from).
Exit code 2: nothing was exported.
"""

import argparse
from pathlib import Path

from moksori.storage import output_folder


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    made = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    made.add_argument("run", type=Path, metavar="RUN", help="folder of a training")
    out = {"type": output_folder, "metavar": "OUT"}
    made.add_argument("out", **out, help="folder that is made")
    best = "the best checkpoint, not the newest"
    made.add_argument("--best", action="store_true", help=best)
    return made


def run(arguments: argparse.Namespace) -> None:
    from moksori.training.export import export_run
    from moksori.training.runs import Run

    made = export_run(Run.open(arguments.run), arguments.out, arguments.best)
    (header,) = made.checkpoints()
    size = header.path.stat().st_size / 2**20
    print(f"step {header.step}, {size:.1f} MB: {made.folder}")


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    arguments = parser().parse_args(argv)
    from moksori.training.cli import run_main

    return run_main("export", lambda: run(arguments), (ValueError,))
