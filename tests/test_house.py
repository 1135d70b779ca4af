"""HOUSE rules, enforced: imports, confinement, sizes, docstrings and light --help."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from moksori.__main__ import COMMANDS
from tests import house

ROOT = Path(__file__).parent.parent
OUTSIDE = {".venv", "data", "logs"}

# Runs a script as a program; the answer is its exit code and what it imported.
RUN_HELP = """
import contextlib, io, json, runpy, sys
sys.argv = ["moksori", sys.argv[1], "--help"]
text = io.StringIO()
try:
    with contextlib.redirect_stdout(text):
        runpy.run_module("moksori", run_name="__main__")
    code = None
except SystemExit as stop:
    code = stop.code
heavy = {"tensorflow", "keras", "jax", "librosa", "matplotlib", "torch", "scipy"}
print(json.dumps([code, text.getvalue(), sorted(heavy & set(sys.modules))]))
"""


def _tracked() -> list[str]:
    """Python files that git knows; every one of them where there is no git."""
    command = ["git", "ls-files", "-z", "*.py"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0 and listed.stdout:
        files = [Path(name) for name in listed.stdout.split("\0") if name]
    else:
        files = [path.relative_to(ROOT) for path in ROOT.rglob("*.py")]
        files = [path for path in files if path.parts[0] not in OUTSIDE]
    return sorted(path.as_posix() for path in files if (ROOT / path).exists())


FILES = _tracked()
SCRIPTS = [path for path in FILES if house.room_of(path) == "script"]
SCRIPT_NAMES = {Path(path).stem for path in SCRIPTS}


def _found(rule, *more) -> list[str]:
    return [
        line
        for path in FILES
        for line in rule(path, (ROOT / path).read_text("utf-8"), *more)
    ]


def test_the_house_is_seen():
    assert {"hparams.py", "moksori/audio/spectrum.py"} <= set(FILES)
    assert SCRIPTS


def test_one_room_names_the_backends():
    assert house.HEAVY["tensorflow"] == house.HEAVY["jax"] == {"backend"}


def test_import_law():
    assert _found(house.import_law, SCRIPT_NAMES) == []


def test_no_modules_import_each_other_in_a_circle():
    product = [path for path in FILES if house.room_of(path) != "tests"]
    sources = {path: (ROOT / path).read_text("utf-8") for path in product}
    assert house.circle(sources) == []


@pytest.mark.parametrize(
    "rule",
    [house.confinement, house.swallowed, house.length, house.docstrings],
    ids=lambda rule: rule.__name__,
)
def test_rule(rule):
    assert _found(rule) == []


@pytest.fixture(scope="module")
def helps() -> dict:
    """Script -> exit code, help text and heavy modules, each from its own process."""
    answers = {}
    for script in COMMANDS:
        run = subprocess.run(
            [sys.executable, "-c", RUN_HELP, script],
            cwd=ROOT,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        assert run.returncode == 0, f"{script} --help: {run.stderr}"
        answers[script] = json.loads(run.stdout)
    return answers


@pytest.mark.parametrize("script", COMMANDS)
def test_help_is_light(helps, script):
    code, text, heavy = helps[script]
    assert code == 0
    assert "usage:" in text
    assert heavy == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("hangul/jamo.py", "import hparams"),
        ("moksori/tacotron/model.py", "from hparams import Tacotron"),
        (
            "moksori/tacotron/model.py",
            "def build():\n    from moksori.audio import spectrum",
        ),
        ("moksori/training/runs.py", "import datasets.store.build as features"),
        (
            "moksori/training/runs.py",
            "import importlib\nimportlib.import_module('moksori.voices.x')",
        ),
        ("moksori/audio/files.py", "from ... import hangul"),
        ("moksori/audio/files.py", "from ..voices import speech"),
        ("moksori/voices/trained.py", "import numpy, datasets"),
        ("moksori/metrics/pitch.py", "if True:\n    import moksori.tacotron"),
        ("moksori/audio/files.py", "import synthesize"),
        ("moksori/audio/files.py", "from moksori.commands import demo"),
        ("moksori/audio/files.py", "from moksori import __main__"),
        ("benchmarks/text.py", "import synthesize"),
        ("moksori/commands/demo.py", "from synthesize import main"),
        ("moksori/voices/trained.py", "from benchmarks import text"),
        ("moksori/voices/trained.py", "from tests import house"),
        ("helpers/strings.py", "import re"),
        ("moksori/helpers/strings.py", "import re"),
    ],
)
def test_import_law_is_broken(path, source):
    assert list(house.import_law(path, source, {"demo", "synthesize"}))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("datasets/store/build.py", "import hparams\nfrom moksori.audio import files"),
        (
            "moksori/tacotron/model.py",
            "from . import lstm\nfrom moksori.backend.loops import scan",
        ),
        (
            "moksori/voices/trained.py",
            "import moksori.tacotron, moksori.training.runs, hangul.symbols",
        ),
        (
            "moksori/commands/demo.py",
            "import moksori.voices, datasets, moksori.metrics, hparams",
        ),
        ("synthesize.py", "from moksori.commands.synthesize import main"),
        ("benchmarks/text.py", "import hangul\nfrom benchmarks import clock"),
        ("tests/test_demo.py", "import synthesize"),
        ("moksori/audio/files.py", "import numpy as hangul"),
    ],
)
def test_import_law_is_kept(path, source):
    assert not list(house.import_law(path, source, {"demo", "synthesize"}))


@pytest.mark.parametrize(
    ("path", "source", "broken"),
    [
        ("hangul/jamo.py", "from keras import ops", True),
        ("datasets/store/build.py", "def read():\n    import soundfile", True),
        ("moksori/tacotron/model.py", "import tensorflow as tf", True),
        ("moksori/training/loop.py", "from jax.numpy import dot", True),
        ("moksori/voices/trained.py", "import torch", True),
        ("moksori/voices/xtts/voice.py", "import torch", False),
        ("moksori/voices/output.py", "__import__('TTS.api')", True),
        ("moksori/tacotron/model.py", "import keras", False),
        ("moksori/backend/loops.py", "import tensorflow as tf", False),
        ("moksori/audio/files.py", "import soundfile, avro", False),
        ("tests/test_lstm.py", "import jax", False),
    ],
)
def test_confinement_rule(path, source, broken):
    assert bool(list(house.confinement(path, source))) == broken


@pytest.mark.parametrize(
    ("handler", "broken"),
    [
        ("except:\n    raise", True),
        ("except Exception:\n    pass", True),
        ("except (OSError, BaseException) as e:\n    ...", True),
        ("except module.Exception_:\n    pass", False),
        ("except Exception as error:\n    log(error)", False),
        ("except FileNotFoundError:\n    pass", False),
    ],
)
def test_swallowed_rule(handler, broken):
    assert bool(list(house.swallowed("a.py", f"try:\n    f()\n{handler}"))) == broken
    assert list(house.swallowed("a.py", "with contextlib.suppress(Exception): f()"))


def test_circle_rule():
    sources = {
        "hangul/__init__.py": "from hangul.text import read",
        "hangul/text.py": "from hangul import jamo",
        "hangul/jamo.py": "import re",
    }
    assert house.circle(sources) == []
    sources["hangul/jamo.py"] = "def f():\n    from .text import read"
    assert set(house.circle(sources)) == {"hangul.jamo", "hangul.text"}


def test_length_rule():
    assert not list(house.length("preprocess.py", "\n" * 95))
    assert list(house.length("preprocess.py", "\n" * 96))
    assert not list(house.length("moksori/audio/files.py", "\n" * 320))
    assert list(house.length("moksori/audio/files.py", "\n" * 321))


def test_docstrings_rule():
    bare, told = "def f():\n    pass", "class A:\n    'What it is.'"
    assert list(house.docstrings("moksori/audio/files.py", bare))
    assert list(house.docstrings("moksori/audio/files.py", "class A:\n    x = 1"))
    assert not list(house.docstrings("moksori/audio/files.py", told))
    assert not list(house.docstrings("moksori/audio/files.py", "def _f():\n    pass"))
