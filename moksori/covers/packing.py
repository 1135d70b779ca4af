"""Carry a vocal model as a zip, and read one that a stranger made.

A zip is never unpacked as it says: known names are read, up to a size, and written
under the names of our own. Nothing in it is unpickled.
"""

import io
import shutil
import tempfile
import zipfile
from pathlib import Path

from moksori.covers.voice import DECODER, DESCRIPTION, INDEX, VocalModel, VoiceError
from moksori.storage import atomic_write

_FILES = DESCRIPTION, INDEX, DECODER
_MOST_BYTES = 2**30
_MOST_ENTRIES, _MOST_RATIO = 64, 100


def pack(folder: Path, path: Path) -> None:
    """Write a vocal model into a zip."""
    VocalModel.load(folder)
    with atomic_write(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name in _FILES:
            if (folder / name).is_file():
                archive.write(folder / name, name)


def unpack(path: Path, folder: Path) -> VocalModel:
    """Read a zip that `pack` wrote into a new folder, whole or not at all.

    Raises `VoiceError` for anything else, in one line, and `FileExistsError` for a
    folder that is there.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} is there already: name another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for name, content in _members(path).items():
            (aside / name).write_bytes(content)
        VocalModel.load(aside)
        aside.rename(folder)
    except VoiceError as error:
        raise VoiceError(str(error).replace(str(aside), str(path))) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return VocalModel.load(folder)


def _members(path: Path) -> dict[str, bytes]:
    """Return the files of a vocal model in a zip, which may lie in one folder of it."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_ENTRIES:
                raise VoiceError(f"{path} holds more than {_MOST_ENTRIES} files")
            found, left = {}, _MOST_BYTES
            for entry in entries:
                name = _checked(path, entry)
                if name in _FILES and name not in found:
                    found[name] = _read(path, archive, entry, left)
                    left -= len(found[name])
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise VoiceError(f"{path} is no zip that can be read: {error}") from None
    if found:
        return found
    names = [entry.filename for entry in entries]
    if any(name.lower().endswith(".pth") for name in names):
        raise VoiceError(f"{path} holds an RVC model (.pth), which is not read yet")
    raise VoiceError(f"{path} holds no vocal model ({DESCRIPTION})")


def _checked(path: Path, entry: zipfile.ZipInfo) -> str:
    """Return the last part of an entry's name; refuses what has no place in a zip."""
    parts = entry.filename.replace("\\", "/").split("/")
    link = (entry.external_attr >> 16) & 0o170000 == 0o120000
    if ".." in parts or parts[0] == "" or ":" in parts[0] or link:
        raise VoiceError(f"{path} holds {entry.filename[:60]!r}, which leads elsewhere")
    if entry.flag_bits & 1:
        raise VoiceError(f"{path} is encrypted")
    if entry.file_size > _MOST_RATIO * max(entry.compress_size, 2**10):
        raise VoiceError(f"{path} holds a file that unpacks to far more than it is")
    return parts[-1]


def _read(path: Path, archive: zipfile.ZipFile, entry, left: int) -> bytes:
    # What a header says of the size may be wrong: bytes are counted as they come.
    with archive.open(entry) as file:
        content = io.BytesIO()
        while piece := file.read(2**20):
            content.write(piece)
            if content.tell() > left:
                raise VoiceError(f"{path} holds more than {_MOST_BYTES >> 20} MiB")
    return content.getvalue()
