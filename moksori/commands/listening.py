"""Share what listening takes: a recogniser, a server, flags, and lines of text."""

import argparse
import json
import sys
from typing import TYPE_CHECKING

from moksori.commands.opening import open_recognizer

if TYPE_CHECKING:
    from moksori.speakers.client import RemoteRecognizer
    from moksori.speakers.stream import Heard


def connect(arguments: argparse.Namespace) -> "RemoteRecognizer":
    """Return the client of --server, and say what is unsafe about it."""
    from moksori.speakers.client import RemoteRecognizer, read_key

    key = arguments.api_key
    if key:
        note("other users of this machine can see --api-key; use --api-key-file")
    if arguments.api_key_file:
        key = read_key(arguments.api_key_file)
    local = arguments.registry, arguments.encoder
    fallback = (lambda: open_recognizer(*local)) if arguments.local_fallback else None
    remote = RemoteRecognizer(arguments.server, key, arguments.timeout, fallback)
    if remote.exposes_key:
        note(f"{arguments.server} gets the key in clear text; use https")
    return remote


def report(heard: "Heard", as_json: bool) -> None:
    """Print a window as JSON, or a line where somebody else is heard."""
    if as_json:
        print(json.dumps(heard.to_json(), ensure_ascii=False), flush=True)
    elif heard.changed:
        minutes, tenths = divmod(round(10 * heard.seconds), 600)
        who = (
            heard.name
            or heard.pseudonym
            or (heard.answer or "nobody").replace("_", " ")
        )
        likely = " (likely)" if heard.answer == "likely" else ""
        score = "" if heard.score is None else f" {heard.score:.2f}"
        print(f"{minutes:3}:{tenths / 10:04.1f} {who}{score}{likely}", flush=True)


def note(text: object) -> None:
    """Print what is no answer."""
    print(f"listen: {text}", file=sys.stderr, flush=True)


def list_devices() -> int:
    """Print the microphones; returns the exit code."""
    from moksori.speakers.microphone import devices

    found = devices()
    print("\n".join(found) or "no device records")
    return 0 if found else 2


def device(text: str) -> int | str:
    """Convert a flag to the number or the name of a device."""
    return int(text) if text.isdecimal() else text


def seconds(text: str) -> float:
    """Convert a flag to a time, above 0 and at most an hour."""
    value = float(text)
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError("is not above 0 and at most 3600 seconds")
    return value


def errors() -> tuple[type[Exception], ...]:
    """Return what ends listening with one line."""
    import sqlite3

    from moksori.speakers.client import ServerError
    from moksori.speakers.microphone import MicrophoneError
    from moksori.speakers.weights import EncoderMissing

    ours = ServerError, MicrophoneError, EncoderMissing
    return OSError, ValueError, sqlite3.Error, *ours
