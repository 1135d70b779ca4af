"""Find the recordings of a corpus: which files are sound, which one a name means."""

import os
from collections.abc import Iterator
from pathlib import Path

from datasets.readers import sources
from moksori.audio.files import SUFFIXES

# Folders that hold recordings in many layouts, and are no speaker's name.
PLACES = ("wavs", "audio")


def is_sound(name: str) -> bool:
    """Whether a file has the name of a recording; hidden ones (`._x.wav`) are none."""
    suffix = os.path.splitext(name)[1].lower()
    return suffix in SUFFIXES and not os.path.basename(name).startswith(".")


def sounds(folder: Path, deep: bool = True) -> Iterator[Path]:
    """Recordings below a folder, in the order of paths."""
    every = sources.below(folder) if deep else sorted(os.listdir(folder))
    return (folder / name for name in every if is_sound(name))


def first_file(*paths: Path) -> Path | None:
    """The first of the paths that is a file."""
    return next((path for path in paths if path.is_file()), None)


def find_sound(name: str, *places: Path) -> Path | None:
    """The recording called `name` plus any known suffix in the first place it is."""
    names = [name, *(name + suffix for suffix in SUFFIXES)]
    return first_file(*(place / file for place in places for file in names))


def speaker_of(folder: Path, sound: Path) -> str:
    """The sub-folder of a corpus that a recording lies in, else the corpus's name."""
    parts = sound.relative_to(folder).parts[:-1]
    inner = [part for part in parts if part not in PLACES]
    return inner[0] if inner else folder.resolve().name
