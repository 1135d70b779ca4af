"""Open what recognises speakers."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moksori.speakers.calibration import Calibration
    from moksori.speakers.encoder import SpeakerEncoder
    from moksori.speakers.recognizer import Recognizer
    from moksori.speakers.speech import SpeechDetector

# Beside a registry: the pseudonyms of who is followed.
STRANGERS = "strangers.db"
REGISTRY = Path("data/speakers/registry.db")
# Beside a registry: thresholds that were measured for it.
CALIBRATION = "calibration.json"


def open_parts(
    registry: Path, encoder: Path | None
) -> "tuple[SpeakerEncoder, SpeechDetector, Calibration]":
    """Load an encoder, the detector and the thresholds beside a registry, if any."""
    from moksori.speakers.calibration import Calibration
    from moksori.speakers.encoder import SpeakerEncoder
    from moksori.speakers.speech import SpeechDetector

    own = registry.with_name(CALIBRATION)
    calibration = Calibration.load(own if own.is_file() else None)
    return SpeakerEncoder(encoder), SpeechDetector(), calibration


def open_recognizer(registry: Path, encoder: Path | None, create=False) -> "Recognizer":
    """Open the registry, and load what identifies the people in it."""
    if not create and not registry.is_file():
        raise FileNotFoundError(f"no registry {registry}: enrol somebody first")
    from moksori.speakers.recognizer import Recognizer
    from moksori.speakers.registry import Registry

    network, detector, calibration = open_parts(registry, encoder)
    people = Registry.open(registry, network.id, network.dimension)
    return Recognizer(network, people, calibration, detector)


def cosine(text: str) -> float:
    """Convert a flag to a cosine; what is no number would name everybody."""
    value = float(text)
    if not -1 <= value <= 1:
        raise argparse.ArgumentTypeError("is not from -1 to 1")
    return value


def days(text: str) -> int:
    """Convert a flag to a time in days, ten years at most."""
    value = int(text)
    if not 1 <= value <= 3650:
        raise argparse.ArgumentTypeError("is not from 1 to 3650 days")
    return value


def add_following(parser: argparse.ArgumentParser) -> None:
    """Add the flags by which strangers are followed."""
    off = "give strangers a pseudonym for so many days (off: they are just unknown)"
    parser.add_argument("--follow-strangers", type=days, metavar="DAYS", help=off)
    who = "with it: who agreed for those who are heard"
    parser.add_argument("--consent-by", metavar="WHO", help=who)
    why = "with it: what they agreed to"
    parser.add_argument("--purpose", metavar="TEXT", help=why)


def following(recognizer: "Recognizer", arguments: argparse.Namespace) -> "Recognizer":
    """Return a recogniser that follows strangers, where the flags say so."""
    if arguments.follow_strangers is None:
        return recognizer
    if not arguments.consent_by or not arguments.purpose:
        raise ValueError(
            "strangers are followed with their consent: --consent-by WHO --purpose TEXT"
        )
    from moksori.speakers.following import FollowingRecognizer
    from moksori.speakers.registry import Consent, Registry

    encoder = recognizer.encoder
    path = recognizer.registry.path.with_name(STRANGERS)
    strangers = Registry.open(path, encoder.id, encoder.dimension)
    consent = Consent(arguments.consent_by, arguments.purpose)
    return FollowingRecognizer(
        recognizer, strangers, consent, arguments.follow_strangers
    )
