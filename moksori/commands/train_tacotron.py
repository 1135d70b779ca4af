"""Train the acoustic model: features -> logs/<run>.

The same command continues a run that was stopped; `moksori tensorboard` shows it.
Exit code 1: the loss diverged for good. 2: a wrong flag, setting, run or
feature folder.
"""

import argparse

from moksori.commands import training


def parser() -> argparse.ArgumentParser:
    start = "the shipped voice, where it fits"
    return training.parser(__doc__, example="logs/me", start=start)


def recipe():
    from moksori.training.recipes.tacotron import TacotronRecipe

    return TacotronRecipe


def main(argv: list[str] | None = None) -> int:
    return training.run("train_tacotron", parser().parse_args(argv), recipe)
