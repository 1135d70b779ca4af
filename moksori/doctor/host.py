"""Processor, memory and limits of this machine, and of the container it may be in.

Every reader takes the `root` under which /proc and /sys lie.
"""

import os
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from moksori.doctor.findings import Finding, error, ok, warning
from moksori.doctor.table import binary

_GIBI = 2**30
_PYTHONS = ((3, 11), (3, 13))
_LEAST_MEMORY = 4 * _GIBI
_LEAST_SHARED = _GIBI // 4
_LEAST_FILES = 1024
# What the kernel says instead of "no limit" under cgroup v1, and more than any machine.
_UNLIMITED = 2**60


@dataclass(frozen=True)
class Limits:
    """What a cgroup allows: processors (may be a fraction) and bytes; None is all."""

    processors: float | None
    memory: int | None
    used: int | None


def limits(root: Path = Path("/")) -> Limits:
    """The tightest limits of the cgroups that this process is in, v2 or v1."""
    processors, memory, used = [], [], []
    for folder in _groups(root, ""):
        quota = (_text(folder / "cpu.max") or "").split()
        if len(quota) == 2 and _count(quota[0]) and _count(quota[1]):
            processors.append(_count(quota[0]) / _count(quota[1]))
        if bound := _count(_text(folder / "memory.max")):
            memory.append(bound)
            used.append(_count(_text(folder / "memory.current")))
    for folder in _groups(root, "cpu"):
        quota = _count(_text(folder / "cpu.cfs_quota_us"))
        period = _count(_text(folder / "cpu.cfs_period_us"))
        if quota and period:
            processors.append(quota / period)
    for folder in _groups(root, "memory"):
        bound = _count(_text(folder / "memory.limit_in_bytes"))
        if bound and bound < _UNLIMITED:
            memory.append(bound)
            used.append(_count(_text(folder / "memory.usage_in_bytes")))
    tightest = min(memory, default=None)
    return Limits(
        min(processors, default=None),
        tightest,
        used[memory.index(tightest)] if memory else None,
    )


def flags(root: Path = Path("/")) -> frozenset[str]:
    """What the processor can do, in the words of /proc/cpuinfo."""
    for line in (_text(root / "proc/cpuinfo") or "").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("flags", "Features"):
            return frozenset(value.split())
    return frozenset()


def free_memory(root: Path = Path("/")) -> int | None:
    """Bytes that a program could still take here; None where nothing tells."""
    told, bounds = _meminfo(root), limits(root)
    room = [told["MemAvailable"]] if "MemAvailable" in told else []
    if bounds.memory is not None:
        room.append(max(0, bounds.memory - (bounds.used or 0)))
    return min(room, default=None)


def busy_seconds(root: Path = Path("/")) -> float | None:
    """How long all cores together have worked since the start, by /proc/stat, time
    stolen by other virtual machines included; None where nothing tells."""
    words = (_text(root / "proc/stat") or "").partition("\n")[0].split()
    ticks = [_count(word) for word in words[1:9]]
    if words[:1] != ["cpu"] or len(ticks) < 8 or None in ticks:
        return None
    user, nice, system, _idle, _waiting, *rest = ticks
    return (user + nice + system + sum(rest)) / os.sysconf("SC_CLK_TCK")


def python(version: tuple[int, ...] = sys.version_info[:3]) -> Iterator[Finding]:
    """Whether this Python is one that the packages are pinned for."""
    text = ".".join(map(str, version))
    if _PYTHONS[0] <= tuple(version[:2]) < _PYTHONS[1]:
        yield ok("python", text, version=text, executable=sys.executable)
    else:
        advice = "use Python 3.11 or 3.12: make venv PYTHON=python3.11"
        yield error("python", f"{text} is not supported", advice, version=text)


def processor(root: Path = Path("/"), load: float | None = None) -> Iterator[Finding]:
    """Cores, as far as this process may use them, and whether others are at work:
    `load` is the number of programs that want one, by default that of the last minute.
    """
    load = os.getloadavg()[0] if load is None else load
    there = os.cpu_count() or 1
    mine, bound = len(os.sched_getaffinity(0)), limits(root).processors
    usable = min(mine, bound or mine)
    model = _model(root)
    text = f"{usable:g} of {there} cores" if usable < there else f"{there} cores"
    text += f", {model}" if model else ""
    facts = {"cores": there, "usable": usable, "limit": bound, "model": model}
    facts["load"] = load
    if usable < 2:
        advice = "allow two or more (docker run --cpus): one reads while one trains"
        yield warning("processor", text, advice, **facts)
    elif load > 1.5 * there:
        advice = "end other programs, or expect them to slow a training down"
        yield warning("processor", f"{text}, load {load:.1f}", advice, **facts)
    else:
        yield ok("processor", text, **facts)


