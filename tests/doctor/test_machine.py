"""The machine: limits of cgroups, little memory, containers."""

import os
from types import SimpleNamespace

import pytest

from moksori.doctor import machine
from moksori.doctor.findings import ERROR, OK, WARNING

GIBI = 2**30


def cgroup(root, files):
    """Files of cgroup v2 below `root`; this process is in the group a/b."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text("0::/a/b\n")
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture
def quiet(monkeypatch):
    """A machine with 32 GiB, of which 20 are free, and nothing to do."""
    memory = SimpleNamespace(total=32 * GIBI, available=20 * GIBI)
    monkeypatch.setattr(machine.psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(machine.psutil, "getloadavg", lambda: (0.0, 0.0, 0.0))
    monkeypatch.setattr(machine.psutil, "cpu_count", lambda: 8)
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda pid: set(range(8)))
    return memory


def test_the_tightest_cgroup_counts(tmp_path):
    files = {
        "a/b/memory.max": "max",
        "a/b/memory.current": "7",
        "a/memory.max": str(6 * GIBI),
        "a/memory.current": str(GIBI),
        "a/b/cpu.max": "150000 100000",
        "a/cpu.max": "max 100000",
    }
    root = cgroup(tmp_path, files)
    expected = {"processors": 1.5, "memory": 6 * GIBI, "used": GIBI}
    assert machine.cgroup_limits(root) == expected


def test_no_cgroup_is_no_limit(tmp_path):
    expected = {"processors": None, "memory": None, "used": None}
    assert machine.cgroup_limits(tmp_path) == expected


def test_memory_is_what_the_container_may_take(tmp_path, quiet):
    assert machine.check_memory(tmp_path).level is OK
    memory = {"memory.max": str(4 * GIBI), "memory.current": str(GIBI)}
    found = machine.check_memory(cgroup(tmp_path, memory))
    assert found.level is WARNING
    assert found.text == "3.0 GiB free of 32.0 GiB, limited to 4.0 GiB"


def test_one_core_is_too_few(tmp_path, quiet):
    assert machine.check_processor(tmp_path).values["usable"] == 8
    found = machine.check_processor(cgroup(tmp_path, {"cpu.max": "150000 100000"}))
    assert (found.level, found.text[:15]) == (WARNING, "1.5 of 8 cores,")


def test_a_busy_machine(tmp_path, quiet, monkeypatch):
    monkeypatch.setattr(machine.psutil, "getloadavg", lambda: (13.0, 0.0, 0.0))
    found = machine.check_processor(tmp_path)
    assert found.level is WARNING
    assert found.text.endswith("load 13.0")


def test_python_without_pinned_packages(monkeypatch):
    assert machine.check_python().level is OK
    monkeypatch.setattr(machine.sys, "version_info", (3, 14, 0))
    assert machine.check_python().level is ERROR


def test_shared_memory(tmp_path, monkeypatch):
    assert machine.check_shared_memory(2).level is OK
    assert machine.check_shared_memory(0, tmp_path / "none").level is ERROR
    small = SimpleNamespace(free=2**26, total=2**26)
    monkeypatch.setattr(machine.psutil, "disk_usage", lambda folder: small)
    assert machine.check_shared_memory(1, tmp_path).level is OK
    assert machine.check_shared_memory(2, tmp_path).level is WARNING


def test_containers_are_recognised(tmp_path, monkeypatch):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert machine.container_kind(tmp_path) == ""
    (tmp_path / ".dockerenv").touch()
    assert machine.container_kind(tmp_path) == "docker"
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    assert machine.container_kind(tmp_path) == "kubernetes"


def test_root_in_a_container_takes_files_from_their_owner(tmp_path, monkeypatch):
    monkeypatch.setattr(machine.os, "getuid", lambda: 0)
    owner = SimpleNamespace(
        exists=lambda: True, stat=lambda: os.stat_result([1000] * 10)
    )
    found = machine.check_container("docker", owner)
    assert found.level is WARNING
    assert "--user" in found.advice
    assert machine.check_container("", owner).level is OK
    assert machine.check_container("docker", tmp_path / "none").level is OK
