import os
import resource

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moksori.doctor import host
from moksori.doctor.findings import Level
from tests.doctor.made import at

GIBI = 2**30
MEMORY = {"proc/meminfo": "MemTotal: 67108864 kB\nMemAvailable: 33554432 kB\n"}
V2 = {
    "proc/self/cgroup": "0::/pod/me\n",
    "sys/fs/cgroup/pod/me/cpu.max": "max 100000\n",
    "sys/fs/cgroup/pod/cpu.max": "150000 100000\n",
    "sys/fs/cgroup/pod/me/memory.max": f"{8 * GIBI}\n",
    "sys/fs/cgroup/pod/me/memory.current": f"{6 * GIBI}\n",
    "sys/fs/cgroup/pod/memory.max": "max\n",
}
V1 = {
    "proc/self/cgroup": "4:memory:/docker/1\n3:cpu,cpuacct:/docker/1\n",
    "sys/fs/cgroup/cpu/docker/1/cpu.cfs_quota_us": "50000\n",
    "sys/fs/cgroup/cpu/docker/1/cpu.cfs_period_us": "100000\n",
    "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
    "sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes": f"{16 * GIBI}\n",
    "sys/fs/cgroup/memory/docker/1/memory.usage_in_bytes": f"{GIBI}\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
}


@pytest.mark.parametrize(
    ("files", "processors", "memory", "used"),
    [
        (V2, 1.5, 8 * GIBI, 6 * GIBI),
        (V1, 0.5, 16 * GIBI, GIBI),
        # A container that sees its own group as the root of the tree.
        (
            {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1024\n"},
            None,
            1024,
            None,
        ),
        (
            {
                "proc/self/cgroup": "4:memory:/docker/1\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "2048",
            },
            None,
            2048,
            None,
        ),
        ({"proc/self/cgroup": "garbage\n::::\n"}, None, None, None),
        ({}, None, None, None),
    ],
)
def test_limits(tmp_path, files, processors, memory, used):
    assert host.limits(at(tmp_path, files)) == host.Limits(processors, memory, used)


def test_groups_outside_of_ours_are_not_read(tmp_path):
    files = {"sys/fs/cgroup/other/memory.max": "10", "sys/fs/memory.max": "10"}
    root = at(tmp_path, {**V2, **files})
    assert host.limits(root).memory == 8 * GIBI


def test_free_memory_is_the_tighter(tmp_path):
    assert host.free_memory(tmp_path) is None
    assert host.free_memory(at(tmp_path, MEMORY)) == 32 * GIBI
    assert host.free_memory(at(tmp_path, V2)) == 2 * GIBI


def test_memory(tmp_path):
    (unknown,) = host.memory(tmp_path)
    assert unknown.level is Level.WARNING
    (enough,) = host.memory(at(tmp_path, MEMORY))
    assert (enough.level, enough.text) == (Level.OK, "32.0 GiB free of 64.0 GiB")
    (little,) = host.memory(at(tmp_path, V2))
    assert little.level is Level.WARNING
    assert little.text == "2.0 GiB free of 64.0 GiB, limited to 8.0 GiB"


@pytest.mark.parametrize(
    ("version", "level"),
    [
        ((3, 10, 9), Level.ERROR),
        ((3, 11, 0), Level.OK),
        ((3, 12, 7), Level.OK),
        ((3, 13, 0), Level.ERROR),
    ],
)
def test_python(version, level):
    (found,) = host.python(version)
    assert found.level is level


def test_processor(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)))
    model = "processor: 0\nmodel name\t: Fast  One\nflags\t\t: avx2 amx_bf16\n"
    root = at(tmp_path, {"proc/cpuinfo": model})
    (found,) = host.processor(root, load=1.0)
    assert (found.level, found.text) == (Level.OK, "4 of 8 cores, Fast One")
    (crowded,) = host.processor(root, load=13.0)
    assert crowded.level is Level.WARNING
    assert "load 13.0" in crowded.text
    (bound,) = host.processor(at(root, V2), load=0.0)
    assert bound.level is Level.WARNING
    assert bound.text == "1.5 of 8 cores, Fast One"
    assert host.flags(root) == {"avx2", "amx_bf16"}
    assert host.flags(tmp_path / "none") == frozenset()


def test_busy_seconds(tmp_path):
    ticks = os.sysconf("SC_CLK_TCK")
    line = " ".join(str(count * ticks) for count in (1, 2, 4, 999, 999, 8, 16, 32, 64))
    root = at(tmp_path, {"proc/stat": f"cpu  {line} 0\ncpu0 1\n"})
    assert host.busy_seconds(root) == 1 + 2 + 4 + 8 + 16 + 32
    assert host.busy_seconds(tmp_path / "none") is None
    assert host.busy_seconds(at(tmp_path, {"proc/stat": "cpu 1 2 3"})) is None
    assert host.busy_seconds() > 0


def _statvfs(monkeypatch, size, free):
    class Told:
        f_frsize, f_blocks, f_bavail = 4096, size // 4096, free // 4096

    monkeypatch.setattr(os, "statvfs", lambda folder: Told)


@pytest.mark.parametrize(
    ("size", "gpus", "level"),
    [(64 << 20, 1, Level.OK), (64 << 20, 2, Level.WARNING), (GIBI, 8, Level.OK)],
)
def test_shared_memory(tmp_path, monkeypatch, size, gpus, level):
    _statvfs(monkeypatch, size, size)
    (found,) = host.shared_memory(gpus, tmp_path)
    assert found.level is level
    assert level is Level.OK or "--shm-size=1g" in found.advice


def test_shared_memory_that_is_not_there(tmp_path, monkeypatch):
    (found,) = host.shared_memory(0, tmp_path / "none")
    assert found.level is Level.ERROR
    monkeypatch.setattr(os, "access", lambda *_: False)
    (found,) = host.shared_memory(0, tmp_path)
    assert found.level is Level.ERROR
    assert "cannot be written" in found.text


@pytest.mark.parametrize(
    ("files", "space", "level", "word"),
    [
        (1024, -1, Level.OK, "1,024"),
        (256, -1, Level.WARNING, "ulimit -n 1024"),
        (-1, -1, Level.OK, "any"),
        (4096, 8 * GIBI, Level.WARNING, "ulimit -v unlimited"),
    ],
)
def test_open_files(tmp_path, monkeypatch, files, space, level, word):
    told = {resource.RLIMIT_NOFILE: (files, files), resource.RLIMIT_AS: (space, space)}
    monkeypatch.setattr(resource, "getrlimit", told.get)
    watches = {"proc/sys/fs/inotify/max_user_watches": "65536\n"}
    (found,) = host.open_files(at(tmp_path, watches))
    assert found.level is level
    assert word in found.text + found.advice
    assert found.values["watches"] == 65536


@given(st.text(), st.text())
def test_a_kernel_of_garbage(tmp_path_factory, one, two):
    root = tmp_path_factory.mktemp("root")
    names = ("proc/meminfo", "proc/cpuinfo", "proc/stat", "proc/self/cgroup")
    at(root, dict.fromkeys(names, f"{one}: {two} kB\n{two}:{one}:{two}\n"))
    at(root, {"sys/fs/cgroup/memory.max": one, "sys/fs/cgroup/cpu.max": f"{one} {two}"})
    for check in (host.processor, host.memory, host.open_files):
        assert list(check(root))
    host.busy_seconds(root)
