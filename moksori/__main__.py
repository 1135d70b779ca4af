"""Run one command of Moksori, or list them all: `python -m moksori [NAME …]`."""

import sys
from importlib import import_module

COMMANDS = (
    "script",
    "train",
    "preprocess",
    "train_tacotron",
    "train_wavenet",
    "align",
    "synthesize",
    "clone",
    "compare",
    "serve",
    "vocal",
    "cover",
    "convert",
    "speakers",
    "listen",
    "to_wav",
    "export",
    "doctor",
    "cost",
    "tensorboard",
    "demo",
)


def listing() -> str:
    """Return how commands are called, and the first line of each one's docstring."""
    use = "use: moksori NAME [FLAGS]; moksori NAME --help tells more"
    return "\n".join((use, *(f"  {name:15} {_about(name)}" for name in COMMANDS)))


def _command(name: str):
    return import_module(f"moksori.commands.{name}")


def _about(name: str) -> str:
    return _command(name).__doc__.partition("\n")[0].rstrip(".")


def _unknown(name: str) -> str:
    """Return what is said of a name that is no command, with the nearest ones."""
    from difflib import get_close_matches

    near = [each for each in COMMANDS if each.startswith(name)]
    near = near or get_close_matches(name, COMMANDS, 1)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"moksori: no command {name}{hint} (help lists them all)"


def main() -> int | None:
    """Run the command that the first argument names; return its exit code.

    It is 130 after a Ctrl-C that comes while a command still loads: there is nothing
    yet to save.
    """
    name, rest = (sys.argv[1:2] or ["help"])[0].removesuffix(".py"), sys.argv[2:]
    # Flags are not words: --help keeps its dashes.
    name = name if name.startswith("-") else name.replace("-", "_")
    if name in ("help", "--help", "-h"):
        print(listing())
        return 0
    if name not in COMMANDS:
        print(_unknown(name), file=sys.stderr)
        return 2
    sys.argv = [f"moksori {name}", *rest]
    try:
        return _command(name).main()
    except KeyboardInterrupt:
        print(f"moksori {name}: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
