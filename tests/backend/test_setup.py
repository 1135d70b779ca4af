"""Loading a backend leaves standard error to those who have something to say."""

import importlib
import os
import subprocess
import sys

import keras
import pytest

import moksori.backend


def _run(code: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def test_nothing_is_written_and_standard_error_works_afterwards():
    done = _run(
        "import sys\n"
        "from moksori.backend.setup import load_backend; print(load_backend());"
        "print('after', file=sys.stderr)"
    )
    assert done.returncode == 0
    assert done.stdout.strip() == keras.backend.backend()
    assert done.stderr.strip() == "after"


def test_what_was_written_is_shown_when_loading_fails():
    done = _run(
        "import os, sys, types\n"
        "from moksori.backend.setup import load_backend\n"
        "class Broken(types.ModuleType):\n"
        "    def __getattr__(self, name):\n"
        "        os.write(2, b'the reason')\n"
        "        raise RuntimeError('no backend')\n"
        "sys.modules['keras'] = Broken('keras')\n"
        "load_backend()\n"
    )
    assert done.returncode == 1
    assert "the reason" in done.stderr
    assert "no backend" in done.stderr


@pytest.mark.parametrize(("given", "level"), [(None, "3"), ("0", "0")])
def test_tensorflow_logs_only_where_the_user_asks_for_it(monkeypatch, given, level):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", given or "")
    if given is None:
        monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL")
    importlib.reload(moksori.backend)
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == level
