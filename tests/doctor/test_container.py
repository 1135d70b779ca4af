import os
import tempfile

import pytest

from moksori.doctor import container
from moksori.doctor.findings import Level
from tests.doctor.made import at


@pytest.mark.parametrize(
    ("files", "environment", "kind"),
    [
        ({}, {}, ""),
        ({".dockerenv": ""}, {}, "docker"),
        ({"run/.containerenv": ""}, {}, "podman"),
        ({"proc/1/cgroup": "4:memory:/kubepods/x\n"}, {}, "kubepods"),
        ({"proc/1/cgroup": "0::/init.scope\n"}, {}, ""),
        ({}, {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "kubernetes"),
    ],
)
def test_contained(tmp_path, files, environment, kind):
    assert container.contained(at(tmp_path, files), environment) == kind


def _owned(monkeypatch, folder, owner):
    class Told:
        st_uid = owner

    monkeypatch.setattr(type(folder), "stat", lambda self: Told)


@pytest.mark.parametrize(
    ("kind", "user", "owner", "level"),
    [
        ("docker", 0, 1000, Level.WARNING),
        ("docker", 0, 0, Level.OK),
        ("docker", 1000, 1000, Level.OK),
        ("", 0, 1000, Level.OK),
    ],
)
def test_who_will_own_the_files(tmp_path, monkeypatch, kind, user, owner, level):
    _owned(monkeypatch, tmp_path, owner)
    (found,) = container.examine(kind, tmp_path, user)
    assert found.level is level
    assert level is Level.OK or "--user" in found.advice


def test_a_user_without_a_name_and_no_folder(tmp_path):
    (found,) = container.examine("docker", tmp_path / "none", user=54321)
    assert found.text.startswith("in a container (docker), as user 54321")
    assert found.level is Level.OK


def test_a_read_only_root(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    (found,) = container.examine("docker", tmp_path, user=1)
    assert found.text.endswith("root is read-only")
    assert found.values["read_only_root"]


def test_scratch(tmp_path):
    (found,) = container.scratch({"HOME": str(tmp_path)})
    assert found.level is Level.OK
    assert list(tmp_path.iterdir()) == []


def test_no_place_for_caches(tmp_path):
    (found,) = container.scratch({"HOME": "/proc/none", "MPLCONFIGDIR": str(tmp_path)})
    assert found.level is Level.WARNING
    assert "NUMBA_CACHE_DIR" in found.advice
    assert "MPLCONFIGDIR" not in found.advice


def test_no_place_for_temporary_files(monkeypatch):
    def refused(**_):
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "mkdtemp", refused)
    (found,) = container.scratch({})
    assert found.level is Level.ERROR
    assert "--tmpfs /tmp" in found.advice
