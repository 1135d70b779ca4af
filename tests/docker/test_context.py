"""What is sent to the engine: everything that runs, and nothing else."""

import subprocess
from pathlib import PurePath

import pytest

from tests.docker.read import ROOT, ignored, patterns, tracked

RULES = patterns((ROOT / ".dockerignore").read_text("utf-8"))

# Tracked and of no use in the image.
OUTSIDE = {".ci", "data", "docs", "logs", "tests"}
UNUSED = {".dockerignore", ".gitattributes", ".gitignore", "Dockerfile", "Makefile"}


def needed(path: str) -> bool:
    """Whether a tracked file has to be in the image."""
    top = PurePath(path).parts[0]
    if top in OUTSIDE or path in UNUSED or path.endswith(".md"):
        return False
    if top == "docker":
        return PurePath(path).match("docker/*.sh") or path.endswith(".lock")
    return True


def test_every_file_that_runs_arrives():
    files = [path for path in tracked() if needed(path)]
    assert {"demo.py", "moksori/tacotron/model.py", "docker/entrypoint.sh"} <= set(
        files
    )
    assert [path for path in files if ignored(RULES, path)] == []


def test_nothing_else_arrives():
    rest = [path for path in tracked() if not needed(path)]
    assert "tests/house.py" in rest
    allowed = {"requirements/benchmarks.lock"}
    assert [p for p in rest if not ignored(RULES, p) and p not in allowed] == []


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".venv/bin/python",
        ".env",
        "docker/.env",
        "docker/compose.yaml",
        "docker/k8s/one-worker/train.yaml",
        "data/me/001.wav",
        "data/me.py",
        "logs/me/run.json",
        "recordings/me.wav",
        "pip.conf",
        "id_rsa",
        "audio/__pycache__/files.cpython-311.pyc",
        "__pycache__/hparams.cpython-311.pyc",
        ".pytest_cache/x",
    ],
)
def test_what_is_private_or_large_stays_out(path):
    assert ignored(RULES, path)


@pytest.mark.parametrize(
    ("rules", "path", "out"),
    [
        (["*"], "a/b", True),
        (["*", "!a"], "a/b/c", False),
        (["*", "!*.py"], "a.py", False),
        (["*", "!*.py"], "a/b.py", True),
        (["*", "!a", "**/c"], "a/b/c/d", True),
        (["**/c"], "c", True),
        (["a/*.lock"], "a/b.lock", True),
        (["a/*.lock"], "a/b/c.lock", False),
        (["*", "!a", "a/b"], "a/b/c", True),
        ([], "a", False),
    ],
)
def test_how_a_path_is_judged(rules, path, out):
    assert ignored(rules, path) == out


def test_scripts_can_be_executed():
    listed = subprocess.run(
        ["git", "ls-files", "--stage", "docker"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    modes = {line.split("\t")[1]: line[:6] for line in listed.stdout.splitlines()}
    scripts = {path: mode for path, mode in modes.items() if path.endswith(".sh")}
    assert set(scripts.values()) == {"100755"}
    assert len(scripts) == 2
