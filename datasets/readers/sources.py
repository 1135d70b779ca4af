"""Read what a corpus is made of on disk: texts, lines of tables, JSON, folders."""

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path

import hangul
from datasets.readers.corpus import CorpusError


def read_text(path: Path) -> str:
    """A text file as `hangul.decode_file` decodes it.

    Raises `CorpusError` when it cannot be read or decoded.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        return hangul.decode_file(content)
    except UnicodeError as error:
        raise CorpusError(f"{path}: {error}") from None


def read_json(path: Path):
    """A JSON file, byte-order mark or not; raises `CorpusError`."""
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise CorpusError(
            f"{path}: is not JSON: {error.msg}, line {error.lineno}"
        ) from None


def lines(table: Path) -> Iterator[tuple[int, str]]:
    """(number, line) of every line that is not blank."""
    if not table.is_file():
        raise CorpusError(f"{table}: no such file")
    for number, line in enumerate(read_text(table).split("\n"), start=1):
        if line.strip():
            yield number, line


def walk(folder: Path) -> Iterator[str]:
    """The files below a folder, as `part/part/name`, in no order; links to folders are
    not followed. Plain texts: a corpus may have so many that paths would cost more than
    what is done with them."""
    begin = len(os.path.join(folder, ""))
    for place, _, names in os.walk(folder):
        inner = place[begin:] + "/" if len(place) > begin else ""
        for name in names:
            yield inner + name


def below(folder: Path) -> list[str]:
    """`walk` in the order of paths, which is that of their parts."""
    return sorted(walk(folder), key=lambda name: name.replace("/", "\0"))


def member(content, *keys: str):
    """The value at nested keys of a JSON object; None where the way there breaks."""
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    return content


def seconds(value) -> float | None:
    """A number of seconds, written as a number or as a text; None for anything else."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
