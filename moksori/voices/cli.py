"""Share what the commands that speak have in common: flags, lines, output."""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Sequence

from moksori.storage import output_stream
from moksori.voices.attempts import ATTEMPTS, parse_attempts

SPEAK_OPTIONS = ("speaker", "seed", "speed")
_FLAG = re.compile(r"-h|--([a-z][a-z-]*(=.*)?)?", re.DOTALL)


class SpeakParser(argparse.ArgumentParser):
    """Parse the flags of a command that speaks; the value of --text may begin with -.

    A value is taken for a flag only if it looks like one: `--` and letters a to z.
    """

    def add_speak_arguments(self, required: bool) -> None:
        """Add the flags of the text, of the stream and of a take."""
        source = self.add_mutually_exclusive_group(required=required)
        source.add_argument("--text", help="one utterance")
        source.add_argument("--file", help="one utterance a line; - is standard input")
        stream = "one wav that is heard while it is made; - is standard output"
        self.add_argument("--stream", type=output_stream, metavar="WAV", help=stream)
        takes = "another makes other takes (0)"
        self.add_argument("--seed", type=int, default=0, help=takes)
        twice = "2 is twice as fast (1)"
        self.add_argument("--speed", type=float, default=1.0, help=twice)

    def add_attempts(self) -> None:
        """Add the flag of a voice that can speak a line again."""
        times = f"times a line is spoken until it does not fail, at most ({ATTEMPTS})"
        number = {"type": parse_attempts, "default": ATTEMPTS, "metavar": "N"}
        self.add_argument("--attempts", **number, help=times)

    def parse_known_args(self, args=None, namespace=None):
        """Parse as argparse does, once --text and its value are one word."""
        words = []
        for word in sys.argv[1:] if args is None else args:
            if words and words[-1] == "--text" and not _FLAG.fullmatch(word):
                words[-1] += f"={word}"
            else:
                words.append(word)
        return super().parse_known_args(words, namespace)


def lines_from(arguments: argparse.Namespace) -> list[str] | Iterator[str | None]:
    """Return the lines of --text or --file; none without either.

    Standard input with --stream is read line by line, as they come. Raises `TextError`
    for a file that cannot be read.
    """
    from moksori.voices.reading import lines_as_they_come, lines_of

    if arguments.file == "-" and arguments.stream:
        return lines_as_they_come()
    if arguments.file is not None:
        return lines_of(arguments.file)
    return [] if arguments.text is None else [arguments.text]


def speak_to_folder(arguments, voice, lines: Sequence[str], output) -> int:
    """Speak lines into the folder of an `Output`; returns the exit code."""
    from moksori.voices.output import line_bar, speak_lines

    with line_bar(len(lines)) as bar:
        failed = speak_lines(voice, lines, output, **_options(arguments), **bar)
    print(f"{len(lines) - failed} of {len(lines)} lines spoken: {output.folder}")
    return 1 if failed else 0


def speak_to_stream(arguments, voice, lines: Iterable[str | None]) -> int:
    """Speak lines into the wav of --stream; returns the exit code."""
    from moksori.audio.streams import wav_stream
    from moksori.voices.output import speak_aloud

    with wav_stream(arguments.stream, voice.settings.audio.sample_rate) as write:
        options = _options(arguments)
        failed = speak_aloud(voice, lines, write, **options, say=print_note)
    return 1 if failed else 0


def print_note(text: str) -> None:
    """Print a line on standard error."""
    print(text, file=sys.stderr)


def _options(arguments: argparse.Namespace) -> dict:
    given = vars(arguments)
    return {name: given[name] for name in SPEAK_OPTIONS if name in given}
