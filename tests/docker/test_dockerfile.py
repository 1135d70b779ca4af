"""What the Dockerfile promises: pinned, small, of no user, installed by one script."""

import re
import subprocess
import tomllib

import pytest

from tests.docker.read import BIN, ROOT, Instruction, dockerfile, ignored, patterns

TEXT = (ROOT / "Dockerfile").read_text("utf-8")
ALL = dockerfile(TEXT)
STAGES = {each.stage for each in ALL}
TARGETS = ("cpu", "gpu")


def of(stage: str, word: str) -> list[Instruction]:
    return [each for each in ALL if (each.stage, each.word) == (stage, word)]


def assignments(stage: str, word: str) -> dict[str, str]:
    return {k: v for each in of(stage, word) for k, v in each.pairs().items()}


def unpinned(reference: str) -> bool:
    """Whether an image could be another one tomorrow."""
    tag = re.fullmatch(r"[\w./-]+:(\d+\.\d+\.\d+[\w.-]*)", reference)
    return not tag


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("hadolint", "Dockerfile"),
        ("hadolint", "docker/xtts.Dockerfile"),
        ("shellcheck", "docker/install.sh"),
        ("shellcheck", "docker/entrypoint.sh"),
    ],
)
def test_linters_are_content(command, file):
    run = subprocess.run([BIN / command, ROOT / file], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_base_is_pinned_by_an_exact_tag():
    froms = [each.words for each in ALL if each.word == "FROM"]
    outside = {words[0] for words in froms} - STAGES
    assert outside
    assert {base for base in outside if unpinned(base)} == set()
    assert all(words[1] == "AS" for words in froms)
    sources = {f.split("=")[1] for i in ALL for f in i.flags if f.startswith("--from")}
    assert sources <= STAGES


@pytest.mark.parametrize(
    "reference",
    ["python", "python:latest", "python:3.11", "nvidia/cuda:12.9.1", "python:slim"],
)
def test_what_counts_as_pinned(reference):
    assert unpinned(reference) == (reference != "nvidia/cuda:12.9.1")


def test_the_targets_are_stages_and_gpu_is_the_default():
    assert set(TARGETS) <= STAGES
    assert ALL[-1].stage == "gpu"
    assert "nvidia/cuda" in of("gpu", "FROM")[0].rest


def test_nothing_is_fetched_but_by_the_install_script():
    words = {each.word for each in ALL}
    assert "ADD" not in words
    assert "ARG" not in words
    runs = [" ".join(each.words) for each in ALL if each.word == "RUN"]
    assert sum("install.sh" in run for run in runs) == 6
    fetching = re.compile(r"\b(pip|apt|apt-get|curl|wget|uv|conda|git)\b")
    assert [run for run in runs if fetching.search(run)] == []


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_installed_from_its_lock_and_checked_where_it_will_run(target):
    (install,) = of(f"install-{target}", "RUN")
    assert install.words == ["/src/install.sh", target, "/opt/moksori"]
    assert f"source=requirements/{target}.lock" in install.rest
    copied = [each for each in of(target, "COPY") if "/opt/moksori" in each.words]
    assert copied[0].flags == [f"--from=install-{target}"]
    order = [each.rest for each in ALL if each.stage == target]
    check = next(i for i, rest in enumerate(order) if "install.sh check" in rest)
    assert order.index(copied[0].rest) < check


def test_a_secret_is_mounted_and_never_copied():
    secrets = [f for i in ALL for f in i.flags if "type=secret" in f]
    assert len(secrets) == 2
    assert not re.search(r"(?i)(password|token|api_key)\s*=", TEXT)


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_runs_as_nobody_and_hears_signals(target):
    user = of(target, "USER")[-1].rest
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    entry = of(target, "ENTRYPOINT")[-1].rest
    assert entry == '["tini", "--", "/app/docker/entrypoint.sh"]'
    assert of(target, "CMD")[-1].rest == '["help"]'
    assert of(target, "STOPSIGNAL")[-1].rest == "SIGTERM"
    assert of(target, "WORKDIR")[-1].rest == "/work"
    last = [each.word for each in ALL if each.stage == target]
    assert "RUN" not in last[last.index("USER") :]


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_needs_no_writable_place_but_tmp(target):
    variables = assignments(target, "ENV")
    assert variables["PYTHONDONTWRITEBYTECODE"] == "1"
    assert variables["HOME"].startswith("/tmp/")
    assert variables["MOKSORI_PYTHON"] == "/opt/moksori/bin/python"
    assert variables["PATH"].startswith("/opt/moksori/bin:")


def test_the_targets_differ_only_in_what_concerns_the_card():
    cpu, gpu = (assignments(target, "ENV") for target in TARGETS)
    assert set(gpu) - set(cpu) == {
        "LD_LIBRARY_PATH",
        "NVIDIA_VISIBLE_DEVICES",
        "NVIDIA_DRIVER_CAPABILITIES",
    }
    assert {name: gpu[name] for name in cpu} == cpu
    assert not any("cuda" in path for path in gpu["LD_LIBRARY_PATH"].split(":"))
    words = ("USER", "ENTRYPOINT", "CMD", "WORKDIR", "STOPSIGNAL", "EXPOSE")
    for word in words:
        ours, theirs = ([each.rest for each in of(t, word)] for t in TARGETS)
        assert ours == theirs


@pytest.mark.parametrize("target", TARGETS)
def test_labels_tell_the_version(target):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    labels = assignments(target, "LABEL")
    prefix = "org.opencontainers.image."
    assert labels[f"{prefix}version"] == project["version"]
    assert {f"{prefix}title", f"{prefix}description"} <= set(labels)


def test_what_is_copied_or_mounted_is_there_and_in_the_context():
    rules = patterns((ROOT / ".dockerignore").read_text("utf-8"))
    named = [
        word
        for each in ALL
        if each.word == "COPY" and not any("--from" in flag for flag in each.flags)
        for word in each.words[:-1]
    ]
    binds = [flag for each in ALL for flag in each.flags if "type=bind" in flag]
    named += [re.search(r"source=([^,]+)", flag)[1] for flag in binds]
    assert "docker/install.sh" in named
    for name in named:
        assert (ROOT / name).exists(), name
        assert name == "." or not ignored(rules, name), name


def test_both_stages_of_python_are_one():
    assert of("install-gpu", "FROM")[0].words[0] == "python"
    taken = [each for each in of("gpu", "COPY") if "--from=python" in each.flags]
    assert all(each.words[0].startswith("/usr/local/") for each in taken)
    assert len(taken) == 3
