"""Speak Korean with a trained voice: text in, wav files out.

Lines may be written as usual or decomposed into jamo of any kind. Exit code 1 says
that some lines could not be spoken (see standard error), 2 that none was tried.
"""

import argparse
import os
import sys
from pathlib import Path

import hparams

MANNER = ("speaker", "seed", "speed")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--voice", type=Path, required=True, metavar="RUN")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--text", help="one utterance")
    source.add_argument("--file", help="one a line; - is standard input")
    parser.add_argument("--out", type=Path, metavar="DIR", help="RUN/speech if absent")
    parser.add_argument("--speaker", metavar="NAME", help="name or number (the first)")
    parser.add_argument("--speed", type=float, default=1.0, help="2 is twice as fast")
    parser.add_argument("--seed", type=int, default=0, help="another makes other takes")
    parser.add_argument("--vocoder", type=Path, metavar="RUN", help="not Griffin-Lim")
    heard = "one wav that is heard while it is made; - is standard output"
    parser.add_argument("--stream", metavar="WAV", help=heard)
    parser.add_argument("--best", action="store_true", help="the one that spoke best")
    hparams.add_arguments(parser)
    return parser.parse_args()


def synthesize(arguments: argparse.Namespace) -> int:
    from moksori.training.quiet import load_backend
    from moksori.training.runs import Run
    from moksori.voices import acoustic, vocoder
    from moksori.voices.reading import lines_of

    # What can be refused in a moment is, before Keras is loaded.
    settings = acoustic.settings_of(Run.open(arguments.voice))
    wanted = hparams.from_arguments(arguments, settings)
    if arguments.vocoder:
        vocoder.check(arguments.vocoder, settings.audio)
    lines = [arguments.text] if arguments.file is None else lines_of(arguments.file)

    load_backend()
    from moksori.voices.output import sound_bar
    from moksori.voices.trained import TrainedVoice

    voice = TrainedVoice.load(arguments.voice, arguments.best)
    voice.adopt(wanted)
    with sound_bar() as progress:
        if run := arguments.vocoder:
            voice.vocoder = vocoder.WaveNetVocoder.load(run, progress=progress)
        return (aloud if arguments.stream else into_files)(arguments, voice, lines)


def into_files(arguments: argparse.Namespace, voice, lines: list[str]) -> int:
    from moksori.backend.hardware import device_name
    from moksori.metrics.attention import judge
    from moksori.voices.output import Output, line_bar, speak_lines

    folder = arguments.out or arguments.voice / "speech"
    manner = {name: getattr(arguments, name) for name in MANNER}
    with line_bar(len(lines)) as bar:
        output = Output(folder, judge, facts={"device": device_name()})
        failed = speak_lines(voice, lines, output, **manner, **bar)
    print(f"{len(lines) - failed} of {len(lines)} lines spoken: {folder}")
    return 1 if failed else 0


def aloud(arguments: argparse.Namespace, voice, lines: list[str]) -> int:
    from moksori.audio.streams import wav_stream
    from moksori.voices.output import speak_aloud

    manner = {name: getattr(arguments, name) for name in MANNER}
    manner["say"] = lambda text: print(text, file=sys.stderr)
    with wav_stream(arguments.stream, voice.settings.audio.sample_rate) as write:
        return 1 if speak_aloud(voice, lines, write, **manner) else 0


def main() -> int:
    arguments = parse()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from moksori.training.program import ended

    return ended("synthesize.py", lambda: synthesize(arguments), (ValueError,))
