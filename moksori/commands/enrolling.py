"""Enrol people from a folder."""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from moksori.commands.opening import days, open_recognizer
from moksori.commands.people import draw, note


def add_flags(flags: argparse.ArgumentParser) -> None:
    """Add the flags of enrolment."""
    flags.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="NAME/FILE")
    again = "the same, as other programs call it"
    flags.add_argument("--register_dir", type=Path, metavar="DIR", help=again)
    who = "who agreed to be recognised: 'themselves', a name"
    flags.add_argument("--consent-by", metavar="WHO", help=who)
    why = "what they agreed to, for instance 'names in our minutes'"
    flags.add_argument("--purpose", metavar="TEXT", help=why)
    after = "forget them after so many days"
    flags.add_argument("--days", type=days, metavar="N", help=after)
    fit = "enrol without recordings that do not fit, instead of not at all"
    flags.add_argument("--leave-out", action="store_true", help=fit)
    picture = "the picture of everybody (embedding.png beside the registry)"
    flags.add_argument("--plot", type=Path, metavar="FILE", help=picture)


def enrol(arguments: argparse.Namespace) -> int:
    """Enrol everybody in a folder; what is refused is said, and the others go on."""
    from moksori.speakers import enrolment
    from moksori.speakers.registry import Consent

    folder = arguments.folder or arguments.register_dir
    if folder is None:
        raise ValueError("name a folder of NAME/FILE")
    people = enrolment.recordings(folder)
    by, purpose = _consent(arguments, people)
    later = arguments.days
    expires = later and datetime.now(UTC) + timedelta(days=later)
    recognizer = open_recognizer(arguments.registry, arguments.encoder, create=True)
    refused = 0
    for name, paths in people.items():
        note(f"{name}: {len(paths)} recordings")
        try:
            done = enrolment.enrol(
                *(recognizer, name, paths, Consent(by, purpose), expires),
                leave_out=arguments.leave_out,
            )
        except ValueError as error:
            refused += 1
            note(error)
            continue
        _say_enrolled(name, done, arguments.json)
    if recognizer.registry.speakers():
        draw(
            recognizer, arguments.plot or arguments.registry.with_name("embedding.png")
        )
    return 2 if refused else 0


def _consent(arguments: argparse.Namespace, people) -> tuple[str, str]:
    """Return who agreed and to what, from flags or, at a terminal, from answers."""
    by, purpose = arguments.consent_by, arguments.purpose
    if sys.stdin.isatty():
        names = ", ".join(people)
        by = by or input(f"Who agreed to the recognition of {names}? ")
        purpose = purpose or input("For what? ")
    if not by or not purpose:
        raise ValueError(
            "a voice is enrolled with a consent: --consent-by WHO --purpose TEXT"
        )
    return by, purpose


def _say_enrolled(name: str, done, as_json: bool) -> None:
    if done is None:
        note(f"{name}: enrolled already")
        return
    for path, reason in done.left_out.items():
        note(f"{name}: left out {path}: {reason}")
    for warning in done.warnings:
        note(f"{name}: {warning}")
    if as_json:
        print(json.dumps(asdict(done.speaker), ensure_ascii=False))
    else:
        print(f"{name}: {done.added} clips, {done.speaker.seconds:.0f} s of speech")
