"""What every test relies on: a quiet TensorFlow, the same cases on every run, and XTTS
where it is said to be there."""

import os
import re
from pathlib import Path

# Before anything imports Keras; a value from outside still counts.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")

import pytest
from hypothesis import settings

# No deadline: how long a case takes says nothing on a busy machine.
settings.register_profile("moksori", deadline=None, derandomize=True, database=None)
settings.load_profile("moksori")

# What `make xtts` adds and tests ask for with pytest.importorskip, themselves or in the
# twin of XTTS that several share.
_ADDED = "TTS|torch|torchaudio|transformers|tokenizers|huggingface_hub|resemblyzer"
_ASKS = re.compile(rf"""importorskip\(\s*["']({_ADDED})\b|\btiny_xtts\b""")
_SKIPPED = re.compile(rf"could not import '({_ADDED})\b|make xtts")


def pytest_addoption(parser):
    parser.addoption("--xtts", action="store_true", help="only files that need XTTS")


def _needs_xtts(path: Path) -> bool:
    return bool(_ASKS.search(path.read_text("utf-8")))


def pytest_ignore_collect(collection_path, config):
    if config.getoption("--xtts") and collection_path.match("test_*.py"):
        return not _needs_xtts(collection_path) or None
    return None


def _judge(report, path: Path):
    """A skip for want of XTTS is a failure where XTTS is required, and wherever
    `make test-xtts` would not come to the test: it would run nowhere."""
    if not report.skipped or not _SKIPPED.search(str(report.longrepr)):
        return
    if os.environ.get("MOKSORI_XTTS") == "required":
        report.longrepr = f"MOKSORI_XTTS=required, and yet: {report.longrepr[-1]}"
    elif not _needs_xtts(path):
        report.longrepr = f"no importorskip by which --xtts finds {path}"
    else:
        return
    report.outcome = "failed"


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    _judge(report, collector.path)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    _judge(report, item.path)
    return report
