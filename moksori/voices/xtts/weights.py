"""Find the weights of XTTS on this machine, or download them."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from moksori.voices.speech import VoiceError
from moksori.voices.xtts.folder import FILES, MISSING, brief

REPOSITORIES = ("tts-hub/XTTS-v2", "coqui/XTTS-v2")
LICENCE = (
    "XTTS-v2 is under the Coqui Public Model License: non-commercial use only, of the "
    "model and of what it speaks (https://tts-hub.github.io/cpml)"
)

_COQUI_NAME = "tts_models--multilingual--multi-dataset--xtts_v2"
_BRING = (
    f"bring a folder with {', '.join(FILES)} from a machine that has the weights, "
    "and name it: --weights DIR"
)


def find(
    weights: Path | None,
    say: Callable[[str], object] = lambda text: None,
    download: Callable[[], Path] | None = None,
) -> Path:
    """Return the folder of the weights: `weights` if given, else one in a cache, else
    a download, which COQUI_TOS_AGREED=1 has to allow.

    `say(text)` prints the licence, and a notice before a download. Raises `VoiceError`
    that says what to do.
    """
    folder = weights or next(_downloaded(), None)
    if folder is None:
        if os.environ.get("COQUI_TOS_AGREED") != "1":
            raise VoiceError(
                f"no weights of XTTS here. {LICENCE}. Read it; if you agree, set "
                f"COQUI_TOS_AGREED=1 and they are downloaded (1.9 GB). Or {_BRING}"
            )
        say(f"downloading {REPOSITORIES[0]}, 1.9 GB")
        folder = (download or _download)()
    say(LICENCE)
    return folder


def _downloaded() -> Iterator[Path]:
    """Yield complete folders in the caches of Hugging Face and Coqui, best first."""
    for folder in (*_hub_folders(), _coqui_home() / _COQUI_NAME):
        if all((folder / name).is_file() for name in FILES):
            yield folder


def _hub_folders() -> Iterator[Path]:
    """Yield the snapshots in the cache of huggingface_hub, the current one first.

    Source: huggingface.co/docs/huggingface_hub/guides/manage-cache. Reading the layout
    is faster than loading the library, which takes a second.
    """
    home = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    home = Path(os.environ.get("HF_HOME") or home)
    cache = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    cache = Path(os.path.expandvars(cache or home / "hub")).expanduser()
    for repository in REPOSITORIES:
        folder = cache / f"models--{repository.replace('/', '--')}"
        main = folder / "refs" / "main"
        if main.is_file():
            yield folder / "snapshots" / main.read_text("utf-8").strip()
        yield from sorted((folder / "snapshots").glob("*"))


def _coqui_home() -> Path:
    """Return the data folder; source: `get_user_data_dir` of coqui-tts-trainer 0.4."""
    names = ("TTS_HOME", "XDG_DATA_HOME")
    home = next((os.environ[name] for name in names if os.environ.get(name)), None)
    return Path(home or "~/.local/share").expanduser() / "tts"


def _download() -> Path:
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise VoiceError(MISSING) from None
    try:
        return Path(snapshot_download(REPOSITORIES[0], allow_patterns=list(FILES)))
    except Exception as error:  # the hub has a dozen types, without a common one
        reason = brief(error).rstrip(".")
        if os.environ.get("HF_HUB_OFFLINE"):
            reason = "HF_HUB_OFFLINE is set"
        raise VoiceError(
            f"the weights of XTTS cannot be downloaded: {reason}; {_BRING}"
        ) from None
