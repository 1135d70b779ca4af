"""Installed packages against lock files."""

import numpy
import pytest

from moksori.doctor import packages
from moksori.doctor.findings import OK, WARNING

LOCK = f"""# made by pip-compile
numpy=={numpy.__version__} \\
    --hash=sha256:0
    # via moksori
win-only==1 ; sys_platform == "win32" \\
    --hash=sha256:0
"""


def test_a_lock_is_compared_with_what_is_installed():
    assert packages.compare(LOCK) == []
    other = LOCK.replace(numpy.__version__, "0.1") + "no-such-package[x]==2\n"
    assert packages.compare(other) == [
        f"numpy is {numpy.__version__}, not ==0.1",
        "no-such-package is missing, not ==2",
    ]


@pytest.mark.parametrize("fitting", ["dev", "cpu", "gpu"])
def test_the_lock_that_fits_best_counts(tmp_path, fitting):
    for name in packages.LOCKS:
        text = LOCK + ("" if name == fitting else "no-such-package==2\n")
        (tmp_path / f"{name}.lock").write_text(text)
    found = packages.check_packages(tmp_path)
    assert (found.level, found.text) == (OK, f"as pinned in {fitting}.lock")


def test_drift_is_a_warning_with_names(tmp_path):
    assert packages.check_packages(tmp_path).level is WARNING
    (tmp_path / "gpu.lock").write_text(LOCK + "no-such-package==2\n")
    found = packages.check_packages(tmp_path)
    assert found.level is WARNING
    assert "1 package: no-such-package is missing" in found.text


def test_speakers_are_loaded_where_they_are_installed(speakers_installed):
    found = packages.check_speakers()
    assert (found.level, found.text) == (OK, "recognised by campplus-zh-en-92f29b94")


def test_speakers_that_are_missing_or_damaged(monkeypatch):
    installed = dict.fromkeys(["onnxruntime"], "1")
    monkeypatch.setattr(packages, "installed_version", lambda name: installed.get(name))
    monkeypatch.setattr("importlib.metadata.files", lambda _: [])
    found = packages.check_speakers()
    assert found.level is WARNING
    assert "silero_vad_16k_sequence.onnx" in found.text
    installed.clear()
    assert packages.check_speakers().level is OK
