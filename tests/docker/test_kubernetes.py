"""The Kubernetes files: valid, tight, and in agreement with the image."""

import re
from copy import deepcopy
from functools import cache

import kubernetes_validate
import pytest
import yaml

from tests.docker.read import ROOT, dockerfile
from tests.docker.words import check_command

# The oldest and the newest release that the validator knows.
RELEASES = ("1.33.0", "1.37.0")
FOLDER = ROOT / "docker/k8s"
ONE = FOLDER / "one-worker"
USER = next(
    each.rest
    for each in dockerfile((ROOT / "Dockerfile").read_text("utf-8"))
    if each.word == "USER"
)


@cache
def objects(folder: str = "one-worker") -> dict[tuple[str, str], dict]:
    """Kind and name -> what `kubectl kustomize` would make of a folder, as far as these
    files use it: resources, images and JSON patches."""
    home = FOLDER / folder
    kustomization = yaml.safe_load((home / "kustomization.yaml").read_text("utf-8"))
    found = {}
    for name in kustomization["resources"]:
        path = (home / name).resolve()
        if path.is_dir():
            # Kustomize takes a folder above for a cycle.
            assert path not in home.parents
            found |= deepcopy(objects(path.name))
        else:
            found |= documents(path)
    for patch in kustomization.get("patches", []):
        target = patch["target"]
        for (kind, name), thing in found.items():
            if kind == target["kind"] and name == target.get("name", name):
                for change in yaml.safe_load(patch["patch"]):
                    apply(thing, change)
    return found


def documents(path) -> dict[tuple[str, str], dict]:
    every = yaml.safe_load_all(path.read_text("utf-8"))
    return {(each["kind"], each["metadata"]["name"]): each for each in every}


def apply(thing: dict, change: dict) -> None:
    """One operation of RFC 6902, `replace` of what is there or `add` to a list."""
    *way, last = change["path"].strip("/").split("/")
    for step in way:
        thing = thing[int(step) if isinstance(thing, list) else step]
    if change["op"] == "add":
        assert last == "-"
        thing.append(change["value"])
    else:
        assert change["op"] == "replace"
        assert last in thing
        thing[last] = change["value"]


def pods(found) -> dict[str, dict]:
    """Name -> pod specification."""
    specs = {}
    for (kind, name), thing in found.items():
        if kind == "Pod":
            specs[name] = thing["spec"]
        elif kind in ("Job", "Deployment"):
            specs[name] = thing["spec"]["template"]["spec"]
    return specs


EVERYTHING = {
    "one": objects(),
    "two": objects("two-workers"),
    "files": documents(ONE / "files.yaml") | documents(ONE / "volumes.yaml"),
}
PODS = [(each, name) for each, found in EVERYTHING.items() for name in pods(found)]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("which", EVERYTHING)
def test_they_are_valid(which, release):
    for thing in EVERYTHING[which].values():
        kubernetes_validate.validate(thing, release, strict=True)


def test_the_validator_is_strict():
    job = deepcopy(objects()["Job", "moksori-train"])
    job["spec"]["template"]["spec"]["containers"][0]["comand"] = []
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(job, RELEASES[0], strict=True)


def test_every_file_is_used():
    listed = set(yaml.safe_load((ONE / "kustomization.yaml").read_text())["resources"])
    there = {path.name for path in ONE.glob("*.yaml")}
    assert there == listed | {"kustomization.yaml", "files.yaml"}


def test_images_are_pinned():
    kustomization = yaml.safe_load((ONE / "kustomization.yaml").read_text())
    named = {each["name"]: each["newTag"] for each in kustomization["images"]}
    for found in EVERYTHING.values():
        for spec in pods(found).values():
            for container in spec["containers"]:
                name, _, tag = container["image"].partition(":")
                assert re.fullmatch(r"\d+\.\d+\.\d+", tag or named[name])


@pytest.mark.parametrize(("which", "name"), PODS)
def test_a_pod_may_do_no_more_than_it_must(which, name):
    spec = pods(EVERYTHING[which])[name]
    assert spec["automountServiceAccountToken"] is False
    pod = spec["securityContext"]
    assert pod["runAsNonRoot"] is True
    assert f"{pod['runAsUser']}:{pod['runAsGroup']}" == USER
    assert pod["fsGroup"] == pod["runAsGroup"]
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in spec["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize(("which", "name"), PODS)
def test_volumes_are_those_there_are(which, name):
    found = EVERYTHING[which]
    spec = pods(found)[name]
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    for container in spec["containers"]:
        mounts = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
        assert set(mounts.values()) == set(volumes)
        assert set(mounts) <= {"/work/data", "/work/logs", "/tmp", "/dev/shm"}
        for path, volume in mounts.items():
            claim = volumes[volume].get("persistentVolumeClaim")
            assert bool(claim) == path.startswith("/work/")
            if claim:
                assert claim["claimName"] == f"moksori-{volume}"
                assert ("PersistentVolumeClaim", claim["claimName"]) in found


@pytest.mark.parametrize("which", ["one", "two"])
def test_commands_are_known(which):
    for spec in pods(EVERYTHING[which]).values():
        check_command(spec["containers"][0]["args"])


@pytest.mark.parametrize(("which", "count"), [("one", 1), ("two", 2)])
def test_the_job_continues_and_gives_up_on_mistakes(which, count):
    job = EVERYTHING[which]["Job", "moksori-train"]["spec"]
    assert job["completionMode"] == "Indexed"
    assert job["completions"] == job["parallelism"] == count
    spec = job["template"]["spec"]
    # What a podFailurePolicy asks for.
    assert spec["restartPolicy"] == "Never"
    disruption, mistake = job["podFailurePolicy"]["rules"]
    assert disruption["action"] == "Ignore"
    assert mistake["onExitCodes"]["values"] == [2]
    assert mistake["onExitCodes"]["containerName"] == spec["containers"][0]["name"]
    assert spec["terminationGracePeriodSeconds"] >= 120
    assert spec["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 1


def test_workers_know_each_other_by_the_names_the_service_gives():
    found = EVERYTHING["two"]
    job, service = found["Job", "moksori-train"], found["Service", "moksori-train"]
    spec = job["spec"]["template"]["spec"]
    assert spec["subdomain"] == service["metadata"]["name"]
    assert service["spec"]["clusterIP"] == "None"
    labels = job["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= labels.items()
    env = {each["name"]: each for each in spec["containers"][0]["env"]}
    port = service["spec"]["ports"][0]["port"]
    name, domain = job["metadata"]["name"], spec["subdomain"]
    addresses = [
        f"{name}-{index}.{domain}:{port}" for index in range(job["spec"]["completions"])
    ]
    given = env["KERAS_DISTRIBUTION_JOB_ADDRESSES"]["value"]
    assert given == ",".join(addresses)
    index = env["KERAS_DISTRIBUTION_PROCESS_ID"]["valueFrom"]["fieldRef"]["fieldPath"]
    assert "batch.kubernetes.io/job-completion-index" in index
    for (kind, _), thing in found.items():
        if kind == "PersistentVolumeClaim":
            assert thing["spec"]["accessModes"] == ["ReadWriteMany"]


def test_tensorboard_is_found_by_its_service():
    found = objects()
    service = found["Service", "moksori-tensorboard"]["spec"]
    deployment = found["Deployment", "moksori-tensorboard"]["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert service["selector"] == labels == deployment["selector"]["matchLabels"]
    (port,) = deployment["template"]["spec"]["containers"][0]["ports"]
    assert port == {"name": service["ports"][0]["targetPort"], "containerPort": 6006}
