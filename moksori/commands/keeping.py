"""Keep a registry: carry people to another one, change its key or its encoder."""

import argparse
import json
from pathlib import Path

from moksori.commands.opening import open_parts, open_recognizer
from moksori.commands.people import note, one


def add_actions(action) -> None:
    """Add the actions, by a function of name and help that returns a parser."""
    export = action("export", "write people into a file for another registry")
    export.add_argument("file", type=Path, metavar="FILE", help="a new JSON file")
    whom = "names or ids (everybody)"
    export.add_argument("who", nargs="*", metavar="NAME", help=whom)
    given = action("import", "enrol the people that export wrote into a file")
    given.add_argument("file", type=Path, metavar="FILE", help="what export wrote")
    action("new-key", "turn all vectors by a new secret; old copies match nobody")
    again = "make all vectors anew by another --encoder, from the recordings"
    reembed = action("reembed", again)
    reembed.add_argument("folder", type=Path, metavar="DIR", help="the recordings")
    less = "delete what is enrolled from recordings that are not there any more"
    reembed.add_argument("--leave-out", action="store_true", help=less)
    action("events", "list what was done with whom in the last 90 days")


def export(arguments: argparse.Namespace) -> int:
    """Write people into a file."""
    from moksori.speakers.exchange import export_people

    registry = open_recognizer(arguments.registry, arguments.encoder).registry
    people = [one(registry, who) for who in arguments.who] or registry.speakers()
    export_people(registry, arguments.file, people)
    print(f"{arguments.file}: {len(people)} people; who has it can recognise them")
    return 0


def take(arguments: argparse.Namespace) -> int:
    """Enrol people from a file."""
    from moksori.speakers.exchange import import_people

    opened = open_recognizer(arguments.registry, arguments.encoder, create=True)
    for speaker in import_people(opened.registry, arguments.file):
        print(f"{speaker.name}: {speaker.clips} clips, {speaker.seconds:.0f} s")
    return 0


def new_key(arguments: argparse.Namespace) -> int:
    """Change the key."""
    open_recognizer(arguments.registry, arguments.encoder).registry.change_key()
    print(f"{arguments.registry} has a new key; vectors copied before match nobody")
    return 0


def reembed(arguments: argparse.Namespace) -> int:
    """Make all vectors anew."""
    from moksori.speakers import reembedding
    from moksori.speakers.registry import Registry

    if not arguments.registry.is_file():
        raise FileNotFoundError(f"no registry {arguments.registry}")
    encoder, detector, calibration = open_parts(arguments.registry, arguments.encoder)
    wanted = arguments.registry, encoder.id, encoder.dimension
    with Registry.open(*wanted, reembed=True) as registry:
        parts = arguments.folder, encoder, detector, arguments.leave_out
        reembedding.reembed(registry, *parts, progress=note)
        print(f"{len(registry)} people as {encoder.id} hears them")
    if not calibration.knows(encoder.id):
        note(f"{encoder.id} has no thresholds: moksori speakers calibrate")
    return 0


def events(arguments: argparse.Namespace) -> int:
    """List events, the newest first."""
    registry = open_recognizer(arguments.registry, arguments.encoder).registry
    names = {each.id: each.name for each in registry.speakers()}
    for event in registry.events.list():
        if arguments.json:
            print(json.dumps(event, ensure_ascii=False))
        else:
            who = names.get(event["speaker"], "")
            print(f"{event['at']}  {event['action']}  {who}".rstrip())
    return 0
