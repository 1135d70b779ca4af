"""Enrol people by their voices, and say who speaks: `moksori speakers ACTION …`.

enrol NAME/FILE folders, identify and verify recordings, list, rename, forget, plot,
export and import people, change the key or the encoder, serve.
Exit code 0 says that all was done and everybody was named; 3, that somebody was not
named; 2, that something could not be done.
"""

import argparse
import sys
from pathlib import Path

from moksori.commands import (
    calibrating,
    enrolling,
    keeping,
    opening,
    people,
    recognition,
    serving,
)

FILE = {"type": Path, "metavar": "FILE"}
_ACTIONS = {
    "enrol": enrolling.enrol,
    "identify": recognition.identify,
    "verify": recognition.verify,
    "list": people.show,
    "rename": people.rename,
    "forget": people.forget,
    "plot": people.plot,
    "calibrate": calibrating.calibrate,
    "serve": serving.serve,
    "export": keeping.export,
    "import": keeping.take,
    "new-key": keeping.new_key,
    "reembed": keeping.reembed,
    "events": keeping.events,
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.help = ", ".join(_ACTIONS) + "; each has its own --help"

    def action(name: str, text: str) -> argparse.ArgumentParser:
        added = actions.add_parser(name, help=text, description=text)
        where = "who is enrolled (%(default)s)"
        added.add_argument("--registry", **FILE, default=opening.REGISTRY, help=where)
        added.add_argument("--encoder", **FILE, help="an ONNX model instead of CAM++")
        added.add_argument("--json", action="store_true", help="a JSON object a line")
        return added

    enrolling.add_flags(action("enrol", "enrol everybody in a folder of NAME/FILE"))
    identify = action("identify", "say who speaks in recordings")
    identify.add_argument("recordings", nargs="*", type=Path, metavar="PATH")
    test = "one more, as other programs call it"
    identify.add_argument("--test_audio", type=Path, metavar="FILE", help=test)
    verify = action("verify", "say whether somebody speaks in recordings")
    verify.add_argument("who", metavar="NAME", help="a name or an id")
    verify.add_argument("recordings", nargs="+", type=Path, metavar="FILE")
    for each in (identify, verify):
        above = "lowest cosine that names somebody (measured: by length and band)"
        cosine = {"type": opening.cosine, "metavar": "COSINE"}
        each.add_argument("--threshold", **cosine, help=above)
    action("list", "list who is enrolled")
    rename = action("rename", "give somebody another name")
    rename.add_argument("who", metavar="NAME", help="a name or an id")
    rename.add_argument("name", metavar="NEW", help="the new name")
    forget = action("forget", "delete somebody, vectors and all")
    forget.add_argument("who", nargs="+", metavar="NAME", help="names or ids")
    only = "only what is kept of this recording of theirs"
    forget.add_argument("--clip", **FILE, help=only)
    plot = action("plot", "draw who sounds like whom")
    plot.add_argument("--out", type=Path, default=Path("embedding.png"), metavar="FILE")
    own = "measure thresholds on recordings of your own, NAME/FILE"
    calibrating.add_flags(action("calibrate", own))
    serving.add_flags(action("serve", "answer over HTTP"))
    keeping.add_actions(action)
    return parser


def main(argv: list[str] | None = None) -> int:
    flags = parser()
    arguments = flags.parse_args(argv)
    try:
        return _ACTIONS[arguments.action](arguments)
    except KeyboardInterrupt:
        print("speakers: stopped; who was enrolled stays so", file=sys.stderr)
        return 130
    except people.errors() as error:
        print(f"speakers: {error}", file=sys.stderr)
        return 2
