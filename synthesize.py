"""Speak Korean with a trained voice: text in, wav files out.

Lines may be written as usual or decomposed into jamo of any kind. Exit code 1 says
that some lines could not be spoken (see standard error), 2 that none was tried.
"""

import argparse
import os
import sys
from pathlib import Path

import hparams


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
    parser.add_argument("--best", action="store_true", help="not the newest checkpoint")
    hparams.add_arguments(parser)
    return parser.parse_args()


def synthesize(arguments: argparse.Namespace) -> int:
    from training.quiet import load_backend
    from training.runs import Run
    from voices import acoustic
    from voices.reading import lines_of

    # What can be refused in a moment is, before Keras is loaded.
    acoustic.settings_of(Run.open(arguments.voice))
    lines = [arguments.text] if arguments.file is None else lines_of(arguments.file)

    load_backend()
    from tqdm import tqdm

    from evaluation.attention import judge
    from training.callbacks import guarded
    from training.figures import alignment
    from voices.output import Output, speak_lines
    from voices.trained import TrainedVoice

    voice = TrainedVoice.load(arguments.voice, arguments.best)
    voice.adopt(hparams.from_arguments(arguments, voice.settings))

    def draw(speech, path):
        named = {"path": path, "step_seconds": speech.step_seconds}
        guarded("picture", alignment, speech.alignment, speech.symbols, **named)

    folder = arguments.out or arguments.voice / "speech"
    with tqdm(total=len(lines), unit="line", disable=None) as bar:
        manner = {
            name: getattr(arguments, name) for name in ("speaker", "seed", "speed")
        }
        manner["say"] = lambda text: tqdm.write(text, file=sys.stderr)
        manner["progress"] = lambda done, total: bar.update(done - bar.n)
        failed = speak_lines(voice, lines, Output(folder, judge, draw), **manner)
    print(f"{len(lines) - failed} of {len(lines)} lines spoken: {folder}")
    return 1 if failed else 0


def main() -> int:
    arguments = parse()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from training.runs import RunError

    try:
        return synthesize(arguments)
    except (RunError, ValueError, OSError) as error:
        print(f"synthesize.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; what was finished is kept", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
