"""What a corpus is made of on disk: tables of text, JSON, recordings in folders."""

import json
from collections.abc import Iterator
from pathlib import Path

SOUND_SUFFIXES = (".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus", ".aac", ".wma")


class CorpusError(ValueError):
    """A folder that is no corpus; the message is one line."""


def read_text(path: Path) -> str:
    """A text file, with or without a byte-order mark; UTF-8, UTF-16 or CP949.

    Raises `CorpusError` when it is none of them.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror}") from None
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp949"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CorpusError(f"{path}: is not text in UTF-8, UTF-16 or CP949")


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
            yield number, line.rstrip("\r")


def sounds(folder: Path, deep: bool = True) -> Iterator[Path]:
    """Recordings below a folder, sorted; hidden ones (`._x.wav`) are no recordings."""
    every = folder.rglob("*") if deep else folder.glob("*")
    for path in sorted(every):
        if path.suffix.lower() in SOUND_SUFFIXES and not path.name.startswith("."):
            yield path


def first_file(*paths: Path) -> Path | None:
    return next((path for path in paths if path.is_file()), None)


def find_sound(name: str, *places: Path) -> Path | None:
    """The recording called `name` plus any known suffix in the first place it is."""
    names = [name, *(name + suffix for suffix in SOUND_SUFFIXES)]
    return first_file(*(place / file for place in places for file in names))


def member(content, *keys: str):
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    return content


def seconds(value) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
