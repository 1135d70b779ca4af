"""The NVIDIA driver, as nvidia-smi tells of it."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from moksori.doctor.errands import ask
from moksori.doctor.findings import Finding, error, ok, warning
from moksori.doctor.table import binary, many

# Programs of CUDA 12.x run from this driver on (docs.nvidia.com/deploy/
# cuda-compatibility, minor version compatibility).
OLDEST = 525

_MEBI = 2**20
_FIELDS = (
    "index",
    "uuid",
    "name",
    "driver_version",
    "memory.total",
    "memory.used",
    "memory.free",
    "compute_cap",
    "utilization.gpu",
    "temperature.gpu",
    "compute_mode",
    "mig.mode.current",
)


@dataclass(frozen=True)
class Gpu:
    """One card; memory in bytes, `capability` such as (9, 0). None is unknown."""

    index: int
    uuid: str
    name: str
    driver: str
    total: int | None
    used: int | None
    free: int | None
    capability: tuple[int, int] | None
    busy_percent: int | None
    celsius: int | None
    mode: str
    mig: str


@dataclass(frozen=True)
class Driver:
    """What nvidia-smi said. `trouble` is why it said nothing of use; `absent` where
    there is no such program. `users` are those that hold memory: uuid, process id,
    name and bytes (None: not told)."""

    gpus: tuple[Gpu, ...] = ()
    users: tuple[tuple[str, int, str, int | None], ...] = ()
    trouble: str = ""
    absent: bool = False
    cards: tuple[str, ...] = field(default=())

    @property
    def version(self) -> str:
        """Of the driver; empty where it is not known."""
        return self.gpus[0].driver if self.gpus else ""

    @property
    def too_old(self) -> bool:
        """Whether it is known to be older than CUDA 12 needs."""
        major = self.version.partition(".")[0]
        return major.isdigit() and int(major) < OLDEST


def inquire(root: Path = Path("/"), patience: float = 15.0) -> Driver:
    """Ask nvidia-smi, and the bus (under `root`) for cards without a driver."""
    cards = tuple(plugged(root))
    query = ["nvidia-smi", f"--query-gpu={','.join(_FIELDS)}"]
    answer = ask([*query, "--format=csv,noheader,nounits"], patience)
    if answer.missing:
        return Driver(absent=True, cards=cards)
    if answer.late:
        trouble = f"nvidia-smi did not answer within {patience:g} s"
        return Driver(trouble=trouble, cards=cards)
    if not answer.good:
        said = answer.last_words() or "nothing"
        return Driver(trouble=f"nvidia-smi failed ({answer.code}): {said}", cards=cards)
    gpus = tuple(_gpus(answer.out))
    if not gpus:
        said = answer.last_words()[:80] or "nothing"
        return Driver(trouble=f"nvidia-smi names no GPU: {said}", cards=cards)
    return Driver(gpus, tuple(_users(patience)), cards=cards)


def plugged(root: Path = Path("/")) -> Iterator[str]:
    """Bus addresses of NVIDIA display and 3D controllers, driver or not."""
    for device in sorted((root / "sys/bus/pci/devices").glob("*")):
        try:
            vendor = (device / "vendor").read_text().strip()
            kind = (device / "class").read_text().strip()
        except (OSError, UnicodeDecodeError):
            continue
        if vendor == "0x10de" and kind.startswith("0x03"):
            yield device.name


def examine(driver: Driver, contained: bool, gpu_wheels: bool) -> Iterator[Finding]:
    """Findings on the driver and each card.

    `contained`: this is a container; `gpu_wheels`: packages for GPUs are installed.
    """
    yield _on_driver(driver, contained, gpu_wheels)
    for gpu in driver.gpus:
        users = [user for user in driver.users if user[0] == gpu.uuid]
        yield _on_gpu(gpu, users)


def _on_driver(driver: Driver, contained: bool, gpu_wheels: bool) -> Finding:
    facts = {"version": driver.version, "gpus": len(driver.gpus), "cards": driver.cards}
    reach = (
        "start the container with docker run --gpus all (the host needs the NVIDIA "
        "container toolkit)"
        if contained
        else "install the NVIDIA driver"
    )
    if driver.trouble:
        advice = "run nvidia-smi by hand; an updated driver needs a restart of the host"
        return error("driver", driver.trouble, advice, **facts)
    if driver.absent and driver.cards:
        text = f"{many(len(driver.cards), 'NVIDIA card')} on the bus, but no driver"
        return error("driver", text, reach, **facts)
    if driver.absent and gpu_wheels:
        text = "no NVIDIA driver, though packages for GPUs are installed"
        return warning("driver", text, reach, **facts)
    if driver.absent:
        return ok("driver", "no NVIDIA driver: a training runs on the CPU", **facts)
    text = f"NVIDIA {driver.version}, {many(len(driver.gpus), 'GPU')}"
    if driver.too_old:
        return error(
            "driver",
            f"{text}: too old for CUDA 12",
            f"update the driver to {OLDEST} or newer",
            **facts,
        )
    return ok("driver", text, **facts)


def _on_gpu(gpu: Gpu, users: list) -> Finding:
    name, facts = f"gpu {gpu.index}", {**vars(gpu), "users": users}
    capability = ".".join(map(str, gpu.capability)) if gpu.capability else "unknown"
    text = f"{gpu.name}, compute capability {capability}"
    if gpu.total and gpu.free is not None:
        text += f", {binary(gpu.free)} of {binary(gpu.total)} free"
    if gpu.mig == "Enabled":
        text += ", divided (MIG)"
    if users:
        held = [bytes for *_, bytes in users if bytes]
        told = f" with {binary(sum(held))}" if held else ""
        who = ", ".join(f"{process} {program}" for _, process, program, _ in users[:3])
        count = many(len(users), "process", "processes")
        text += f"; in use by {count}{told} ({who})"
        if gpu.mode == "Exclusive_Process":
            return error(name, f"{text}, exclusively", "end them, or wait", **facts)
        return warning(name, text, "end them, or expect less memory and speed", **facts)
    if gpu.mode == "Prohibited":
        advice = "ask its owner for nvidia-smi --compute-mode=DEFAULT"
        return error(name, f"{text}; computing is forbidden on it", advice, **facts)
    if gpu.total and gpu.free is not None and gpu.free < 0.8 * gpu.total:
        advice = "something outside this container may hold it: look on the host"
        return warning(name, text, advice, **facts)
    return ok(name, text, **facts)


def _gpus(out: str) -> Iterator[Gpu]:
    for words in csv.reader(out.splitlines(), skipinitialspace=True):
        if len(words) != len(_FIELDS) or _number(words[0]) is None:
            continue
        told = dict(zip(_FIELDS, (word.strip() for word in words), strict=True))
        yield Gpu(
            index=_number(told["index"]),
            uuid=told["uuid"],
            name=told["name"],
            driver=told["driver_version"],
            total=_bytes(told["memory.total"]),
            used=_bytes(told["memory.used"]),
            free=_bytes(told["memory.free"]),
            capability=_capability(told["compute_cap"]),
            busy_percent=_number(told["utilization.gpu"]),
            celsius=_number(told["temperature.gpu"]),
            mode=told["compute_mode"],
            mig=told["mig.mode.current"],
        )


def _users(patience: float) -> Iterator[tuple[str, int, str, int | None]]:
    query = "--query-compute-apps=gpu_uuid,pid,process_name,used_memory"
    answer = ask(["nvidia-smi", query, "--format=csv,noheader,nounits"], patience)
    if not answer.good:
        return
    for words in csv.reader(answer.out.splitlines(), skipinitialspace=True):
        if len(words) == 4 and _number(words[1]) is not None:
            name = Path(words[2].strip()).name
            yield words[0].strip(), _number(words[1]), name, _bytes(words[3])


def _number(word: str) -> int | None:
    """A count; None for the likes of [N/A]. Not all that counts as a digit is one."""
    word = word.strip()
    return int(word) if word.isascii() and word.isdigit() and len(word) < 16 else None


def _bytes(word: str) -> int | None:
    number = _number(word)
    return None if number is None else number * _MEBI


def _capability(word: str) -> tuple[int, int] | None:
    major, _, minor = word.partition(".")
    if _number(major) is None or _number(minor) is None:
        return None
    return _number(major), _number(minor)
