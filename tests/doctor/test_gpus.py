"""The NVIDIA driver, by a pynvml that is made up."""

import json
from dataclasses import asdict
from types import SimpleNamespace

import pynvml
import pytest

from moksori.doctor import gpus
from moksori.doctor.findings import ERROR, OK, WARNING
from moksori.doctor.gpus import Driver, check_driver
from moksori.doctor.subprocesses import Answer

GIBI = 2**30
CARD = {
    "index": 0,
    "name": "NVIDIA H100",
    "total": 80 * GIBI,
    "free": 79 * GIBI,
    "capability": [9, 0],
    "processes": [],
}


def nvml(**other):
    """A pynvml of one card, with other functions."""
    process = SimpleNamespace(pid=2**22 + 1)
    functions = {
        "nvmlInit": lambda: None,
        "nvmlDeviceGetCount": lambda: 1,
        "nvmlSystemGetDriverVersion": lambda: "575.57.08",
        "nvmlSystemGetCudaDriverVersion": lambda: 12090,
        "nvmlDeviceGetHandleByIndex": lambda index: index,
        "nvmlDeviceGetMemoryInfo": lambda card: SimpleNamespace(total=80, free=79),
        "nvmlDeviceGetName": lambda card: "NVIDIA H100",
        "nvmlDeviceGetCudaComputeCapability": lambda card: (9, 0),
        "nvmlDeviceGetComputeRunningProcesses": lambda card: [process],
    }
    errors = {name: getattr(pynvml, name) for name in dir(pynvml) if "Error" in name}
    return SimpleNamespace(**errors, **{**functions, **other})


def raising(code):
    def function(*arguments):
        raise pynvml.NVMLError(code)

    return function


def levels(driver, root):
    return [found.level for found in check_driver(driver, root)]


@pytest.fixture
def bus(tmp_path):
    """A root whose bus shows an NVIDIA card."""
    device = tmp_path / "sys/bus/pci/devices/0000:01:00.0"
    device.mkdir(parents=True)
    (device / "vendor").write_text("0x10de\n")
    (device / "class").write_text("0x030200\n")
    return tmp_path


def test_a_card_is_read(monkeypatch):
    monkeypatch.setattr(gpus, "pynvml", nvml())
    driver = gpus.read_driver()
    assert (driver.version, driver.cuda, driver.too_old) == ("575.57.08", 12090, False)
    (card,) = driver.cards
    assert card["processes"] == [f"{2**22 + 1}, not visible here"]
    assert card["capability"] == (9, 0)


def test_no_library_is_no_driver(monkeypatch):
    absent = raising(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)
    monkeypatch.setattr(gpus, "pynvml", nvml(nvmlInit=absent))
    assert gpus.read_driver() == Driver(absent=True)
    broken = raising(pynvml.NVML_ERROR_GPU_IS_LOST)
    monkeypatch.setattr(gpus, "pynvml", nvml(nvmlDeviceGetCount=broken))
    assert "lost" in gpus.read_driver().trouble


def test_the_driver_is_asked_in_another_process(monkeypatch):
    answers = {"out": json.dumps(asdict(Driver("575", 12090, (CARD,))))}
    monkeypatch.setattr(
        gpus.subprocesses, "run", lambda *_, timeout: Answer(**{"code": 0, **answers})
    )
    assert gpus.query_driver().cards[0]["name"] == "NVIDIA H100"
    answers.update(code=None)
    assert gpus.query_driver(3).trouble == "the driver did not answer within 3 s"
    answers.update(code=1, err="Traceback:\nImportError: none\n")
    assert "ImportError: none" in gpus.query_driver().trouble


@pytest.mark.parametrize(
    ("driver", "level", "words"),
    [
        (Driver("575", 12090, (CARD,)), OK, "NVIDIA 575, GPUs: 1"),
        (Driver("470", 11040, (CARD,)), ERROR, "too old for CUDA 12"),
        (Driver("575", 12090), ERROR, "GPUs: 0"),
        (Driver(trouble="the driver failed: lost"), ERROR, "lost"),
        (Driver(absent=True), OK, "runs on the CPU"),
    ],
)
def test_findings_on_the_driver(tmp_path, driver, level, words):
    found = check_driver(driver, tmp_path)[0]
    assert found.level is level
    assert words in found.text


def test_a_card_without_driver(bus):
    driver = Driver(absent=True)
    assert levels(driver, root=bus) == [ERROR]
    assert "--gpus all" in check_driver(driver, bus)[0].advice


def test_packages_for_gpus_without_driver(tmp_path, monkeypatch):
    monkeypatch.setattr(gpus, "installed_version", lambda name: "9.1")
    assert levels(Driver(absent=True), root=tmp_path) == [WARNING]


@pytest.mark.parametrize(
    ("other", "level"),
    [({}, OK), ({"processes": ["7 python"]}, WARNING), ({"free": 9 * GIBI}, WARNING)],
)
def test_findings_on_a_card(tmp_path, other, level):
    driver = Driver("575", 12090, (CARD | other,))
    assert levels(driver, root=tmp_path) == [OK, level]
