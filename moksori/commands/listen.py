"""Listen to a microphone, or to a recording, and say who speaks.

A line is printed whenever somebody else is heard, until Ctrl-C or the end of --wav.
With --server, --duration seconds are recorded and a server is asked once. Exit code 2
says that there was no sound or no answer; 3, that nobody was named.
"""

import argparse
import json
from pathlib import Path

from moksori.commands import listening, opening


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add, file = parser.add_argument, {"type": Path, "metavar": "FILE"}
    add("--wav", **file, help="a recording or video instead of a microphone")
    number = "microphone: its number, or a part of its name"
    add("--device", type=listening.device, metavar="NAME", help=number)
    add("--list-devices", action="store_true", help="list the microphones, and end")
    seconds = {"type": listening.seconds, "metavar": "SECONDS"}
    add("--duration", **seconds, help="end after so much sound (5 with --server)")
    add("--registry", **file, default=opening.REGISTRY, help="who is enrolled")
    add("--encoder", **file, help="an ONNX model instead of CAM++")
    above = "lowest score that names somebody (by encoder and length)"
    add("--threshold", type=opening.cosine, metavar="COSINE", help=above)
    add("--json", action="store_true", help="a JSON object a line, one for each window")
    add("--server", metavar="URL", help="ask a server that `speakers serve` started")
    add("--api-key-file", **file, help="whose first line is the key of the server")
    add("--api-key", metavar="KEY", help="the key itself; other users can see it in ps")
    add("--timeout", **seconds, default=10.0, help="for the server's answer (10)")
    local = "answer from --registry while the server does not"
    add("--local-fallback", action="store_true", help=local)
    opening.add_following(parser)
    return parser


def follow(arguments: argparse.Namespace) -> int:
    """Print who is heard, as it changes; returns the exit code."""
    from moksori.speakers.sources import opened
    from moksori.speakers.stream import Listener

    recognizer = listening.open_recognizer(arguments.registry, arguments.encoder)
    recognizer = opening.following(recognizer, arguments)
    listener = Listener(recognizer, threshold=arguments.threshold)
    source = arguments.wav, arguments.device, arguments.duration
    with opened(*source, listening.note) as sound:
        try:
            for block in sound:
                for heard in listener.feed(block, sound.sample_rate):
                    listening.report(heard, arguments.json)
        except KeyboardInterrupt:
            listening.note("stopped")
        for heard in listener.finish():
            listening.report(heard, arguments.json)
    return 0


def ask(arguments: argparse.Namespace) -> int:
    """Record, ask the server once and print its answer; returns the exit code."""
    import numpy as np

    from moksori.speakers.sources import opened

    remote = listening.connect(arguments)
    source = arguments.wav, arguments.device, arguments.duration or 5.0
    with opened(*source, listening.note) as sound:
        wave = np.concatenate([np.zeros(0, np.float32), *sound])
    answer = remote.identify(wave, sound.sample_rate, arguments.threshold)
    if "fallback" in answer:
        listening.note(answer["fallback"])
    if arguments.json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        who, score = answer.get("name") or answer["decision"], answer.get("score")
        certain = "" if score is None else f" {score:.2f}"
        print(f"{who}{certain} (by {answer['by']})")
    return 0 if answer["decision"] in ("known", "likely") else 3


def main(argv: list[str] | None = None) -> int:
    flags = parser()
    arguments = flags.parse_args(argv)
    if not arguments.server and (arguments.local_fallback or arguments.api_key_file):
        flags.error("--local-fallback and --api-key-file go with --server URL")
    try:
        if arguments.list_devices:
            return listening.list_devices()
        return ask(arguments) if arguments.server else follow(arguments)
    except listening.errors() as error:
        listening.note(error)
        return 2
