"""Hear a trained voice, a zero-shot clone and the recordings side by side: one page.

Every system speaks the same sentences in a process of its own, which is measured; the
page, compare.html, holds sounds, pictures and figures, and asks nothing of the network.
Exit code 2: nothing was compared.
"""

import argparse
from pathlib import Path

from moksori.storage import output_folder


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    made = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add = made.add_argument
    add("--voice", type=Path, required=True, metavar="RUN", help="a trained voice")
    add("--vocoder", type=Path, metavar="RUN", help="a WaveNet, beside Griffin-Lim")
    clip = "of the person: to clone and to compare with (some of the --recordings)"
    files = {"type": Path, "nargs": "+", "default": (), "metavar": "WAV"}
    add("--reference", dest="references", **files, help=clip)
    said = "features of the sentences as the person speaks them"
    add("--recordings", type=Path, metavar="FEATURES", help=said)
    add("--sentences", metavar="FILE", help="one a line (those of the --recordings)")
    add("--count", type=int, default=32, metavar="N", help="sentences at most (32)")
    made_here = "folder for the page, comparison.json and wavs"
    add("--out", type=output_folder, required=True, metavar="DIR", help=made_here)
    agreed = "who agreed to be cloned, when and for what; required"
    add("--consent", metavar="TEXT", help=agreed)
    others = "of other people (other speakers of the --recordings, or synthetic ones)"
    add("--others", **files, help=others)
    weights = "folder of XTTS-v2 (the cache, or a download)"
    add("--weights", type=Path, metavar="DIR", help=weights)
    add("--language", default="ko", metavar="CODE", help="of the sentences (ko)")
    add("--speaker", metavar="NAME", help="name or number (the first)")
    add("--seed", type=int, default=0, help="another makes other takes (0)")
    add("--best", action="store_true", help="the best checkpoint, not the newest")
    return made


def run(arguments: argparse.Namespace) -> None:
    from datasets.store.features import FeatureStore
    from moksori.comparison.compare import compare, summary
    from moksori.comparison.page.build import write
    from moksori.comparison.progress import bars
    from moksori.comparison.systems import ComparisonRequest, open_voice
    from moksori.comparison.test_set import select
    from moksori.voices import consent
    from moksori.voices.reading import lines_of

    given, out = vars(arguments), arguments.out
    given["consent"] = consent.check(arguments.consent)
    voice = arguments.voice, arguments.vocoder, arguments.speaker
    audio, given["speaker"], trained_on = open_voice(*voice)
    lines, recordings = arguments.sentences, arguments.recordings
    selection = select(
        out,
        audio,
        given["speaker"],
        trained_on,
        store=recordings and FeatureStore.open(recordings),
        sentences=lines_of(lines) if lines else None,
        **{name: given[name] for name in ("references", "others", "count", "best")},
    )
    given["references"] = selection.references
    names = ComparisonRequest.__dataclass_fields__
    request = ComparisonRequest(**{name: given[name] for name in names})
    with bars() as progress:
        comparison = compare(request, selection, audio, out, progress)
    for line in (*summary(comparison), f"the page: {write(out, comparison, audio)}"):
        print(line)


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    arguments = parser().parse_args(argv)
    from moksori.training.cli import run_main

    return run_main("compare", lambda: run(arguments), (ValueError,))
