"""What a worker of a Dask cluster runs: a check of where it is, and the extraction."""

import importlib.metadata
import os
import platform
import secrets
import sys
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path

import numpy as np

from datasets.store import shards
from datasets.store.extract import Block, write_block
from datasets.store.features import FeatureError
from hparams import Audio
from moksori.audio import files, levels, pcm, spectrum

# What features depend on: packages, and the rooms that this one may import.
_PACKAGES = ("numpy", "scipy", "librosa", "soxr", "soundfile", "av")
ROOMS = ("hparams.py", "hangul", "moksori/audio", "moksori/storage.py", "datasets")


class RecordingUnseen(Exception):
    """A worker does not see a recording."""

    def __init__(self, worker: str, path: str):
        super().__init__(worker, path)
        self.worker, self.path = worker, path


@dataclass(frozen=True)
class WorkerCheck:
    """What a worker has to share with the build: a recording, the store's folder and a
    file in it, and the versions of all that features depend on."""

    recording: Path
    size: int
    folder: Path
    token: Path
    audio: Audio
    versions: dict[str, str]


def check_worker(check: WorkerCheck) -> tuple[str, str]:
    """Check that this worker sees the build's files and would make its features.

    Returns the name of a file that it wrote beside the token, and `rounding_probe`.
    Raises `FeatureError` that says what is wrong.
    """
    if problem := version_problem(check.versions):
        raise FeatureError(problem)
    try:
        with check.recording.open("rb") as file:
            file.read(1)
        size = check.recording.stat().st_size
    except OSError as error:
        raise FeatureError(f"cannot read {check.recording}: {error.strerror}") from None
    if size != check.size:
        raise FeatureError(f"sees another recording at {check.recording}")
    written = check.token.with_name(f"{secrets.token_hex(4)}.{check.token.name}")
    try:
        check.token.read_bytes()
        written.write_bytes(b"")
    except OSError as error:
        raise FeatureError(
            f"cannot write to {check.folder}: {error.strerror}"
        ) from None
    return written.name, rounding_probe(check.audio)


def extract(block: Block, expected: dict[str, str]) -> list[dict]:
    """Run `write_block` on a worker, perhaps one that came after the check.

    Raises `FeatureError` where it would make other features than `expected`, and
    `RecordingUnseen` for a recording that is not there: extraction itself would take a
    broken mount for a broken recording.
    """
    from threadpoolctl import threadpool_limits

    here = f"{platform.node()}, process {os.getpid()},"
    if problem := version_problem(expected):
        raise FeatureError(f"{here} {problem}")
    for _, one in block.utterances:
        if not os.access(one.path, os.R_OK):
            raise RecordingUnseen(here, str(one.path))
    threadpool_limits(1, "blas")
    return write_block(block)


@cache
def versions() -> dict[str, str]:
    """Return the versions of code, Python and packages that features depend on."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    packages = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return {"code": _CODE, "python": python, **packages}


def version_problem(expected: dict[str, str]) -> str:
    """Say in what the versions here differ from those `expected`; "" where equal."""
    here = versions()
    other = [
        f"{name} {here.get(name)}, not {version}"
        for name, version in expected.items()
        if here.get(name) != version
    ]
    if not other:
        return ""
    return (
        f"would make other features: it has {'; '.join(other)}; "
        "start it again in the environment of this command"
    )


@cache
def rounding_probe(audio: Audio) -> str:
    """Hash the features of noise: it differs where a processor rounds otherwise."""
    from threadpoolctl import threadpool_limits

    noise = np.random.default_rng(0).normal(0, 0.1, 2 * 44100).astype(np.float32)
    wave = levels.level(files.resample(noise, 44100, audio.sample_rate), audio)
    with threadpool_limits(1, "blas"):
        spectra = spectrum.spectrograms(wave, audio, audio.linear)
    digest = blake2b(pcm.to_int16(wave), digest_size=8)
    for each in spectra:
        if each is not None:
            digest.update(shards.pack(each, audio))
    return digest.hexdigest()


def _hash_code() -> str:
    root, digest = Path(__file__).parents[2], blake2b(digest_size=6)
    for room in ROOMS:
        place = root / room
        for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


# When this was imported: a worker goes on with what it has, whatever is on the disk.
_CODE = _hash_code()
