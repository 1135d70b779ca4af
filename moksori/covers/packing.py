"""Carry a vocal model as a zip, and read one that a stranger made, ours or of RVC.

A zip is never unpacked as it says: known names are read, up to a size, and written
under the names of our own. Nothing in it is unpickled but numbers, and a model of RVC
is converted; what came is not kept.
"""

import io
import re
import shutil
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

from moksori.covers import conversion, rvc
from moksori.covers.rvc_files import RvcError, read_weights
from moksori.covers.rvc_index import read_index
from moksori.covers.voice import DECODER, DESCRIPTION, INDEX, VoiceError
from moksori.storage import atomic_write

_FILES = DESCRIPTION, INDEX, DECODER, rvc.NETWORK
_MOST_BYTES = 2**30
_MOST_ENTRIES, _MOST_RATIO = 64, 100
_UTF_8 = 0x800
# What RVC calls the states of a training, which are no models for use.
_OF_TRAINING = re.compile(r"[GD]_\d+\.pth|(f0)?[GD]\d+k\w*\.pth")


def pack(folder: Path, path: Path) -> None:
    """Write a vocal model into a zip."""
    conversion.read(folder)
    with atomic_write(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name in _FILES:
            if (folder / name).is_file():
                archive.write(folder / name, name)


def unpack(path: Path, folder: Path, consent: str = "") -> conversion.Model:
    """Read a zip that `pack` wrote, or one with the .pth and .index of a model of RVC,
    into a new folder, whole or not at all.

    `consent` is who agreed, when and for what: ours say that themselves, those of RVC
    do not. Raises `VoiceError` for anything else, in one line, and `FileExistsError`
    for a folder that is there.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} is there already: name another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        _convert(path, aside, consent)
        conversion.read(aside)
        aside.rename(folder)
    except (VoiceError, RvcError) as error:
        said = str(error).replace(str(aside), str(path))
        said = said if str(path) in said else f"{path}: {said}"
        raise VoiceError(said) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return conversion.read(folder)


def _convert(path: Path, folder: Path, consent: str) -> None:
    """Write what a zip holds into a folder, as files of ours."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = _checked(path, archive.infolist())
            named = [(_name(entry), entry) for entry in entries]
            own = {name: entry for name, entry in reversed(named) if name in _FILES}
            chosen = own or _of_rvc(path, named)
            if not own and not consent:
                raise VoiceError(
                    f"{path} holds a model of RVC, which does not say whose voice it "
                    "is: add who agreed, when and for what (--consent)"
                )
            found, left = {}, _MOST_BYTES
            for name, entry in chosen.items():
                found[name] = _read(path, archive, entry, left)
                left -= len(found[name])
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise VoiceError(f"{path} is no zip that can be read: {error}") from None
    if own:
        for name, content in found.items():
            (folder / name).write_bytes(content)
        return
    weights, *index = found.values()
    weights = read_weights(weights)
    frames = read_index(index[0]) if index else None
    if frames is not None and frames.shape[1] != weights.shape.features:
        raise RvcError(
            f"its index is of {frames.shape[1]} numbers a frame, its network of "
            f"{weights.shape.features}"
        )
    rvc.keep(folder, Path(next(iter(found))).stem, consent, weights, frames)


def _checked(path: Path, entries: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Return the files of a zip; refuses what has no place in one."""
    if len(entries) > _MOST_ENTRIES:
        raise VoiceError(f"{path} holds more than {_MOST_ENTRIES} files")
    for entry in entries:
        parts = entry.filename.replace("\\", "/").split("/")
        link = (entry.external_attr >> 16) & 0o170000 == 0o120000
        if ".." in parts or parts[0] == "" or ":" in parts[0] or link:
            told = repr(entry.filename[:60])
            raise VoiceError(f"{path} holds {told}, which leads elsewhere")
        if entry.flag_bits & 1:
            raise VoiceError(f"{path} is encrypted")
        if entry.file_size > _MOST_RATIO * max(entry.compress_size, 2**10):
            raise VoiceError(f"{path} holds a file that unpacks to far more than it is")
    # Finder adds files of its own beside each.
    return [
        entry
        for entry in entries
        if not entry.is_dir() and not _name(entry).startswith("._")
    ]


def _name(entry: zipfile.ZipInfo) -> str:
    """Return the last part of an entry's name; in Korean where Windows zipped it."""
    name = entry.filename
    if not entry.flag_bits & _UTF_8:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("cp949")
    return name.replace("\\", "/").rpartition("/")[2]


def _of_rvc(path: Path, named: list[tuple[str, zipfile.ZipInfo]]):
    """Choose the model of RVC in a zip, and its index if there is one."""
    networks = [each for each in named if each[0].lower().endswith(".pth")]
    models = [each for each in networks if not _OF_TRAINING.fullmatch(each[0])]
    if networks and not models:
        raise VoiceError(
            f"{path} holds only checkpoints of a training ({networks[0][0][:60]}): "
            "extract a small model in RVC, and bring that"
        )
    if not models:
        raise VoiceError(f"{path} holds no vocal model ({DESCRIPTION} or a .pth)")
    indices = [each for each in named if each[0].lower().endswith(".index")]
    # A trained index has no frames yet; RVC writes both.
    added = [each for each in indices if each[0].startswith("added_")]
    rest = [each for each in indices if not each[0].startswith("trained_")]
    for found, kind in ((models, ".pth"), (added or rest, ".index")):
        if len(found) > 1:
            told = " and ".join(name[:60] for name, _ in found[:2])
            raise VoiceError(f"{path} holds more than one {kind}: {told}")
    return dict(models + (added or rest))


def _read(path: Path, archive: zipfile.ZipFile, entry, left: int) -> bytes:
    # What a header says of the size may be wrong: bytes are counted as they come.
    with archive.open(entry) as file:
        content = io.BytesIO()
        while piece := file.read(2**20):
            content.write(piece)
            if content.tell() > left:
                raise VoiceError(f"{path} holds more than {_MOST_BYTES >> 20} MiB")
    return content.getvalue()
