"""Dockerfiles, compose and Kubernetes files: valid, tight, and true to the code."""

import json
import re
import shutil
import sys
from importlib import import_module
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from moksori.__main__ import COMMANDS
from moksori.training.export import SHIPPED_VOICE
from tests.docker.container import ENTRYPOINT, ROOT, clean, run

BIN = Path(sys.executable).parent
COMPOSE = ("docker/compose.yaml", "docker/compose.two-workers.yaml")
SCHEMA = ("check-jsonschema", "--builtin-schema", "vendor.compose-spec")


@pytest.mark.parametrize(
    ("command", "file"),
    [
        (("hadolint",), "Dockerfile"),
        (("hadolint",), "docker/xtts.Dockerfile"),
        (("hadolint",), "docker/speakers.Dockerfile"),
        (("shellcheck",), "docker/install.sh"),
        (("shellcheck",), "docker/entrypoint.sh"),
        *((SCHEMA, file) for file in COMPOSE),
    ],
)
def test_linters_and_schemas_accept(command, file):
    answer = run([BIN / command[0], *command[1:], ROOT / file])
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_bases_are_pinned_and_both_targets_run_alike():
    text = (ROOT / "Dockerfile").read_text("utf-8")
    stages = {each[1]: each[0] for each in re.findall(r"FROM (\S+) AS (\S+)", text)}
    for base in set(stages.values()) - set(stages):
        assert re.search(r":\d+\.\d+\.\d+", base), base
    cpu, gpu = (text[text.index(f"AS {each}\n") :] for each in ("cpu", "gpu"))
    cpu = cpu[: cpu.index("\nFROM")]
    for word in ("USER", "ENTRYPOINT", "CMD", "WORKDIR", "STOPSIGNAL"):
        line = re.search(rf"^{word} .*$", gpu, re.MULTILINE)[0]
        assert line in cpu
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", cpu, re.MULTILINE)
    assert text.count("PYTHONDONTWRITEBYTECODE=1") == 2


def test_the_context_holds_all_that_runs_and_nothing_private(tmp_path):
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    kept = [line[1:] for line in lines if line.startswith("!")]
    assert "*" in lines
    assert not {"data", "docs", "logs", "tests", ".git", ".venv", "docker"} & set(kept)
    for path in (path for pattern in kept for path in ROOT.glob(pattern)):
        to = tmp_path / path.relative_to(ROOT)
        to.parent.mkdir(exist_ok=True)
        (shutil.copytree if path.is_dir() else shutil.copy)(path, to)
    code = "import hparams; hparams.preset('tiny'); import moksori.voices, datasets"
    command = clean("python", "-c", code)
    command[command.index(str(ENTRYPOINT))] = str(tmp_path / "docker/entrypoint.sh")
    answer = run(command, tmp_path)
    assert answer.returncode == 0, answer.stderr
    for command in COMMANDS:
        assert (tmp_path / f"moksori/commands/{command}.py").exists()
    assert (tmp_path / SHIPPED_VOICE.relative_to(ROOT) / "run.json").exists()


def check_command(words: list[str]) -> None:
    """Fail unless the first word is a command and takes the flags that follow."""
    if words[0] == "help":
        return
    assert words[0] in COMMANDS
    parser = import_module(f"moksori.commands.{words[0]}").parser()
    parser.parse_args([word for word in words[1:] if word != "…"])


def test_the_image_of_speakers_serves_with_keys_alone():
    text = (ROOT / "docker/speakers.Dockerfile").read_text("utf-8")
    words = json.loads(re.search(r"^CMD (.*)$", text, re.MULTILINE)[1])
    check_command(words)
    asked = import_module("moksori.commands.speakers").parser().parse_args(words[1:])
    assert (asked.host, asked.api_key_file) == ("0.0.0.0", Path("data/speakers/keys"))
    assert text.index("USER 1000:1000") > text.index("USER 0:0")
    for name in re.findall(r"source=(\S+?),", text):
        assert (ROOT / name).is_file()


def services(path: str) -> dict[str, dict]:
    """The services of a compose file in an empty environment."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", (ROOT / path).read_text("utf-8"))
    return yaml.safe_load(text)["services"]


@pytest.mark.parametrize("path", COMPOSE)
def test_a_service_is_confined_and_continued(path):
    for name, service in services(path).items():
        check_command(service["command"])
        assert service["read_only"] is True
        assert service["tmpfs"] == ["/tmp:mode=1777"]
        assert service["cap_drop"] == ["ALL"]
        assert service["user"] == "1000:1000"
        places = {volume.split(":")[1] for volume in service["volumes"]}
        assert "/work/logs" in places <= {"/work/data", "/work/logs"}
        policy = {"tensorboard": "unless-stopped", "demo": "no"}
        assert service["restart"] == policy.get(name, "on-failure:10")


OBJECTS = [
    each
    for path in sorted((ROOT / "docker/k8s/one-worker").glob("*.yaml"))
    if path.name != "kustomization.yaml"
    for each in yaml.safe_load_all(path.read_text("utf-8"))
]


@pytest.mark.parametrize("release", ["1.33.0", "1.37.0"])
def test_kubernetes_accepts(release):
    for thing in OBJECTS:
        kubernetes_validate.validate(thing, release, strict=True)


def test_a_pod_may_do_no_more_than_it_must():
    for thing in OBJECTS:
        if thing["kind"] not in ("Pod", "Job", "Deployment"):
            continue
        pod = thing["spec"].get("template", thing)["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in pod["containers"]:
            if thing["kind"] != "Pod":
                check_command(container["args"])
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_two_workers_have_two_addresses():
    compose = services(COMPOSE[1])
    for name, service in compose.items():
        addresses = service["environment"]["KERAS_DISTRIBUTION_JOB_ADDRESSES"]
        assert addresses == ",".join(f"{each}:12345" for each in compose)
        number = service["environment"]["KERAS_DISTRIBUTION_PROCESS_ID"]
        assert name == f"worker-{number}"
    patches = (ROOT / "docker/k8s/two-workers/kustomization.yaml").read_text("utf-8")
    name = "moksori-train"
    assert {(each["kind"], each["metadata"]["name"]) for each in OBJECTS} >= {
        ("Job", name),
        ("Service", name),
    }
    assert f"value: {name}-0.{name}:12345,{name}-1.{name}:12345\n" in patches
    assert patches.count("value: 2\n") == 2
