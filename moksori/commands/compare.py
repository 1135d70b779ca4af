"""Hear a trained voice, a zero-shot clone and the recordings side by side: one page.

Every system speaks the same sentences in a process of its own, which is measured; the
page, compare.html, holds sounds, pictures and figures, and asks nothing of the network.
"""

import argparse
import os
from pathlib import Path

from moksori.storage import output_folder

MANNER = ("voice", "vocoder", "language", "weights", "seed", "best")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--voice", type=Path, required=True, metavar="RUN")
    parser.add_argument("--vocoder", type=Path, metavar="RUN", help="not Griffin-Lim")
    clip = "recordings of the person, for the clone and for speaker similarity"
    parser.add_argument("--reference", type=Path, nargs="+", metavar="WAV", help=clip)
    said = "features of the sentences as the person speaks them (preprocess.py)"
    parser.add_argument("--recordings", type=Path, metavar="FEATURES", help=said)
    lines = "one a line; those of the recordings if absent"
    parser.add_argument("--sentences", metavar="FILE", help=lines)
    parser.add_argument("--count", type=int, default=32, help="at most so many (32)")
    parser.add_argument("--out", type=output_folder, required=True, metavar="DIR")
    agreed = "who agreed to be cloned, when, and for what"
    parser.add_argument("--consent", metavar="TEXT", help=agreed)
    others = "recordings of other people, to hold similarity against"
    parser.add_argument("--others", type=Path, nargs="+", metavar="WAV", help=others)
    parser.add_argument("--weights", type=Path, metavar="DIR", help="those of XTTS")
    parser.add_argument("--language", default="ko", help="of the sentences (ko)")
    parser.add_argument("--speaker", metavar="NAME", help="name or number (the first)")
    parser.add_argument("--seed", type=int, default=0, help="another makes other takes")
    parser.add_argument("--best", action="store_true", help="the one that spoke best")
    return parser


def compare(arguments: argparse.Namespace) -> None:
    from datasets.store.build import FeatureStore
    from moksori.comparison import report
    from moksori.comparison.materials import VOCODER, VOICE, gather
    from moksori.comparison.page import build as page
    from moksori.comparison.progress import bars
    from moksori.comparison.speaking import Asked
    from moksori.training.kinds import TACOTRON
    from moksori.training.record import read_training_record
    from moksori.training.runs import Run
    from moksori.voices import vocoder
    from moksori.voices.reading import lines_of
    from moksori.voices.speech import speaker_number
    from moksori.voices.xtts import consent

    agreed = consent.check(arguments.consent)
    run = Run.open(arguments.voice)
    audio = TACOTRON.settings_of(run).audio
    speakers = run.settings["speakers"]
    speaker = speakers[speaker_number(speakers, arguments.speaker)]
    runs = {VOICE: arguments.voice, VOCODER: arguments.vocoder}
    if arguments.vocoder:
        vocoder.check(arguments.vocoder, audio)
    store = arguments.recordings and FeatureStore.open(arguments.recordings)
    materials = gather(
        arguments.out,
        audio,
        speaker,
        {name: read_training_record(each) for name, each in runs.items() if each},
        store=store,
        sentences=lines_of(arguments.sentences) if arguments.sentences else None,
        references=arguments.reference or (),
        others=arguments.others or (),
        count=arguments.count,
        best=arguments.best,
    )
    asked = Asked(
        references=materials.references,
        consent=agreed,
        speaker=speaker,
        **{name: getattr(arguments, name) for name in MANNER},
    )
    with bars() as progress:
        comparison = report.compare(asked, materials, audio, arguments.out, progress)
    place = page.write(arguments.out, comparison, audio)
    for line in (*report.summary(comparison), f"the page: {place}"):
        print(line)


def main(argv: list[str] | None = None) -> int:
    arguments = parser().parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from moksori.training.cli import run_main

    return run_main("compare.py", lambda: compare(arguments), (ValueError,))
