"""Flags of a command that reads corpora, and the corpora that they name."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the folders of recordings and the flags that say how to read them."""
    corpus = {"nargs": "+", "type": Path, "metavar": "CORPUS"}
    recordings = "folder of recordings and texts; several make one voice of speakers"
    parser.add_argument("corpus", **corpus, help=recordings)
    layout = parser.add_mutually_exclusive_group()
    formats = (
        "kss, ljspeech, zeroth, commonvoice, fleurs, json, aihub, folder or demo "
        "(recognised)"
    )
    layout.add_argument("--format", metavar="NAME", help=formats)
    columns = "what the columns of its table are: id (or path), text, speaker and -"
    layout.add_argument("--columns", metavar="id,text,…", help=columns)
    parser.add_argument(
        "--transcription",
        choices=("spoken", "written", "verbatim"),
        default="spoken",
        help="of (3개)/(세 개): 세 개, 3개, or both as they stand (spoken)",
    )


def read_corpora(arguments: argparse.Namespace) -> list:
    """Read the corpora that the flags name; raises `CorpusError`."""
    # Numpy is loaded here, not by --help.
    from datasets.readers import corpora

    how = (arguments.format, arguments.transcription, arguments.columns)
    return [corpora.read(folder, *how) for folder in arguments.corpus]
