"""Train the vocoder: features -> logs/<run>.

The same command continues a run that was stopped; `moksori tensorboard` shows it.
Exit code 1: the loss diverged for good. 2: a wrong flag, setting, run or
feature folder.
"""

import argparse
from pathlib import Path

from moksori.commands import training


def parser() -> argparse.ArgumentParser:
    made = training.parser(__doc__, example="logs/me-wavenet", start="none")
    aligned = "mels written by align (default: those of the recordings)"
    made.add_argument("--mels", type=Path, metavar="DIR", help=aligned)
    return made


def recipe():
    from moksori.training.recipes.wavenet import WaveNetRecipe

    return WaveNetRecipe


def main(argv: list[str] | None = None) -> int:
    return training.run("train_wavenet", parser().parse_args(argv), recipe)
