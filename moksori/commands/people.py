"""List, rename, forget and draw who is enrolled."""

import argparse
import hashlib
import json
import sqlite3
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from moksori.commands.opening import open_recognizer

if TYPE_CHECKING:
    from moksori.speakers.recognizer import Recognizer
    from moksori.speakers.registry import Registry, Speaker


def show(arguments: argparse.Namespace) -> int:
    """List who is enrolled."""
    recognizer = open_recognizer(arguments.registry, arguments.encoder)
    for speaker in recognizer.registry.speakers():
        if arguments.json:
            print(json.dumps(asdict(speaker), ensure_ascii=False))
            continue
        until = f", until {speaker.expires[:10]}" if speaker.expires else ""
        print(f"{speaker.name}  {speaker.clips} clips, {speaker.seconds:.0f} s{until}")
        print(f"    {speaker.id}  {speaker.consent.by}: {speaker.consent.purpose}")
    return 0


def rename(arguments: argparse.Namespace) -> int:
    """Give somebody another name."""
    recognizer = open_recognizer(arguments.registry, arguments.encoder)
    who = one(recognizer.registry, arguments.who)
    renamed = recognizer.registry.rename(who.id, arguments.name)
    print(f"{who.name} is {renamed.name} now")
    return 0


def forget(arguments: argparse.Namespace) -> int:
    """Delete people."""
    recognizer = open_recognizer(arguments.registry, arguments.encoder)
    people = [one(recognizer.registry, who) for who in arguments.who]
    if arguments.clip:
        with open(arguments.clip, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        for speaker in people:
            left = recognizer.registry.remove_clip(speaker.id, digest)
            print(f"{speaker.name}: {left.clips} clips left")
        return 0
    for speaker in people:
        recognizer.registry.forget(speaker.id)
        print(f"{speaker.name}: forgotten")
    return 0


def plot(arguments: argparse.Namespace) -> int:
    """Draw everybody."""
    draw(open_recognizer(arguments.registry, arguments.encoder), arguments.out)
    return 0


def errors() -> tuple[type[Exception], ...]:
    """Return what ends an action with one line."""
    from moksori.speakers.registry import UnknownSpeaker
    from moksori.speakers.weights import EncoderMissing

    return OSError, ValueError, EncoderMissing, UnknownSpeaker, sqlite3.Error


def one(registry: "Registry", who: str) -> "Speaker":
    """Return the only speaker of a name, or the one of an id."""
    found = registry.find(who)
    if len(found) == 1:
        return found[0]
    if not found:
        raise ValueError(f"nobody is enrolled as {who}")
    ids = ", ".join(each.id for each in found)
    raise ValueError(f"several people are called {who}; name an id: {ids}")


def draw(recognizer: "Recognizer", path: Path) -> None:
    """Draw everybody into a file, and say where."""
    from moksori.speakers.bandwidth import Band
    from moksori.speakers.picture import plot as picture

    wide = bool(recognizer.registry.templates(Band.WIDE).ids)
    picture(recognizer.registry, path, Band.WIDE if wide else Band.TELEPHONE)
    note(f"picture: {path}")


def note(text: object) -> None:
    """Print what is no answer."""
    print(text, file=sys.stderr, flush=True)
