"""Make a vocal model of a person's clips, to sing and speak with: `moksori vocal …`.

train, list, pack, import, forget. Ctrl-C ends a training with the model as it is by
then. Exit code 2 says that something could not be done.
"""

import argparse
import sys
from pathlib import Path

from moksori.commands import vocals

VOCALS = Path("logs/vocals")
_ACTIONS = {
    "train": vocals.train,
    "list": vocals.show,
    "pack": vocals.pack,
    "import": vocals.take,
    "forget": vocals.forget,
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    made = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    actions = made.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.help = f"{', '.join(_ACTIONS)}; each has its own --help"

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=text, description=text)

    folder = {"type": Path, "metavar": "DIR"}
    train = action("train", "make a vocal model of up to five clips")
    train.add_argument("clips", nargs="+", type=Path, metavar="CLIP")
    train.add_argument("--voice", **folder, required=True, help="folder of the model")
    train.add_argument("--name", help="what to call it (the folder's name)")
    agreed = "who agreed, when and for what"
    train.add_argument("--consent", required=True, metavar="TEXT", help=agreed)
    rounds = "rounds of training; 0: the index alone (50)"
    train.add_argument("--epochs", type=int, default=50, metavar="N", help=rounds)
    sound = "learn WORLD's timbre, or the wave itself (%(default)s)"
    kinds = {"choices": ("world", "wave"), "default": "world"}
    train.add_argument("--decoder", **kinds, help=sound)
    more = "train the model that is there on, from its best epoch"
    train.add_argument("--resume", action="store_true", help=more)
    train.add_argument("--seed", type=int, default=0, help="of the training (0)")
    shown = action("list", "list vocal models")
    shown.add_argument("folder", nargs="?", **folder, default=VOCALS)
    packed = action("pack", "write a vocal model into a zip")
    packed.add_argument("voice", **folder)
    packed.add_argument("zip", type=Path, metavar="ZIP")
    unpacked = action("import", "read a vocal model from a zip, ours or of RVC")
    unpacked.add_argument("zip", type=Path, metavar="ZIP")
    unpacked.add_argument("voice", **folder)
    agreed = f"{agreed}; a model of RVC does not say it"
    unpacked.add_argument("--consent", metavar="TEXT", help=agreed)
    action("forget", "delete a vocal model").add_argument("voice", **folder)
    return made


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    arguments = parser().parse_args(argv)
    from moksori.backend.errors import RunError
    from moksori.speakers.weights import WeightsMissing

    try:
        _ACTIONS[arguments.action](arguments)
    except (OSError, ValueError, RunError, WeightsMissing) as error:
        print(f"vocal: {error}", file=sys.stderr)
        return 2
    return 0
