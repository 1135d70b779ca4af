"""The NVIDIA driver and its cards, from NVML (what nvidia-smi shows).

`python -m moksori.doctor.gpus` prints them as JSON: a call into a broken driver may
never return, so another program makes it.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import pynvml

from moksori.doctor import subprocesses
from moksori.doctor.findings import ERROR, WARNING, Finding, format_bytes, judge
from moksori.doctor.packages import installed_version

_MODULE = "moksori.doctor.gpus"
# What NVML reports as CUDA's version for the oldest driver that CUDA 12 runs on, 525
# (docs.nvidia.com/deploy/cuda-compatibility).
_MIN_CUDA = 12000


@dataclass(frozen=True)
class Driver:
    """What NVML said. `trouble` is why it said nothing, `absent` without a driver.

    A card has `index`, `name`, `total` and `free` bytes, `capability` [major, minor]
    and `processes` that use it, a line each.
    """

    version: str = ""
    cuda: int = 0
    cards: tuple[Mapping, ...] = ()
    trouble: str = ""
    absent: bool = False

    @property
    def too_old(self) -> bool:
        """Whether CUDA 12 does not run on it."""
        return 0 < self.cuda < _MIN_CUDA


def query_driver(timeout: float = 15.0) -> Driver:
    """Ask NVML in a process of its own."""
    answer = subprocesses.run(_MODULE, timeout=timeout)
    if answer.code is None:
        return Driver(trouble=f"the driver did not answer within {timeout:g} s")
    if answer.code:
        return Driver(trouble=f"the driver was not asked: {answer.error_line}")
    return Driver(**json.loads(answer.out))


def read_driver() -> Driver:
    """Ask NVML in this process."""
    try:
        pynvml.nvmlInit()
        cards = tuple(_read_card(n) for n in range(pynvml.nvmlDeviceGetCount()))
        version = pynvml.nvmlSystemGetDriverVersion()
        return Driver(version, pynvml.nvmlSystemGetCudaDriverVersion(), cards)
    except pynvml.NVMLError_LibraryNotFound:
        return Driver(absent=True)
    except pynvml.NVMLError as failure:
        return Driver(trouble=f"the driver failed: {failure}")


def _read_card(index: int) -> dict:
    card = pynvml.nvmlDeviceGetHandleByIndex(index)
    memory = pynvml.nvmlDeviceGetMemoryInfo(card)
    running = pynvml.nvmlDeviceGetComputeRunningProcesses(card)
    return {
        "index": index,
        "name": pynvml.nvmlDeviceGetName(card),
        "total": memory.total,
        "free": memory.free,
        "capability": pynvml.nvmlDeviceGetCudaComputeCapability(card),
        "processes": [_describe_process(each.pid) for each in running],
    }


def _describe_process(pid: int) -> str:
    try:
        return f"{pid} {psutil.Process(pid).name()}"
    except psutil.Error:
        return f"{pid}, not visible here"


def check_driver(driver: Driver, root: Path = Path("/")) -> list[Finding]:
    """Check the driver and each card."""
    count, cpu = len(driver.cards), "no NVIDIA driver: a training runs on the CPU"
    text = cpu if driver.absent else f"NVIDIA {driver.version}, GPUs: {count}"
    plugged_in, packages = _has_card(root), installed_version("nvidia-cudnn-cu12")
    install = "install the NVIDIA driver; start a container with docker run --gpus all"
    by_hand = "run nvidia-smi by hand; an updated driver needs a restart of the host"
    found = judge(
        "driver",
        driver.trouble or text,
        (driver.trouble, ERROR, "", by_hand),
        (driver.absent and plugged_in, ERROR, ", though there is a card", install),
        (
            driver.absent and packages,
            WARNING,
            ", though packages for GPUs are there",
            install,
        ),
        (driver.too_old, ERROR, ": too old for CUDA 12", "update it to 525 or newer"),
        (not driver.absent and not driver.cards, ERROR, "", install),
        **{"version": driver.version, "gpus": count},
    )
    return [found, *map(_check_card, driver.cards)]


def _check_card(card: Mapping) -> Finding:
    free, total, processes = card["free"], card["total"], card["processes"]
    text = (
        f"{card['name']}, compute capability {'.'.join(map(str, card['capability']))}, "
        f"{format_bytes(free)} of {format_bytes(total)} free"
    )
    used = f"; in use by {', '.join(processes[:3])}"
    hidden = "something outside this container may hold it: look on the host"
    return judge(
        f"gpu {card['index']}",
        text,
        (processes, WARNING, used, "end them, or expect less memory and speed"),
        (free < 0.8 * total, WARNING, "", hidden),
        **card,
    )


def _has_card(root: Path) -> bool:
    """Tell whether an NVIDIA display or 3D controller is on the bus."""
    return any(
        device.with_name("vendor").read_text().strip() == "0x10de"
        for device in (root / "sys/bus/pci/devices").glob("*/class")
        if device.read_text().startswith("0x03")
    )


if __name__ == "__main__":
    json.dump(asdict(read_driver()), sys.stdout)
