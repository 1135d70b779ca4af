"""Find the recordings of a corpus: which files are sound, which one a name means."""

import os
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.readers import sources
from moksori.audio.files import SUFFIXES

# Folders that hold recordings in many layouts, and are no speaker's name.
PLACES = ("wavs", "audio", "wav", "clips")
# Names without a folder are expected here; found elsewhere, the report says so.
_USUAL = ("", "wavs", "audio")


def is_sound(name: str) -> bool:
    """Whether a file has the name of a recording; hidden ones (`._x.wav`) are none."""
    suffix = os.path.splitext(name)[1].lower()
    return suffix in SUFFIXES and not os.path.basename(name).startswith(".")


def sounds(folder: Path, deep: bool = True) -> Iterator[Path]:
    """Recordings below a folder, in the order of paths."""
    every = sources.below(folder) if deep else sorted(os.listdir(folder))
    return (folder / name for name in every if is_sound(name))


def speaker_of(folder: Path, sound: Path) -> str:
    """The sub-folder of a corpus that a recording lies in, else the corpus's name."""
    parts = sound.relative_to(folder).parts if sound.is_relative_to(folder) else ()
    inner = _inner(parts[:-1])
    return inner[0] if inner else folder.resolve().name


def compose(name: str) -> str:
    """A name in the form in which names are compared: NFC (macOS decomposes them)."""
    return unicodedata.normalize("NFC", name)


def drop_suffix(name: str) -> str:
    """A name without the suffix of a recording, where it has one."""
    stem, suffix = os.path.splitext(name)
    return stem if suffix.lower() in SUFFIXES else name


def id_of(written: str) -> str:
    """The id of a recording that a table calls `written`: its name, composed."""
    return drop_suffix(_parts(written)[-1])


@dataclass(frozen=True, slots=True)
class Found:
    """What a name means: `path`, or None and why in `remark`.

    Beside a path, `remark` tells where it lies when that is not where the name says.
    """

    path: Path | None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class _Sound:
    path: Path
    folders: tuple[str, ...]
    name: str
    stem: str


