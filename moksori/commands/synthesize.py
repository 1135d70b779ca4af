"""Speak Korean with a trained voice: text in, wav files out.

Lines may be written as usual or decomposed into jamo of any kind. Exit code 1 says
that some lines could not be spoken (see standard error), 2 that none was tried.
"""

import argparse
import os
from pathlib import Path

import hparams
from moksori.storage import output_folder, refusal
from moksori.voices.cli import SpeakParser


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    parser = SpeakParser(description=__doc__.partition("\n")[0])
    shipped = "run of the voice that speaks (the one that comes with the program)"
    parser.add_argument("--voice", type=Path, metavar="RUN", help=shipped)
    parser.add_speak_arguments(required=True)
    out = "folder for wavs, pictures and manifest.jsonl (RUN/speech, or logs/speech)"
    parser.add_argument("--out", type=output_folder, metavar="DIR", help=out)
    parser.add_argument("--speaker", metavar="NAME", help="name or number (the first)")
    wavenet = {"type": Path, "help": "run of a WaveNet (Griffin-Lim)"}
    parser.add_argument("--vocoder", metavar="RUN", **wavenet)
    parser.add_attempts()
    best = "the best checkpoint, not the newest"
    parser.add_argument("--best", action="store_true", help=best)
    hparams.add_arguments(parser)
    return parser


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the flags; exits where the speech could not be written."""
    flags = parser()
    arguments = flags.parse_args(argv)
    if not (arguments.out or arguments.stream):
        arguments.out = _folder_of(arguments.voice) / "speech"
        if reason := refusal(arguments.out):
            flags.error(reason)
    return arguments


def _folder_of(voice: Path | None) -> Path:
    # Nothing is written beside the weights that come with the program.
    from moksori.training.export import SHIPPED_VOICE

    shipped = voice is None or voice.resolve() == SHIPPED_VOICE
    return Path("logs") if shipped else voice


def synthesize(arguments: argparse.Namespace) -> int:
    """Load the voice, speak the lines; returns the exit code."""
    from moksori.backend.program_cache import keep_programs
    from moksori.backend.setup import load_backend
    from moksori.training.export import SHIPPED_VOICE
    from moksori.training.kinds import TACOTRON
    from moksori.training.runs import Run
    from moksori.voices import vocoder
    from moksori.voices.cli import lines_from, speak_to_folder, speak_to_stream

    # Mistakes that can be found at once are reported before Keras is loaded.
    source = Run.open(arguments.voice or SHIPPED_VOICE)
    settings = TACOTRON.settings_of(source)
    wanted = hparams.from_arguments(arguments, settings)
    if arguments.vocoder:
        vocoder.check(arguments.vocoder, settings.audio)
    lines = lines_from(arguments)

    load_backend(keep_programs)
    from moksori.backend.hardware import device_name
    from moksori.metrics.attention import assess
    from moksori.voices.output import Output, sound_bar
    from moksori.voices.trained import TrainedVoice

    voice = TrainedVoice.load(source.folder, arguments.best, arguments.attempts)
    voice.adopt(wanted)
    with sound_bar() as progress:
        if run := arguments.vocoder:
            voice.vocoder = vocoder.WaveNetVocoder.load(run, progress=progress)
        if arguments.stream:
            return speak_to_stream(arguments, voice, lines)
        agreed = {k: v for k, v in source.settings.items() if k == "consent"}
        output = Output(arguments.out, assess, {"device": device_name(), **agreed})
        return speak_to_folder(arguments, voice, lines, output)


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    arguments = parse(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from moksori.training.cli import run_main

    return run_main("synthesize", lambda: synthesize(arguments), (ValueError,))
