"""Readers of what the image is made from: Dockerfile, .dockerignore, locks."""

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Instruction:
    """One of a Dockerfile, within the stage that `stage` names."""

    stage: str
    word: str
    rest: str

    @property
    def flags(self) -> list[str]:
        return re.findall(r"(?:^|(?<=\s))--[\w-]+(?:=\S+)?", self.rest)

    @property
    def words(self) -> list[str]:
        """What follows the flags, split as a shell would."""
        return [word for word in shlex.split(self.rest) if not word.startswith("--")]

    def pairs(self) -> dict[str, str]:
        """The assignments of ENV or LABEL."""
        return dict(word.split("=", 1) for word in shlex.split(self.rest))


def dockerfile(text: str) -> list[Instruction]:
    """The instructions of a Dockerfile, its lines joined and comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    found, stage = [], ""
    for line in filter(str.strip, joined.splitlines()):
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            stage = rest.split()[-1]
        found.append(Instruction(stage, word, re.sub(r"\s+", " ", rest).strip()))
    return found


def ignored(patterns: list[str], path: str) -> bool:
    """Whether a path stays out of the context: the last pattern that names it or a
    folder above it decides (Docker's rule, docs.docker.com/build/concepts/context)."""
    parts = path.split("/")
    above = ["/".join(parts[: i + 1]) for i in range(len(parts))]
    out = False
    for pattern in patterns:
        named = re.compile(_expression(pattern.removeprefix("!").strip("/")))
        if any(named.fullmatch(each) for each in above):
            out = not pattern.startswith("!")
    return out


def _expression(pattern: str) -> str:
    kinds = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return "".join(kinds.get(piece) or re.escape(piece) for piece in pieces)


def patterns(text: str) -> list[str]:
    """The patterns of a .dockerignore."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def tracked() -> list[str]:
    """The files that git knows and that are there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    names = [name for name in listed.stdout.split("\0") if name]
    return [name for name in names if (ROOT / name).exists()]


@dataclass(frozen=True)
class Pin:
    """One requirement of a lock."""

    version: str
    marker: str
    hashes: tuple[str, ...]


_PIN = re.compile(
    r"([a-z0-9-]+)==([\w.+]+)(?: ; (.*?))?((?: +--hash=sha256:[0-9a-f]{64})*) *"
)


def lock(path: str) -> dict[str, Pin]:
    """Name -> what a lock pins. Raises `ValueError` for any other line."""
    text = re.sub(r" *#.*", "", (ROOT / path).read_text("utf-8"))
    pins = {}
    for line in filter(str.strip, re.sub(r"\\\n", " ", text).splitlines()):
        match = _PIN.fullmatch(line)
        if not match:
            raise ValueError(f"{path}: {line}")
        name, version, marker, hashes = match.groups()
        pins[name] = Pin(version, marker or "", tuple(hashes.split()))
    return pins