def memory(root: Path = Path("/")) -> Iterator[Finding]:
    """Main memory: what there is, what is allowed, what is free."""
    told, bound, free = _meminfo(root), limits(root).memory, free_memory(root)
    total = told.get("MemTotal")
    if free is None:
        yield warning("memory", "not known: no /proc/meminfo", "see free -h")
        return
    text = f"{binary(free)} free"
    text += f" of {binary(total)}" if total else ""
    text += (
        f", limited to {binary(bound)}" if bound and bound < (total or bound) else ""
    )
    facts = {"total": total, "limit": bound, "free": free}
    if free < _LEAST_MEMORY:
        advice = "end other programs or raise the limit: training wants 4 GiB or more"
        yield warning("memory", text, advice, **facts)
    else:
        yield ok("memory", text, **facts)


def shared_memory(gpus: int, folder: Path = Path("/dev/shm")) -> Iterator[Finding]:
    """What processes exchange through: semaphores, and gradients of several GPUs."""
    name, more = "shared memory", "docker run --shm-size=1g"
    try:
        told = os.statvfs(folder)
    except OSError:
        yield error(name, f"no {folder}", f"mount it: {more}")
        return
    size, free = told.f_frsize * told.f_blocks, told.f_frsize * told.f_bavail
    text = f"{binary(free)} free of {binary(size)} in {folder}"
    facts = {"size": size, "free": free}
    if not os.access(folder, os.W_OK):
        advice = "chmod 1777 it, or mount it anew; preprocess.py needs it"
        yield error(name, f"{folder} cannot be written", advice, **facts)
    elif free < _LEAST_SHARED and gpus > 1:
        text += f": too little for {gpus} GPUs"
        yield warning(name, text, f"{more}, or --ipc=host", **facts)
    else:
        yield ok(name, text, **facts)


def open_files(root: Path = Path("/")) -> Iterator[Finding]:
    """How many files may be open or watched, and whether addresses are rationed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    space, _ = resource.getrlimit(resource.RLIMIT_AS)
    watches = _count(_text(root / "proc/sys/fs/inotify/max_user_watches"))
    facts = {"soft": soft, "hard": hard, "watches": watches, "address_space": space}
    if space != resource.RLIM_INFINITY:
        text = f"addresses are limited to {binary(space)}"
        advice = "ulimit -v unlimited: backends reserve more than they use"
        yield warning("open files", text, advice, **facts)
    elif 0 <= soft < _LEAST_FILES:
        advice = f"ulimit -n {_LEAST_FILES}, or docker run --ulimit nofile=65536"
        yield warning("open files", f"at most {soft}", advice, **facts)
    else:
        yield ok("open files", f"up to {soft:,}" if soft >= 0 else "any", **facts)


def _model(root: Path) -> str:
    for line in (_text(root / "proc/cpuinfo") or "").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return " ".join(value.split())
    return ""


def _meminfo(root: Path) -> dict[str, int]:
    told = {}
    for line in (_text(root / "proc/meminfo") or "").splitlines():
        name, _, value = line.partition(":")
        number = _count(value.removesuffix(" kB").strip())
        if number is not None:
            told[name.strip()] = number * 1024
    return told


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """The folders of a cgroup controller ("" is v2) that bind this process."""
    mount = root / "sys/fs/cgroup"
    for line in (_text(root / "proc/self/cgroup") or "").splitlines():
        parts = line.split(":", 2)
        if len(parts) != 3 or controller not in parts[1].split(","):
            continue
        base = mount / controller
        # A container may see its own group as the root of the tree, or by its path.
        inside = base / parts[2].strip("/")
        yield inside
        for above in inside.parents:
            if above == base.parent or base not in (above, *above.parents):
                break
            yield above


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return None


def _count(text: str | None) -> int | None:
    """A whole number; None for anything else, such as max."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 25 else None
