"""What a worker of a cluster runs: the work, and before it a look at where it is."""

import importlib.metadata
import os
import platform
import sys
import time
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b
from pathlib import Path

import numpy as np

from datasets.store import shards
from datasets.store.extract import Block, write_block
from datasets.store.features import FeatureError
from hparams import Audio
from moksori.audio import files, levels, spectrum

_PACKAGES = ("numpy", "scipy", "soxr", "soundfile", "av")
# What extraction runs through.
_SOURCES = (
    "hparams.py",
    "hangul/*.py",
    "moksori/audio/*.py",
    "moksori/storage.py",
    "datasets/store/extract.py",
    "datasets/store/lease.py",
    "datasets/distributed/remote.py",
    "datasets/store/shards.py",
)


class Unseen(Exception):
    """A worker does not see a recording."""

    def __init__(self, worker: str, path: str):
        super().__init__(worker, path)
        self.worker, self.path = worker, path


@dataclass(frozen=True)
class Look:
    """What a worker is to look at: a recording of `size` bytes, and a store."""

    recording: Path
    size: int
    folder: Path
    build: str
    audio: Audio

    @property
    def token(self) -> Path:
        """A file with the build's name that only those find who share the folder."""
        return shards.aside(self.folder / "shards" / self.build)


@dataclass(frozen=True)
class Answer:
    """What a worker is; `problem` is what it cannot do, `written` a file it wrote."""

    made_by: dict[str, str]
    problem: str = ""
    written: str = ""
    sample: str = ""


def extract(block: Block, expected: dict[str, str]) -> list[dict]:
    """`write_block` on a worker, perhaps one that came after the others were checked.

    Raises `FeatureError` where it would make other features than `expected`, and
    `Unseen` for a recording that is not there: left to itself, extraction would take
    a broken mount for a broken recording.
    """
    from threadpoolctl import threadpool_limits

    here = f"{platform.node()}, process {os.getpid()},"
    check_made_by(here, made_by(), expected)
    for _, one in block.utterances:
        if not os.access(one.path, os.R_OK):
            raise Unseen(here, str(one.path))
    threadpool_limits(1, "blas")
    return write_block(block)


def look_around(look: Look) -> Answer:
    """Look at the recording and the store, and say what is made here."""
    answer = Answer(made_by())
    try:
        if look.recording.stat().st_size != look.size:
            problem = f"sees another recording at {look.recording}"
            return replace(answer, problem=problem)
        with look.recording.open("rb") as file:
            file.read(1)
    except OSError as error:
        problem = f"cannot read {look.recording}: {error.strerror}"
        return replace(answer, problem=problem)
    try:
        look.token.read_text("ascii")
        name = f"{look.build}.{platform.node()}-{os.getpid()}-{time.monotonic_ns()}"
        written = shards.aside(look.token.with_name(name))
        written.write_bytes(b"")
    except OSError as error:
        problem = f"cannot write to {look.folder}: {error.strerror}"
        return replace(answer, problem=problem)
    return replace(answer, written=written.name, sample=sample(look.audio))


@cache
def made_by() -> dict[str, str]:
    """What features depend on besides recordings and settings: code and packages."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    versions = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return {"code": _CODE, "python": python, **versions}


def check_made_by(worker: str, there: dict[str, str], here: dict[str, str]) -> None:
    """Raise `FeatureError`, with the differences, unless both would make the same."""
    other = [
        f"{name} {there.get(name)}, not {here[name]}"
        for name in here
        if there.get(name) != here[name]
    ]
    if other:
        raise FeatureError(
            f"{worker} would make other features: it has {'; '.join(other)}; "
            "start it again in the environment of this command"
        )


@cache
def sample(audio: Audio) -> str:
    """A hash of the features of made noise: tells apart processors that round apart."""
    from threadpoolctl import threadpool_limits

    noise = np.random.default_rng(0).normal(0, 0.1, 2 * 44100).astype(np.float32)
    wave = levels.level(files.resample(noise, 44100, audio.sample_rate), audio)
    with threadpool_limits(1, "blas"):
        mel, linear = spectrum.spectrograms(wave, audio, audio.linear)
    digest = blake2b(shards.pack(mel, audio), digest_size=8)
    if linear is not None:
        digest.update(shards.pack(linear, audio))
    digest.update(files.to_int16(wave))
    return digest.hexdigest()


def _code() -> str:
    """A short hash of the sources that features are made by."""
    root = Path(__file__).parents[2]
    paths = [path for source in _SOURCES for path in sorted(root.glob(source))]
    digest = blake2b(digest_size=6)
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


# When this was imported: a worker goes on with what it has, whatever is on the disk.
_CODE = _code()
