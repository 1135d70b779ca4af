"""Open what recognises speakers."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moksori.speakers.calibration import Calibration
    from moksori.speakers.encoder import SpeakerEncoder
    from moksori.speakers.recognizer import Recognizer
    from moksori.speakers.speech import SpeechDetector

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
