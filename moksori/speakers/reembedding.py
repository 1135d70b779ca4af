"""Make the vectors of a registry anew by another encoder, from the same recordings."""

import hashlib
from collections.abc import Callable
from itertools import chain
from pathlib import Path

from moksori.speakers.clip import read_clip
from moksori.speakers.encoder import SpeakerEncoder
from moksori.speakers.enrolment import Refused, recordings
from moksori.speakers.registry import Registry
from moksori.speakers.speech import SpeechDetector


def reembed(
    registry: Registry,
    folder: Path,
    encoder: SpeakerEncoder,
    detector: SpeechDetector,
    leave_out: bool = False,
    progress: Callable[[str], None] = lambda line: None,
) -> None:
    """Encode the recordings of everybody anew: NAME/FILE in a folder, by their hashes.

    Raises `Refused` where recordings are missing, and names whose; with `leave_out`
    they are deleted from the registry instead, and who has no other.
    """
    wanted = {
        sha256: speaker.name
        for speaker in registry.speakers()
        for sha256 in registry.hashes(speaker.id)
    }
    found = {}
    for path in chain(*recordings(folder).values()):
        with open(path, "rb") as file:
            found[hashlib.file_digest(file, "sha256").hexdigest()] = path
    missing = [name for sha256, name in wanted.items() if sha256 not in found]
    if missing and (not leave_out or len(missing) == len(wanted)):
        whose = ", ".join(
            f"{missing.count(each)} of {each}" for each in dict.fromkeys(missing)
        )
        raise Refused(
            f"{folder} has not all recordings that were enrolled; missing: {whose}"
        )
    vectors = {}
    for sha256 in sorted(set(wanted) & set(found), key=lambda each: found[each]):
        progress(f"{wanted[sha256]}: {found[sha256]}")
        vectors[sha256] = read_clip(found[sha256], encoder, detector).vectors
    registry.reembed(vectors)
