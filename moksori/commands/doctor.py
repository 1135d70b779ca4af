"""One look before a day of training: what this machine has, and what is missing.

The exit code says the worst: 0 all is well, 1 warnings, 2 errors.
"""

import argparse
import json
import signal
import sys
from pathlib import Path

import hparams

BOTH = ("tacotron", "wavenet")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    features = "features to train on"
    parser.add_argument("--features", type=Path, metavar="DIR", help=features)
    run = "run to begin or continue"
    parser.add_argument("--run", type=Path, metavar="RUN", help=run)
    corpus = {"type": Path, "action": "append", "default": [], "metavar": "DIR"}
    parser.add_argument("--corpus", **corpus, help="to preprocess; repeatable")
    model = "whose training is forecast from a few steps (what the other flags name)"
    parser.add_argument("--model", choices=("both", *BOTH, "none"), help=model)
    brief = "for the steps of each model, after loading and compiling (20)"
    parser.add_argument("--seconds", type=float, default=20.0, metavar="N", help=brief)
    for name, holds in (("data", "corpora and features"), ("logs", "runs")):
        place = {"type": Path, "default": Path(name), "metavar": "DIR"}
        parser.add_argument(f"--{name}", **place, help=f"where {holds} go ({name})")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    hparams.add_arguments(parser)
    return parser


def models(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return the models to forecast: those asked for; else, once it is said what to
    train with, the model of the run, or both."""
    from moksori.doctor.training_inputs import run_kind

    if model := arguments.model:
        return {"both": BOTH, "none": ()}.get(model, (model,))
    if kind := run_kind(arguments.run):
        return (kind,)
    chosen = arguments.preset or arguments.hparams or arguments.overrides
    return BOTH if chosen or arguments.features or arguments.run else ()


def report_progress(text: str) -> None:
    print(f"{text} …", file=sys.stderr, flush=True)


def main(argv: list[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    try:
        from rich.console import Console

        from moksori.doctor import findings, table
        from moksori.doctor.doctor import check_all
    except ModuleNotFoundError as missing:
        text = "is not installed: run make venv, or build the image again"
        print(f"doctor: {missing.name} {text}", file=sys.stderr)
        return 2
    # Either way of stopping it ends the programs that it has started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sections = check_all(arguments, models(arguments), report_progress)
    except KeyboardInterrupt:
        return 130
    found = [finding for each in sections.values() for finding in each]
    if arguments.json:
        print(json.dumps(findings.report(found), ensure_ascii=False, indent=2))
    else:
        table.show(sections, Console())
    return int(findings.worst(found))
