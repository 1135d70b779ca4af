"""The entrypoint as a container would run it, by Linux namespaces instead of an engine.

`clean` gives a bare environment. `contained` gives, besides, a read-only root with a
/tmp of its own, the checkout at APP, two mounted folders below WORK, and a user id that
no password file knows.
"""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

ENTRYPOINT = ROOT / "docker/entrypoint.sh"
UID = 12345
_HOLDER = "/mnt"
APP, WORK = f"{_HOLDER}/app", f"{_HOLDER}/work"
_PATH = "/usr/local/bin:/usr/bin:/bin"

# As root of a namespace of its own: mount what an engine would, then be somebody else.
_CONTAIN = f"""
set -eu
data=$1 logs=$2
shift 2
mount -t tmpfs tmpfs {_HOLDER}
mkdir -p {APP} {WORK}/data {WORK}/logs
mount --bind "{ROOT}" {APP}
mount -o remount,bind,ro {APP}
mount --bind "$data" {WORK}/data
mount --bind "$logs" {WORK}/logs
mount -t tmpfs -o mode=1777,noexec,nosuid,nodev tmpfs /tmp
mount -o remount,bind,ro /
mount -o remount,ro {_HOLDER}
cd {WORK}
exec unshare --user --map-user={UID} --map-group={UID} "$@"
"""


def clean(*words: str, **variables: str) -> list[str]:
    """A command that runs the entrypoint and knows these variables alone."""
    given = {"MOKSORI_PYTHON": sys.executable, "PYTHONDONTWRITEBYTECODE": "1"}
    given |= variables
    assigned = [f"{name}={value}" for name, value in given.items()]
    return ["env", "-i", f"PATH={_PATH}", *assigned, str(ENTRYPOINT), *words]


def contained(data: Path, logs: Path, *words: str, **variables: str) -> list[str]:
    """The same, contained; `data` and `logs` are mounted."""
    command = clean(*words, HOME="/tmp/home", **variables)
    command[command.index(str(ENTRYPOINT))] = f"{APP}/docker/entrypoint.sh"
    new = ["unshare", "--user", "--map-root-user", "--mount"]
    return [*new, "sh", "-c", _CONTAIN, "sh", str(data), str(logs), *command]


def somebody(command: list[str]) -> list[str]:
    """The command by a user whom permissions bind, which they do not bind root."""
    if os.geteuid():
        return command
    ids = [f"--map-user={UID}", f"--map-group={UID}"]
    return ["unshare", "--user", *ids, *command]


def run(command: list[str], cwd: Path = ROOT) -> subprocess.CompletedProcess:
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=600, check=False
    )


@cache
def namespaces() -> bool:
    """Whether this system lets us make them (many containers do not)."""
    try:
        probe = run(contained(ROOT / "tests", ROOT / "tests", "true"))
    except FileNotFoundError:
        return False
    return probe.returncode == 0
