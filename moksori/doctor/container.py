"""Whether this is a container, who one is in it, and what may be written there."""

import os
import pwd
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from moksori.doctor.findings import Finding, error, ok, warning

_SIGNS = ("docker", "kubepods", "containerd", "libpod", "lxc")
# Libraries keep something there, and are slow or fail where they cannot.
_CACHES = {"MPLCONFIGDIR": "Matplotlib", "NUMBA_CACHE_DIR": "Numba"}


def contained(
    root: Path = Path("/"), environment: Mapping[str, str] = os.environ
) -> str:
    """The kind of container that this is; empty outside of any."""
    if environment.get("KUBERNETES_SERVICE_HOST"):
        return "kubernetes"
    if (root / ".dockerenv").exists():
        return "docker"
    if (root / "run/.containerenv").exists():
        return "podman"
    try:
        groups = (root / "proc/1/cgroup").read_text("utf-8", "replace")
    except OSError:
        return ""
    return next((sign for sign in _SIGNS if sign in groups), "")


def examine(kind: str, data: Path, user: int | None = None) -> Iterator[Finding]:
    """Container and user: who will own what is written to the folder `data`.

    `user` is the number of the one who asks, by default that of this process.
    """
    user = os.getuid() if user is None else user
    name = _name_of(user)
    who = f"user {user}" + (f" ({name})" if name else "")
    sealed = not os.access("/", os.W_OK)
    where = f"in a container ({kind})" if kind else "not in a container"
    text = f"{where}, as {who}" + (", root is read-only" if kind and sealed else "")
    facts = {"kind": kind, "user": user, "read_only_root": sealed}
    owner = _owner(data)
    if kind and user == 0 and owner:
        advice = 'docker run --user "$(id -u):$(id -g)", or they will be root\'s'
        text += f"; files in {data} belong to user {owner}"
        yield warning("container", text, advice, **facts)
    else:
        yield ok("container", text, **facts)


def scratch(environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Whether there is a place for temporary files and for caches."""
    try:
        folder = tempfile.mkdtemp(prefix="doctor-")
        os.rmdir(folder)
    except OSError as failure:
        advice = "docker run --tmpfs /tmp, or point TMPDIR to another folder"
        yield error("scratch", f"no place for temporary files: {failure}", advice)
        return
    home = Path(environment.get("HOME") or "/")
    lost = [
        f"{variable} ({library})"
        for variable, library in _CACHES.items()
        if not os.access(environment.get(variable) or home, os.W_OK)
    ]
    place = tempfile.gettempdir()
    facts = {"temporary": place, "home": str(home), "unset": lost}
    if lost:
        text = f"{place} can be written, the home folder {home} cannot"
        advice = f"set {' and '.join(lost)} to folders that can be written"
        yield warning("scratch", text, advice, **facts)
    else:
        yield ok("scratch", f"{place} and {home} can be written", **facts)


def _name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return ""


def _owner(folder: Path) -> int | None:
    try:
        return folder.stat().st_uid
    except OSError:
        return None
