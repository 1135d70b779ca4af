"""Keep compiled programs on disk, so that the next process need not compile them.

JAX alone compiles for seconds before the first word; what TensorFlow traces cannot be
kept, and Numba keeps its own beside the source. The folder is
`$XDG_CACHE_HOME/moksori/programs`, with one below it for each version and kind of
processor. It holds machine code that is run, so it is used only where nobody else can
write; `MOKSORI_PROGRAMS=off` does without it.
"""

import hashlib
import os
import platform
import stat
import warnings
import zlib
from pathlib import Path

SWITCH = "MOKSORI_PROGRAMS"
_LIMIT = 256 * 2**20  # bytes of all programs


def keep_programs() -> Path | None:
    """Let JAX keep its programs on disk; return the folder.

    None where there is none: another backend, switched off, a folder that another user
    could write or that cannot be written, or one that JAX_COMPILATION_CACHE_DIR names.
    To be called before anything is compiled.
    """
    import keras

    if keras.backend.backend() != "jax" or os.environ.get(SWITCH) == "off":
        return None
    import jax

    root = _root()
    folder = root / _machine(keras.__version__, jax.__version__, jax.lib.__version__)
    if jax.config.jax_compilation_cache_dir or not (folder := private_folder(folder)):
        return None
    _drop_damaged(folder)
    _drop_oldest(root, _LIMIT)
    # A disk that fills up meanwhile costs time, but no speech.
    warnings.filterwarnings("ignore", ".*persistent compilation cache", UserWarning)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_compilation_cache_dir", str(folder))
    return folder


def private_folder(folder: Path) -> Path | None:
    """Make a folder unless it is there; return where it really lies, or None unless
    this user can write it, and nobody but the superuser else can write or replace it.
    """
    if not folder.is_absolute():
        return None
    try:
        for place in reversed((folder, *folder.parents)):
            if not place.exists():
                place.mkdir(mode=0o700)
        place = folder.resolve(strict=True)
        states = [path.stat() for path in (place, *place.parents)]
    except OSError:
        return None
    own, *above = states
    private = (
        own.st_uid == os.getuid()
        and not own.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        and os.access(place, os.W_OK | os.X_OK)
        and all(map(_is_settled, above))
    )
    return place if private else None


def _is_settled(state: os.stat_result) -> bool:
    """Say whether what lies in a folder above can be renamed by its owner alone."""
    shared = state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    trusted = state.st_uid in (0, os.getuid())
    return trusted and (not shared or bool(state.st_mode & stat.S_ISVTX))


def _root() -> Path:
    # A relative path is invalid by the XDG base directory specification.
    base = os.environ.get("XDG_CACHE_HOME", "")
    base = base if os.path.isabs(base) else os.path.expanduser("~/.cache")
    return Path(base, "moksori", "programs")


def _machine(*versions: str) -> str:
    """Return a name for these versions on a processor with these features, which a
    home folder on the network or a container may see change."""
    features = [platform.machine()]
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    wanted = ("model name", "flags", "Features")
    features += sorted({row for row in text.splitlines() if row.startswith(wanted)})
    return hashlib.sha256("\n".join([*versions, *features]).encode()).hexdigest()[:16]


def _drop_damaged(folder: Path) -> None:
    """Delete programs that are not whole: JAX would neither run nor replace them."""
    for file in folder.glob("*-cache"):
        try:
            zlib.decompress(file.read_bytes())
        except (zlib.error, OSError):
            file.unlink(missing_ok=True)


def _drop_oldest(root: Path, limit: int) -> None:
    """Delete the oldest programs, of any version, down to `limit` bytes in all."""
    files = [(path.stat(), path) for path in root.rglob("*") if path.is_file()]
    size = sum(state.st_size for state, _ in files)
    for state, path in sorted(files, key=lambda file: file[0].st_mtime):
        if size <= limit:
            return
        path.unlink(missing_ok=True)
        size -= state.st_size