class Index:
    """The recordings below a folder, found by the names that a transcript gives them.

    Names are compared composed, in any case and with any suffix of a recording. A list
    may have been written on another machine, so folders count from the right:
    `C:\\data\\wavs\\1.wav` and `/content/wavs/1.wav` are `wavs/1.wav` here, but
    `audio/b/1.wav` is not `audio/a/1.wav`.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.paths = [
            path for place in (folder, *_linked(folder)) for path in sounds(place)
        ]
        self._by_stem: dict[str, list[_Sound]] = {}
        begin, tops = len(str(folder)) + 1, set()
        for path in self.paths:
            *folders, name = _parts(str(path)[begin:])
            sound = _Sound(path, tuple(folders), name, drop_suffix(name))
            self._by_stem.setdefault(sound.stem.casefold(), []).append(sound)
            tops.add(folders[0].lower() if folders else "")
        # A folder that holds all of them tells nothing of any.
        self._places = (*PLACES, *tops) if len(tops) == 1 else PLACES

    def find(self, written: str) -> Path | None:
        """The recording that a name or path means; None where none or two could be.

        Unlike `look_up`, this also finds the only recording of a name in a tree of
        folders beside that of the labels.
        """
        path = self.look_up(written).path
        if path is None:
            named = self._by_stem.get(drop_suffix(_parts(written)[-1]).casefold(), [])
            path = named[0].path if len(named) == 1 else None
        return path

    def look_up(
        self, written: str, speaker: str | None = None, near: str = ""
    ) -> Found:
        """Find the recording that a transcript calls `written`, or say why not.

        A recording in the folder of another speaker than `speaker` is never meant.
        Where several have the name, the one in the folder `near` counts first.
        """
        if os.path.isabs(written) and os.path.isfile(written):
            return Found(Path(written))
        *folders, name = _parts(written)
        stem = drop_suffix(name)
        named = self._by_stem.get(stem.casefold(), [])
        speaker, near = compose(speaker or ""), compose(near)
        ranked = [
            (_rank(sound, folders, name, speaker, near, self._places), sound)
            for sound in named
        ]
        best = max((rank for rank, _ in ranked if rank), default=None)
        if best is None:
            return self._look_outside(written, named)
        equal = [sound for rank, sound in ranked if rank == best]
        if len({sound.folders for sound in equal}) > 1:
            places = ", ".join(self._short(sound) for sound in equal[:3])
            why = f"several recordings are called {written}: {places}; name the folder"
            return Found(None, why)
        sound = min(equal, key=_suffix_order) if len(equal) > 1 else equal[0]
        if folders:
            # The same place below another root is no surprise.
            as_said = 0 < len(sound.folders) == _common_tail(sound.folders, folders)
        else:
            as_said = _is_usual("/".join(sound.folders), speaker, near)
        as_said = as_said and stem == sound.stem
        as_said = as_said and (name == stem or _same(name, sound.name))
        remark = "" if as_said else f"{written} is {self._short(sound)}"
        return Found(sound.path, remark)

    def _look_outside(self, written: str, namesakes: list[_Sound]) -> Found:
        """Find what lies above the corpus, or say why there is no recording."""
        if os.path.isfile(path := os.path.join(self.folder, written.strip())):
            return Found(Path(path))
        why = f"no recording {written} in {self.folder} or below"
        if namesakes:
            why = f"no recording {written}: {self._short(namesakes[0])} lies elsewhere"
        return Found(None, why)

    def _short(self, sound: _Sound) -> str:
        return "/".join((*sound.folders, sound.name))


def _linked(folder: Path) -> list[Path]:
    """Folders at the top of a corpus that are links to somewhere else."""
    links = (path for path in sorted(folder.iterdir()) if path.is_symlink())
    home = folder.resolve()
    return [
        path
        for path in links
        if path.is_dir() and not path.resolve().is_relative_to(home)
    ]


def _parts(written: str) -> list[str]:
    """The parts of a path of any system, composed, without drive, root and dots."""
    name = compose(written.strip()).replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    if len(parts) > 1 and parts[0].endswith(":"):
        del parts[0]
    return parts or [""]


def _inner(folders: Sequence[str], places: Collection[str] = PLACES) -> list[str]:
    """The folders that are more than a usual place of recordings."""
    return [part for part in folders if part.lower() not in places]


def _rank(
    sound: _Sound,
    folders: Sequence[str],
    name: str,
    speaker: str,
    near: str,
    places: Collection[str],
) -> tuple | None:
    """How well a recording fits a written path; None: it is not meant.

    The folders that the path names count first, then the speaker's, then the place
    where such recordings lie; capitals and the suffix come last.
    """
    inner, wanted = _inner(sound.folders, places), _inner(folders, places)
    shared, own = _common_tail(inner, wanted), speaker in inner
    if shared == 0 and inner and not own and (wanted or speaker):
        return None
    return (
        shared,
        own,
        _common_tail(sound.folders, folders),
        "/".join(sound.folders) == near,
        not inner,
        -_place_order(sound.folders),
        sound.stem == drop_suffix(name),
        sound.name == name,
    )


def _common_tail(one: Sequence[str], other: Sequence[str]) -> int:
    """How many folders two paths share, counted from their ends."""
    count = 0
    for left, right in zip(reversed(one), reversed(other), strict=False):
        if not _same(left, right):
            break
        count += 1
    return count


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _place_order(folders: Sequence[str]) -> int:
    """Nearest first: the corpus itself, then the usual places in their order."""
    place = folders[0].lower() if folders else ""
    return 1 + PLACES.index(place) if place in PLACES else 0


def _suffix_order(sound: _Sound) -> int:
    return SUFFIXES.index(os.path.splitext(sound.name)[1].lower())


def _is_usual(place: str, speaker: str, near: str) -> bool:
    """Whether recordings that are named without a folder are expected in a place."""
    places = {*_USUAL, near}
    return place in places or place in {
        f"{one}/{speaker}".lstrip("/") for one in places
    }
