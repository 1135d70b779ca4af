"""Say who speaks in recordings."""

import argparse
import json

from moksori.commands.opening import open_recognizer
from moksori.commands.people import note, one


def identify(arguments: argparse.Namespace) -> int:
    """Say who speaks in each recording."""
    given = [*arguments.recordings, *filter(None, [arguments.test_audio])]
    if not given:
        raise ValueError("name a recording")
    recognizer = open_recognizer(arguments.registry, arguments.encoder)

    def decide(wave, rate):
        return recognizer.identify(wave, rate, arguments.threshold)

    return _decide(given, decide, arguments.json)


def verify(arguments: argparse.Namespace) -> int:
    """Say whether a person speaks in each recording."""
    recognizer = open_recognizer(arguments.registry, arguments.encoder)
    who = one(recognizer.registry, arguments.who).id

    def decide(wave, rate):
        return recognizer.verify(who, wave, rate, arguments.threshold)

    return _decide(arguments.recordings, decide, arguments.json)


def _decide(paths, decide, as_json: bool) -> int:
    from moksori.audio.files import SUFFIXES, decode
    from moksori.speakers.decision import NAMED

    files = []
    for path in paths:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        files += [p for p in inside if p == path or p.suffix.lower() in SUFFIXES]
    worst = 0
    for path in files:
        try:
            decision = decide(*decode(path, at_most_seconds=600))
        except ValueError as error:
            note(error)
            worst = 2
            continue
        named = decision.answer in NAMED
        worst = worst or (0 if named else 3)
        if as_json:
            row = {"file": str(path), **decision.to_json()}
            print(json.dumps(row, ensure_ascii=False))
        else:
            print(f"{path}: {_text(decision)}")
    return worst


def _text(decision) -> str:
    if decision.score is None:
        return f"{decision.answer} ({decision.speech_seconds:.1f} s of speech)"
    best = decision.candidates[0]
    who = decision.name or f"{decision.answer}, nearest {best.name}"
    if decision.answer == "likely":
        who = f"likely {who}"
    sure = decision.probability
    sure = "" if sure is None else f", {100 * sure:.0f} % sure of {best.name}"
    return (
        f"{who} ({decision.margin:.2f}, least {decision.threshold:.2f}{sure}, "
        f"{decision.speech_seconds:.1f} s of speech)"
    )
