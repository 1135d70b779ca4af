"""What is installed against what is pinned."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from moksori.doctor.backends import gpu_wheels, installed
from moksori.doctor.findings import Finding, ok, warning
from moksori.doctor.table import many

GPU_LOCK = "requirements/gpu.lock"
LOCKS = ("requirements/dev.lock", "requirements/cpu.lock")
_PIN = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)\s*(;[^\\]*)?")


@dataclass(frozen=True)
class Drift:
    """How far what is installed is from a lock: `other` name -> (there, pinned)."""

    lock: Path
    pinned: int
    missing: tuple[str, ...]
    other: Mapping[str, tuple[str, str]]


def pins(text: str) -> dict[str, str]:
    """Name -> version of each pinned package in a lock; lines with a condition, which
    may not concern this machine, are left out."""
    found = {}
    for line in text.splitlines():
        match = _PIN.match(line)
        if match and not match[3]:
            found[re.sub(r"[-_.]+", "-", match[1]).lower()] = match[2]
    return found


def drift(
    lock: Path, version_of: Callable[[str], str | None] = installed
) -> Drift | None:
    """What differs from a lock; None where it cannot be read or pins nothing."""
    try:
        pinned = pins(lock.read_text("utf-8", "replace"))
    except OSError:
        return None
    if not pinned:
        return None
    there = {name: version_of(name) for name in pinned}
    return Drift(
        lock,
        len(pinned),
        tuple(name for name, version in there.items() if version is None),
        {
            name: (version, pinned[name])
            for name, version in there.items()
            if version is not None and version != pinned[name]
        },
    )


def examine(
    root: Path,
    gpu: bool | None = None,
    version_of: Callable[[str], str | None] = installed,
) -> Iterator[Finding]:
    """Against the lock for GPUs where packages for them are installed, else against
    the nearest of the others; `root` is the folder of the checkout."""
    gpu = gpu_wheels() if gpu is None else gpu
    for names in ((GPU_LOCK,), LOCKS) if gpu else (LOCKS, (GPU_LOCK,)):
        found = [drift(root / name, version_of) for name in names]
        found = [each for each in found if each is not None]
        if found:
            yield _on(min(found, key=lambda d: len(d.missing) + len(d.other)), root)
            return
    advice = "versions are not compared; run from the checkout or the image"
    yield warning("packages", f"no lock in {root}", advice)


def _on(drift: Drift, root: Path) -> Finding:
    name = drift.lock.relative_to(root).as_posix()
    facts = {"lock": name, "missing": drift.missing, "other": drift.other}
    if not drift.missing and not drift.other:
        return ok("packages", f"all {drift.pinned} as pinned in {name}", **facts)
    told = []
    if drift.missing:
        is_missing = "is missing" if len(drift.missing) == 1 else "are missing"
        some = _some(drift.missing)
        told.append(f"{many(len(drift.missing), 'package')} {is_missing} ({some})")
    if drift.other:
        is_other = "is other" if len(drift.other) == 1 else "are other"
        some = _some(f"{n} {there}, not {p}" for n, (there, p) in drift.other.items())
        told.append(f"{many(len(drift.other), 'version')} {is_other} ({some})")
    advice = (
        "make venv installs them"
        if name == LOCKS[0]
        else f"build the image again, or pip install --require-hashes -r {name}"
    )
    return warning("packages", f"{name}: {', '.join(told)}", advice, **facts)


def _some(items) -> str:
    items = list(items)
    return ", ".join(items[:4]) + (", …" if len(items) > 4 else "")
