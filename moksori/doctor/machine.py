"""Python, processor, memory, and the container that this may be."""

import os
import sys
from pathlib import Path

import psutil

from moksori.doctor.findings import ERROR, WARNING, Finding, format_bytes, judge

_GIBI = 2**30


def check_python() -> Finding:
    """Check that packages are pinned for this version of Python."""
    text = ".".join(map(str, sys.version_info[:3]))
    unknown = not (3, 11) <= sys.version_info[:2] < (3, 13)
    advice = "use Python 3.11 or 3.12: make venv PYTHON=python3.11"
    return judge("python", text, (unknown, ERROR, " is not supported", advice))


def check_processor(root: Path = Path("/")) -> Finding:
    """Count the cores that this process may use, and see whether others use them."""
    there, load = psutil.cpu_count() or 1, psutil.getloadavg()[0]
    allowed = len(os.sched_getaffinity(0))
    usable = min(allowed, cgroup_limits(root)["processors"] or allowed)
    text, model = f"{usable:g} of {there} cores", _processor_model()
    few = "allow two or more (docker run --cpus): one reads while one trains"
    busy = "end other programs, or expect them to slow a training down"
    return judge(
        "processor",
        f"{text}, {model}" if model else text,
        (usable < 2, WARNING, "", few),
        (load > 1.5 * there, WARNING, f", load {load:.1f}", busy),
        **{"cores": there, "usable": usable, "model": model, "load": load},
    )


def check_memory(root: Path = Path("/")) -> Finding:
    """Check how much main memory there is, is allowed and is free."""
    total, limit = psutil.virtual_memory().total, cgroup_limits(root)["memory"]
    free = free_memory(root)
    text = f"{format_bytes(free)} free of {format_bytes(total)}"
    text += f", limited to {format_bytes(limit)}" if limit else ""
    advice = "end other programs or raise the limit: training wants 4 GiB or more"
    values = {"total": total, "limit": limit, "free": free}
    return judge("memory", text, (free < 4 * _GIBI, WARNING, "", advice), **values)


def check_shared_memory(gpus: int, folder: Path = Path("/dev/shm")) -> Finding:
    """Check the memory through which preprocessing and several GPUs exchange data."""
    name, larger = "shared memory", "docker run --shm-size=1g"
    if not os.access(folder, os.W_OK):
        text = f"{folder} cannot be written"
        return Finding(name, ERROR, text, f"mount it, or chmod 1777 it: {larger}")
    disk = psutil.disk_usage(str(folder))
    text = f"{format_bytes(disk.free)} free of {format_bytes(disk.total)} in {folder}"
    few = gpus > 1 and disk.free < _GIBI / 4
    return judge(name, text, (few, WARNING, f": too little for {gpus} GPUs", larger))


def check_container(kind: str, data: Path) -> Finding:
    """Check who will own the files written to `data`; `kind` is of `container_kind`."""
    user, owner = os.getuid(), data.stat().st_uid if data.exists() else 0
    text = f"in a container ({kind})" if kind else "not in a container"
    text += f", as user {user}" + ("" if user else " (root)")
    more = f"; files in {data} belong to user {owner}"
    advice = 'docker run --user "$(id -u):$(id -g)", or new ones will be root\'s'
    return judge(
        "container", text, (kind and owner and not user, WARNING, more, advice)
    )


def container_kind(root: Path = Path("/")) -> str:
    """Return the kind of container that this is; empty outside of any."""
    if os.environ.get("KUBERNETES_SERVICE_HOST"):
        return "kubernetes"
    signs = {"docker": ".dockerenv", "podman": "run/.containerenv"}
    return next((kind for kind, path in signs.items() if (root / path).exists()), "")


def free_memory(root: Path = Path("/")) -> int:
    """Return the bytes that a program can still take here."""
    free, cgroup = psutil.virtual_memory().available, cgroup_limits(root)
    if not cgroup["memory"]:
        return free
    return min(free, max(0, cgroup["memory"] - cgroup["used"]))


def cgroup_limits(root: Path = Path("/")) -> dict[str, float | None]:
    """Return the tightest limits of cgroup v2, which psutil does not know.

    `processors` (may be a fraction), `memory` and `used` in bytes; None is no limit.
    """
    mount, (line, *_) = root / "sys/fs/cgroup", [*_words(root / "proc/self/cgroup"), ""]
    # A container sees its own group as the root of the tree, or by its path.
    inside = mount / line.removeprefix("0::").strip("/")
    processors, memory = [], []
    for group in (inside, *inside.parents):
        match _words(group / "cpu.max"):
            case [quota, period] if quota != "max":
                processors.append(int(quota) / int(period))
        match _words(group / "memory.max") + _words(group / "memory.current"):
            case [limit, used] if limit != "max":
                memory.append((int(limit), int(used)))
    limit, used = min(memory, default=(None, None))
    tightest = min(processors, default=None)
    return {"processors": tightest, "memory": limit, "used": used}


def _processor_model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = (line.partition(":")[2] for line in lines if line.startswith("model name"))
    return " ".join(next(models, "").split())


def _words(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", "replace").split()
    except OSError:
        return []
