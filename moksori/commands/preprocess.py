"""Turn recordings and their texts into features for training.

Reads one or several corpora, writes a feature store with a report of what it holds.
Running it again does only what is new or changed; stopped half-way, it continues.
Exit code 1: no utterance was left to train on. 2: a wrong flag, setting or corpus.
"""

import argparse
import sys

import hparams
from datasets.readers.flags import add_arguments, read_corpora
from moksori.storage import explain, feature_folder, nests


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    arguments = parser().parse_args(argv)
    try:
        if arguments.linear:
            arguments.overrides.append("audio.linear=true")
        settings = hparams.from_arguments(arguments)
        report = _preprocess(arguments, settings)
    except (ValueError, OSError) as error:
        print(f"preprocess: {explain(error, arguments.out)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command continues here", file=sys.stderr)
        return 130
    for line in report.lines():
        print(line)
    print(f"report: {arguments.out / 'report.html'}")
    if report.utterances == 0:
        print("preprocess: no utterance is left, see the report", file=sys.stderr)
        return 1
    return 0


def _preprocess(arguments: argparse.Namespace, settings: hparams.Hparams):
    from tqdm import tqdm

    from datasets.store import build as features

    if reason := nests(arguments.out, arguments.corpus):
        raise ValueError(reason)
    found = read_corpora(arguments)
    for corpus in found:
        print(corpus.summary(), *corpus.notes, sep="\n", file=sys.stderr)
    with tqdm(unit=" utterances", dynamic_ncols=True) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        where = (arguments.workers, progress, arguments.scheduler)
        keep = arguments.keep_unreadable
        return features.build(found, arguments.out, settings, *where, keep)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add_arguments(parser)
    out = {"required": True, "type": feature_folder, "metavar": "FEATURES"}
    parser.add_argument("--out", **out, help="folder that is written")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=_at_least_one, metavar="N", help="processes (every core)"
    )
    where.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of a Dask cluster that works instead, such as tcp://host:8786",
    )
    parser.add_argument("--linear", action="store_true", help="linear spectrograms too")
    keep = "keep texts with letters that cannot be read, which are then left out"
    parser.add_argument("--keep-unreadable", action="store_true", help=keep)
    hparams.add_arguments(parser)
    return parser


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
