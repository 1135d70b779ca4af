"""Take recordings that strangers send: known by their content, decoded in a child.

The name that a file was sent under is never used, neither for its kind nor for a path.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np

from moksori.service import decoding
from moksori.service.problems import Problem
from moksori.service.storage import Exists, Missing, Storage
from moksori.service.tables import now

MOST_BYTES = 50 * 2**20
SAMPLE_RATE = 24_000
TIMEOUT_SECONDS = 60.0
_FOLDER = "uploads"
_NAME = re.compile(r"[0-9]{8}T[0-9]{6}-(?P<sha256>[0-9a-f]{64})\.wav")

# Of what is refused with another status than 400.
_STATUS = {"not_sound": 415, "too_many_channels": 415, "wrong_rate": 415}
_STATUS |= {"too_large": 413, "too_long": 413, "too_much": 413}
# One child a core; others wait.
_turns = threading.BoundedSemaphore(len(os.sched_getaffinity(0)))


@dataclass(frozen=True)
class Recording:
    """Represent a decoded upload: its wave, float32 [samples] or [samples, 2] at
    `sample_rate` hertz, and what its file is. `sha256` is of the file's bytes."""

    wave: np.ndarray
    sample_rate: int
    kind: str
    original_rate: int
    channels: int
    sha256: str

    @property
    def seconds(self) -> float:
        """Return how long it lasts."""
        return len(self.wave) / self.sample_rate


def refusal(word: str, most_bytes: int | None = None) -> Problem:
    """Return the answer for a file that is refused."""
    most = (most_bytes or MOST_BYTES) >> 20
    return Problem(_STATUS.get(word, 400), word, field="audio", most=most)


def sniff(head: bytes) -> str | None:
    """Tell wav, mp3, flac or m4a by the first 12 bytes; None for anything else."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"fLaC":
        return "flac"
    if head[4:8] == b"ftyp":
        return "m4a"
    # A tag before it, or the sync word of MPEG layer III.
    if head[:3] == b"ID3" or (
        len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2
    ):
        return "mp3"
    return None


def decoded(
    data: bytes,
    sample_rate: int = SAMPLE_RATE,
    channels: int = 1,
    most_bytes: int | None = None,
) -> Recording:
    """Decode the bytes of an upload to one channel or two; raises `Problem` for what is
    refused.

    Blocks up to a minute: call it in a thread.
    """
    if not data:
        raise refusal("no_file")
    if len(data) > (most_bytes or MOST_BYTES):
        raise refusal("too_large", most_bytes)
    kind = sniff(data[:12])
    if kind is None:
        raise refusal("not_sound")
    with tempfile.NamedTemporaryFile(prefix="moksori-", suffix=f".{kind}") as file:
        file.write(data)
        file.flush()
        with _turns:
            about, samples = _in_child(file.name, kind, sample_rate, channels)
    if "error" in about:
        raise refusal(about["error"])
    wave = np.frombuffer(samples, np.float32)
    return Recording(
        wave if channels == 1 else wave.reshape(-1, channels),
        sample_rate,
        kind,
        about["sample_rate"],
        about["channels"],
        sha256(data).hexdigest(),
    )


def keep(storage: Storage, user_id: str, sha256: str, data: bytes) -> str:
    """Keep a prepared wav for its user; returns the name that the user is told.

    The name says when, and by its SHA-256 of which file.
    """
    name = f"{now():%Y%m%dT%H%M%S}-{sha256}.wav"
    with contextlib.suppress(Exists):
        storage.put_once(_key(user_id, name), data)
    return name


def kept(storage: Storage, user_id: str, name: str) -> tuple[bytes, str]:
    """Return a kept wav and the SHA-256 of the file that it was made of.

    Raises `Problem` 404 for a name that the user was not told.
    """
    try:
        found = _NAME.fullmatch(name)
        if found:
            return storage.get(_key(user_id, name)), found["sha256"]
    except Missing:
        pass
    raise Problem(404, "no_upload", field="reference_filename")


def expire(storage: Storage, hours: float) -> int:
    """Delete uploads that are older than that; returns how many."""
    before = f"{now() - timedelta(hours=hours):%Y%m%dT%H%M%S}"
    old = [
        key
        for key in storage.keys(_FOLDER)
        if key.rpartition("/")[2][: len(before)] < before
    ]
    for key in old:
        storage.delete(key)
    return len(old)


def forget(storage: Storage, user_id: str, hashes: Collection[str]) -> int:
    """Delete a user's uploads of files with these SHA-256; returns how many."""
    found = [
        key
        for key in storage.keys(f"{_FOLDER}/{user_id}")
        if (name := _NAME.fullmatch(key.rpartition("/")[2]))
        and name["sha256"] in hashes
    ]
    for key in found:
        storage.delete(key)
    return len(found)


def _key(user_id: str, name: str) -> str:
    return f"{_FOLDER}/{user_id}/{name}"


def _in_child(
    path: str, kind: str, sample_rate: int, channels: int
) -> tuple[dict, bytes]:
    """Run `decoding` without our secrets; a child that dies took too much."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", decoding.__name__, path, kind]
    command += [str(sample_rate), str(channels)]
    # One thread: each would claim address space of its own.
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    environment = {"PATH": os.defpath, "PYTHONPATH": str(root), **threads}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=tempfile.gettempdir(),
            timeout=TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return {"error": "too_much"}, b""
    line, _, samples = done.stdout.partition(b"\n")
    if done.returncode or not line:
        return {"error": "too_much"}, b""
    return json.loads(line), samples
