"""What a corpus is made of on disk: tables of text, JSON, recordings in folders."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import hangul

SOUND_SUFFIXES = (".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus", ".aac", ".wma")


class CorpusError(ValueError):
    """A folder that is no corpus; the message is one line."""


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


def is_sound(name: str) -> bool:
    """Whether a file has the name of a recording; hidden ones (`._x.wav`) are none."""
    suffix = os.path.splitext(name)[1].lower()
    return suffix in SOUND_SUFFIXES and not os.path.basename(name).startswith(".")


def sounds(folder: Path, deep: bool = True) -> Iterator[Path]:
    """Recordings below a folder, in the order of paths."""
    every = below(folder) if deep else sorted(os.listdir(folder))
    return (folder / name for name in every if is_sound(name))


def first_file(*paths: Path) -> Path | None:
    """The first of the paths that is a file."""
    return next((path for path in paths if path.is_file()), None)


def find_sound(name: str, *places: Path) -> Path | None:
    """The recording called `name` plus any known suffix in the first place it is."""
    names = [name, *(name + suffix for suffix in SOUND_SUFFIXES)]
    return first_file(*(place / file for place in places for file in names))


def member(content, *keys: str):
    """The value at nested keys of a JSON object; None where the way there breaks."""
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    return content


def seconds(value) -> float | None:
    """A number of seconds, written as a number or as a text; None for anything else."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def kss_tables(folder: Path) -> list[Path]:
    """Transcripts at the top, the newest release last."""
    tables = sorted(folder.glob("transcript*.txt"))
    return [path for path in tables if read_text(path).count("|") >= 3]


def path_tables(folder: Path) -> list[Path]:
    """The JSON files at the top that map paths of recordings to texts."""
    return [path for path in sorted(folder.glob("*.json")) if is_path_table(path)]


def is_path_table(path: Path) -> bool:
    """Whether a JSON file is an object whose keys name recordings."""
    if re.fullmatch(r"alignment\.json|.*-recognition-All\.json", path.name):
        return True
    try:
        content = read_json(path)
    except CorpusError:
        return False
    keys = content if isinstance(content, dict) else ()
    return any(Path(key).suffix.lower() in SOUND_SUFFIXES for key in keys)


def is_aihub(path: Path) -> bool:
    """Whether a JSON file labels a recording as AI Hub does."""
    try:
        return is_aihub_content(read_json(path))
    except CorpusError:
        return False


def is_aihub_content(content) -> bool:
    """Whether parsed JSON labels a recording as AI Hub does."""
    return isinstance(content, dict) and bool({"전사정보", "화자정보"} & set(content))
