"""Train the vocoder: features -> logs/<run>.

The same command continues a run that was stopped. Watch it with
`tensorboard --logdir logs`.
"""

import argparse
from pathlib import Path

from moksori.commands import training


def parser() -> argparse.ArgumentParser:
    made = training.parser(__doc__, example="logs/me-wave")
    aligned = "mels that an acoustic model made along the recordings, by align.py"
    made.add_argument("--mels", type=Path, metavar="DIR", help=aligned)
    return made


def recipe():
    from moksori.training.recipes.wavenet import WaveNetRecipe

    return WaveNetRecipe


def main(argv: list[str] | None = None) -> int:
    return training.run("train_wavenet.py", parser().parse_args(argv), recipe)
