"""Run one command of Moksori, or list them all: `python -m moksori [NAME …]`."""

import sys
from importlib import import_module

COMMANDS = {
    "preprocess": "recordings and their texts -> features",
    "train_tacotron": "features -> a voice; continues a run that was stopped",
    "train_wavenet": "features -> a vocoder; continues likewise",
    "align": "features and a voice -> mels to train a vocoder on",
    "synthesize": "text -> wav",
    "clone": "a recording and a text -> wav, untrained",
    "compare": "trained voice, cloned voice and recording side by side",
    "doctor": "what this machine has, and what is missing",
    "demo": "a small voice from nothing",
}


def listing() -> str:
    """Return how commands are called, and one line for each."""
    lines = (f"  {name:15} {about}" for name, about in COMMANDS.items())
    use = "use: moksori NAME [FLAGS]; moksori NAME --help tells more"
    return "\n".join((use, *lines))


def main() -> int | None:
    """Run the command that the first argument names; return its exit code."""
    name, rest = (sys.argv[1:2] or ["help"])[0], sys.argv[2:]
    if name in ("help", "--help", "-h"):
        print(listing())
        return 0
    if name not in COMMANDS:
        from difflib import get_close_matches

        near = [each for each in COMMANDS if each.startswith(name)]
        near = near or get_close_matches(name, COMMANDS, 1)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        print(
            f"moksori: no command {name}{hint} (help lists them all)", file=sys.stderr
        )
        return 2
    sys.argv = [f"moksori {name}", *rest]
    return import_module(f"moksori.commands.{name}").main()


if __name__ == "__main__":
    sys.exit(main())
