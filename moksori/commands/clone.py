"""Speak with a voice that was heard once: a recording and text in, wav files out.

XTTS-v2, zero-shot: nothing is trained. Exit code 1 says that some lines could not be
spoken (see standard error), 2 that none was tried.
"""

import argparse
import sys
from pathlib import Path


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    voice = parser.add_mutually_exclusive_group(required=True)
    voice.add_argument("--reference", type=Path, nargs="+", metavar="WAV")
    voice.add_argument("--voice-file", type=Path, metavar="FILE", help="one saved")
    parser.add_argument("--consent", metavar="TEXT", help="who agreed, when, for what")
    parser.add_argument("--save-voice", type=Path, metavar="FILE", help="to use again")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--text", help="one utterance")
    source.add_argument("--file", help="one a line; - is standard input")
    parser.add_argument("--out", type=Path, metavar="DIR")
    heard = "one wav that is heard while it is made; - is standard output"
    parser.add_argument("--stream", metavar="WAV", help=heard)
    parser.add_argument("--language", default="ko", help="of the text (ko)")
    weights = "of XTTS-v2; if absent one that is cached, else a download"
    parser.add_argument("--weights", type=Path, metavar="DIR", help=weights)
    parser.add_argument("--seed", type=int, default=0, help="another makes other takes")
    parser.add_argument("--speed", type=float, default=1.0, help="2 is twice as fast")
    arguments = parser.parse_args()
    spoken = arguments.text is not None or arguments.file is not None
    if not (arguments.out or arguments.stream if spoken else arguments.save_voice):
        parser.error("text needs --out or --stream; without text, use --save-voice")
    if arguments.voice_file and (arguments.consent or arguments.save_voice):
        parser.error("a --voice-file is saved already, and its consent with it")
    return arguments


def clone(arguments: argparse.Namespace) -> int:
    from moksori.metrics.recording import describe
    from moksori.voices.reading import lines_of
    from moksori.voices.speech import check_speed
    from moksori.voices.xtts import cloning

    check_speed(arguments.speed)
    lines = [] if arguments.text is None else [arguments.text]
    lines = lines if arguments.file is None else lines_of(arguments.file)
    asked = arguments.language, arguments.weights, tell
    if arguments.voice_file:
        voice = cloning.recall(arguments.voice_file, *asked)
    else:
        recordings, agreed = arguments.reference, arguments.consent
        voice = cloning.hear(recordings, agreed, describe, *asked)
    if arguments.save_voice:
        voice.clone.save(arguments.save_voice)
        tell(f"voice saved: {arguments.save_voice}")
    speak = aloud if arguments.stream else into_files
    return speak(arguments, voice, lines) if lines else 0


def into_files(arguments: argparse.Namespace, voice, lines: list[str]) -> int:
    from moksori.voices.output import Output, line_bar, speak_lines

    voice.clone.save_record(arguments.out / "reference.json")
    output = Output(arguments.out, facts=voice.facts)
    manner = {"seed": arguments.seed, "speed": arguments.speed}
    with line_bar(len(lines)) as bar:
        failed = speak_lines(voice, lines, output, **manner, **bar)
    print(f"{len(lines) - failed} of {len(lines)} lines spoken: {arguments.out}")
    return 1 if failed else 0


def aloud(arguments: argparse.Namespace, voice, lines: list[str]) -> int:
    from moksori.audio.streams import wav_stream
    from moksori.voices.output import speak_aloud

    voice.clone.save_record(arguments.stream)
    manner = {"seed": arguments.seed, "speed": arguments.speed, "say": tell}
    with wav_stream(arguments.stream, voice.settings.audio.sample_rate) as write:
        return 1 if speak_aloud(voice, lines, write, **manner) else 0


def tell(text: str) -> None:
    print(text, file=sys.stderr)


def main() -> int:
    arguments = parse()
    from moksori.training.program import ended

    return ended("clone.py", lambda: clone(arguments), (ValueError,))
