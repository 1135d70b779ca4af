"""Show what will be spoken, stage by stage: `python -m hangul "12,345원"`.

A line each: the text, normalised, pronounced, its jamo and their ids.
"""

import argparse
import sys

from . import decompose, encode, normalize_verbose, pronounce


def show(text: str, lone_jamo: bool = True) -> str:
    """Return all stages of one text, one line each."""
    spoken = normalize_verbose(text, lone_jamo)
    lines = [
        f"text        {text}",
        f"normalised  {spoken.text}",
        f"pronounced  {pronounce(spoken.text)}",
        f"jamo        {' '.join(decompose(spoken.text))}",
        f"ids         {' '.join(map(str, encode(spoken.text)))}",
    ]
    if spoken.rules:
        lines.append(f"rules       {', '.join(spoken.rules)}")
    if spoken.dropped:
        lines.append(f"dropped     {' '.join(map(repr, spoken.dropped))}")
    return "\n".join(lines)


def main() -> None:
    """Read arguments or standard input and print the stages of each text."""
    parser = argparse.ArgumentParser(prog="python -m hangul", description=__doc__)
    parser.add_argument("text", nargs="*", help="Korean text; none: standard input")
    parser.add_argument(
        "--drop-jamo", action="store_true", help="drop lone jamo such as ㅋㅋㅋ"
    )
    arguments = parser.parse_args()
    texts = arguments.text or (line.rstrip("\n") for line in sys.stdin)
    print("\n\n".join(show(text, not arguments.drop_jamo) for text in texts))


if __name__ == "__main__":
    main()
