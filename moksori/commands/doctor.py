"""One look before a day of training: what this machine has, and what is missing.

The exit code says the worst: 0 all is well, 1 warnings, 2 errors.
"""

import argparse
import json
import os
import shutil
import signal
import sys
from pathlib import Path

import hparams

BOTH = ("tacotron", "wavenet")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    features = "to train on, written by preprocess.py"
    parser.add_argument("--features", type=Path, metavar="DIR", help=features)
    parser.add_argument("--run", type=Path, help="to begin or continue: logs/me")
    corpus = {"type": Path, "action": "append", "default": [], "metavar": "DIR"}
    parser.add_argument("--corpus", **corpus, help="to preprocess; may be repeated")
    model = "whose training is foretold from a few steps"
    parser.add_argument("--model", choices=("both", *BOTH, "none"), help=model)
    brief = "for the steps of each model, after loading and compiling"
    parser.add_argument("--seconds", type=float, default=20.0, metavar="N", help=brief)
    for name, holds in (("data", "corpora and features"), ("logs", "runs")):
        place = {"type": Path, "default": Path(name), "metavar": "DIR"}
        parser.add_argument(f"--{name}", **place, help=f"where {holds} go")
    parser.add_argument("--json", action="store_true", help="for a program to read")
    hparams.add_arguments(parser)
    return parser


def models(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Those to rehearse: what was asked for; else, once it is said what to train with,
    what the run trains, or both."""
    from moksori.doctor.materials import kind_of

    if model := arguments.model:
        return {"both": BOTH, "none": ()}.get(model, (model,))
    if kind := kind_of(arguments.run):
        return (kind,)
    chosen = arguments.preset or arguments.hparams or arguments.overrides
    return BOTH if chosen or arguments.features or arguments.run else ()


def main(argv: list[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    from moksori.doctor import findings, table
    from moksori.doctor.examination import Examination

    tell = table.teller(sys.stderr)
    # Either way of stopping it ends the programs that it has started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    examination = Examination(
        settings_flags=arguments,
        data=arguments.data,
        logs=arguments.logs,
        features=arguments.features,
        run=arguments.run,
        corpora=tuple(arguments.corpus),
        models=models(arguments),
        seconds=arguments.seconds,
        tell=tell,
    )
    try:
        sections = examination.sections()
    except KeyboardInterrupt:
        return 130
    finally:
        tell("")
    found = [finding for each in sections.values() for finding in each]
    if arguments.json:
        print(json.dumps(findings.report(found), ensure_ascii=False, indent=2))
    else:
        width = min(120, shutil.get_terminal_size((100, 24)).columns)
        colours = table.wants_colours(sys.stdout, os.environ)
        print(table.show(sections, width, colours))
    return int(findings.worst(found))
