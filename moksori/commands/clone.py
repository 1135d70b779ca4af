"""Speak with a voice cloned from a recording: recording and text in, wav files out.

XTTS-v2, zero-shot: nothing is trained. Exit code 1 says that some lines could not be
spoken (see standard error), 2 that none was tried.
"""

import argparse
from pathlib import Path

from moksori.storage import output_file, output_folder
from moksori.voices.cli import SpeakParser


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    parser = SpeakParser(description=__doc__.partition("\n")[0])
    voice = parser.add_mutually_exclusive_group(required=True)
    clip = {"type": Path, "nargs": "+", "metavar": "WAV"}
    voice.add_argument("--reference", **clip, help="recordings of the person")
    saved = "a voice that --save-voice wrote, with its consent"
    voice.add_argument("--voice-file", type=Path, metavar="FILE", help=saved)
    agreed = "who agreed, when and for what; required with --reference"
    parser.add_argument("--consent", metavar="TEXT", help=agreed)
    again = "keep the voice, for --voice-file"
    parser.add_argument("--save-voice", type=output_file, metavar="FILE", help=again)
    parser.add_speak_arguments(required=False)
    add, out = parser.add_argument, "folder for wavs, manifest.jsonl and reference.json"
    add("--out", type=output_folder, metavar="DIR", help=out)
    add("--language", default="ko", metavar="CODE", help="of the text (ko)")
    weights = "folder of XTTS-v2 (the cache, or a download)"
    add("--weights", type=Path, metavar="DIR", help=weights)
    return parser


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the flags; exits for those that do not go together."""
    flags = parser()
    arguments = flags.parse_args(argv)
    text = arguments.text is not None or arguments.file is not None
    if not (arguments.out or arguments.stream if text else arguments.save_voice):
        flags.error("text needs --out or --stream; without text, use --save-voice")
    if arguments.voice_file and (arguments.consent or arguments.save_voice):
        flags.error("a --voice-file is saved already, and its consent with it")
    return arguments


def clone(arguments: argparse.Namespace) -> int:
    """Clone or load the voice, save it, speak the lines; returns the exit code."""
    from moksori.metrics.recording import describe
    from moksori.voices import cli
    from moksori.voices.output import Output
    from moksori.voices.speech import check_speed
    from moksori.voices.xtts import cloning

    check_speed(arguments.speed)
    lines = cli.lines_from(arguments)
    model = arguments.language, arguments.weights, cli.print_note
    if arguments.voice_file:
        voice = cloning.load_clone(arguments.voice_file, *model)
    else:
        source = arguments.reference, arguments.consent, describe
        voice = cloning.clone_from_recordings(*source, *model)
    if arguments.save_voice:
        voice.clone.save(arguments.save_voice)
        cli.print_note(f"voice saved: {arguments.save_voice}")
    if not lines:
        return 0
    if stream := arguments.stream:
        voice.clone.save_record(stream)
        return cli.speak_to_stream(arguments, voice, lines)
    voice.clone.save_record(arguments.out / "reference.json")
    output = Output(arguments.out, facts=voice.facts)
    return cli.speak_to_folder(arguments, voice, lines, output)


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    arguments = parse(argv)
    from moksori.training.cli import run_main

    return run_main("clone", lambda: clone(arguments), (ValueError,))
