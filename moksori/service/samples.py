"""Take the samples of a new voice: recordings to clone, or to train on with texts."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from pathlib import PurePath, PureWindowsPath

from moksori.service import consents, jobs, profiles, uploads
from moksori.service.callers import Caller
from moksori.service.context import Service
from moksori.service.problems import Problem
from moksori.service.tables import Job, Profile, new_id

LEAST_SECONDS = 10.0
MOST_SAMPLES = 20
TEXTS = (".txt", ".tsv")
_MOST_TEXT_BYTES = 2**20
# What is written to a disk under the name that it came with: of 255 bytes at most.
_NAME = re.compile(r"\w[\w ()-]{0,49}\.[a-z0-9]{2,4}")


def clone(
    service: Service,
    caller: Caller,
    name: str,
    consent_id: str,
    files: Sequence[bytes],
) -> tuple[Profile, Job]:
    """Begin a voice from recordings of one person, 10 s at least in all.

    The profile is ready when its job has prepared and heard it. Raises `Problem`:
    another recording than the consent is about, too little of it, too many profiles.
    """
    recordings = decoded(files)
    samples = [
        {"sha256": each.sha256, "seconds": round(each.seconds, 2)}
        for each in recordings
    ]
    profile = Profile(name=name, consent_id=consent_id, samples=samples)
    profile.total_duration_seconds = sum(each.seconds for each in recordings)
    hashes = [each.sha256 for each in recordings]
    return stored(service, caller, profile, files, hashes, "prepare_voice")


def train(
    service: Service,
    caller: Caller,
    name: str,
    consent_id: str,
    files: Sequence[tuple[str, bytes]],
    minutes: float | None = None,
) -> tuple[Profile, Job]:
    """Begin a voice that is trained on recordings and texts, (name, content) each.

    A text, NAME.txt, lies beside its recording, NAME.wav, or transcripts.tsv holds all.
    The consent is about the recordings. Raises `Problem` as `clone` does.
    """
    samples = [_sample(called, data) for called, data in files]
    recordings = [each for each in samples if not is_text(each["name"])]
    stems = {PurePath(each["name"]).stem for each in recordings}
    names = {each["name"] for each in samples}
    if len(stems) < len(recordings) or len(names) < len(samples):
        raise _wrong_files("twice")
    if not recordings or len(recordings) == len(samples):
        raise _wrong_files("pairs")
    profile = Profile(
        name=name, consent_id=consent_id, samples=samples, kind=profiles.TRAINED
    )
    hashes = [each["sha256"] for each in recordings]
    contents = [data for _, data in files]
    how = {"minutes": minutes}
    return stored(service, caller, profile, contents, hashes, jobs.TRAIN, **how)


def is_text(name: str) -> bool:
    """Tell a text or a table of texts from a recording, by its name."""
    return PurePath(name).suffix in TEXTS


def stored(
    service: Service,
    caller: Caller,
    profile: Profile,
    files: Sequence[bytes],
    hashes: Sequence[str],
    type: str,
    **request,
) -> tuple[Profile, Job]:
    """Store the files of a new profile, and begin its job; on an error nothing stays.

    Raises `Problem` for a consent that is about others than `hashes`."""
    profile.id, profile.user_id = new_id(), caller.id
    profile.name = consents.line(profile.name, "name", 100)
    # Before anything is stored, and again below, where nothing can come between.
    database, storage = service.database, service.storage
    with database.session() as session:
        consents.holding(session, caller, profile.consent_id, hashes)
    try:
        for i, data in enumerate(files):
            key = f"profiles/{profile.id}/samples/{i}"
            profile.samples[i]["key"] = key
            storage.put_once(key, data)
        with database.session() as session:
            consents.holding(session, caller, profile.consent_id, hashes)
            return profile, profiles.begin(session, caller, profile, type, **request)
    except BaseException:
        storage.delete_below(f"profiles/{profile.id}")
        raise


def _sample(called: str, data: bytes) -> dict:
    """Describe an uploaded file of a training; of its name the last part counts."""
    called = unicodedata.normalize("NFC", PureWindowsPath(called).name)
    name = f"{PurePath(called).stem}{PurePath(called).suffix.lower()}"
    if not _NAME.fullmatch(name):
        raise _wrong_files("name")
    if PurePath(name).suffix == ".tsv" and name != "transcripts.tsv":
        raise _wrong_files("table")
    if is_text(name):
        if len(data) > _MOST_TEXT_BYTES:
            raise uploads.refusal("too_large")
    elif uploads.sniff(data[:12]) is None:
        raise uploads.refusal("not_sound")
    sha256 = hashlib.sha256(data).hexdigest()
    return {"name": name, "called": called, "sha256": sha256, "seconds": None}


def _wrong_files(why: str) -> Problem:
    return Problem(400, f"wrong_files-{why}", field="files")


def decoded(
    files: Sequence[bytes], most: int = MOST_SAMPLES
) -> list[uploads.Recording]:
    """Decode the recordings of one person; raises `Problem` for too many of them, or
    less than `LEAST_SECONDS` in all."""
    if not 1 <= len(files) <= most:
        raise Problem(400, "no_recording-samples", most=most, field="files")
    recordings = [uploads.decoded(each, 16000) for each in files]
    seconds = sum({each.sha256: each.seconds for each in recordings}.values())
    if seconds < LEAST_SECONDS:
        raise Problem(
            400, "too_short", least=LEAST_SECONDS, seconds=seconds, field="files"
        )
    return recordings
