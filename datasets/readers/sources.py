"""Read what a corpus is made of on disk: texts, lines of tables, JSON, folders."""

import json
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import hangul


class CorpusError(ValueError):
    """A folder that is no corpus; the message is one line."""


def read_text(path: Path) -> str:
    """A text file as `hangul.decode_file` decodes it.

    Raises `CorpusError` when it cannot be read or decoded.
    """
    content = _read_bytes(path)
    try:
        return hangul.decode_file(content)
    except UnicodeError as error:
        raise CorpusError(f"{path}: {error}") from None


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise CorpusError(f"{path}: no such file") from None
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror}") from None


def read_json(path: Path):
    """A JSON file, byte-order mark or not; raises `CorpusError`."""
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise CorpusError(
            f"{path}: is not JSON: {error.msg}, line {error.lineno}"
        ) from None


def lines(table: Path, damaged: Callable[[int, str], None]) -> list[tuple[int, str]]:
    """[(number, line)] of every line of a table that is not blank.

    `damaged` gets the number of each line that does not decode, and what is wrong.
    Raises `CorpusError` for a table that is missing or mostly does not decode.
    """
    try:
        found = list(enumerate(hangul.decode_lines(_read_bytes(table)), start=1))
    except UnicodeError as error:
        raise CorpusError(f"{table}: {error}") from None
    for number, line in found:
        if isinstance(line, UnicodeError):
            damaged(number, str(line))
    return [(n, line) for n, line in found if isinstance(line, str) and line.strip()]


def top_file(folder: Path, name: str) -> Path | None:
    """The file called `name`, in any case, at the top of a folder."""
    if (folder / name).is_file():
        return folder / name
    return next(
        (
            folder / each
            for each in sorted(os.listdir(folder))
            if each.lower() == name and (folder / each).is_file()
        ),
        None,
    )


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
