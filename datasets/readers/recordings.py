"""Find the recordings of a corpus: which files are sound, which one a name means."""

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from datasets.readers import sources
from moksori.audio.files import SUFFIXES

# Folders that hold recordings in many layouts, and are no speaker's name.
PLACES = ("wavs", "wav", "audio")


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


def compose(name: str) -> str:
    """A name as it is compared: composed (NFC), since a Mac writes it decomposed."""
    return unicodedata.normalize("NFC", name)


def drop_suffix(name: str) -> str:
    """A name without the suffix of a recording, where it has one."""
    stem, suffix = os.path.splitext(name)
    return stem if suffix.lower() in SUFFIXES else name


class Index:
    """The recordings below a folder by name, for paths that another machine wrote.

    Names are compared composed, in any case and with any suffix of a recording. Of
    several recordings of one name that one is meant whose folders agree with the path
    from its end on: `audio/b/00.wav` is not `audio/a/00.wav`.
    """

    def __init__(self, folder: Path):
        self._held: dict[str, list[tuple[list[str], Path]]] = {}
        for name in sources.below(folder):
            if is_sound(name):
                *folders, file = _parts(name)
                found = self._held.setdefault(drop_suffix(file), [])
                found.append((folders, folder / name))

    def find(self, name: str) -> Path | None:
        """The recording that a name or path means; None where none or two could be."""
        *folders, file = _parts(name)
        found = self._held.get(drop_suffix(file)) or self._held.get(file, [])
        # What the path says of folders counts first; a path that says nothing of them
        # means the shallowest. Then come capitals, and last the suffix.
        most = max((_agreement(folders, its) for its, _ in found), default=0)
        found = [one for one in found if _agreement(folders, one[0]) == most]
        least = min((len(its) for its, _ in found), default=0)
        paths = [path for its, path in found if len(its) == least]
        file = compose(name).replace("\\", "/").rsplit("/", 1)[-1]
        stems = {drop_suffix(file), file}
        paths = [
            one for one in paths if drop_suffix(compose(one.name)) in stems
        ] or paths
        paths = [one for one in paths if compose(one.name) == file] or paths
        alone = len({drop_suffix(str(path)) for path in paths}) == 1
        return min(paths, key=_suffix_rank) if alone else None


def _parts(name: str) -> list[str]:
    """The parts of a path of any system; folders that only hold recordings left out."""
    parts = compose(name).casefold().replace("\\", "/").split("/")
    folders = [part for part in parts[:-1] if part not in ("", ".", *PLACES)]
    return [*folders, parts[-1]]


def _agreement(these: list[str], those: list[str]) -> int:
    """How many folders two paths share, counted from their ends."""
    pairs = zip(reversed(these), reversed(those), strict=False)
    return next(
        (n for n, (a, b) in enumerate(pairs) if a != b), min(len(these), len(those))
    )


def _suffix_rank(path: Path) -> int:
    return SUFFIXES.index(path.suffix.lower())
