"""The compose files: valid, and in agreement with entrypoint, image and scripts."""

import re
import subprocess

import pytest
import yaml

from tests.docker.read import BIN, ROOT
from tests.docker.words import check_command

FILES = ("docker/compose.yaml", "docker/compose.two-workers.yaml")
# Where the image may be written, and what the entrypoint calls by these names.
PLACES = {"/work/data": "../data", "/work/logs": "../logs"}


def filled(text: str) -> str:
    """${NAME:-default} -> default, as compose does with an empty environment."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def services(path: str) -> dict:
    text = filled((ROOT / path).read_text("utf-8"))
    return yaml.safe_load(text)["services"]


EACH = [(path, name) for path in FILES for name in services(path)]


@pytest.mark.parametrize("path", FILES)
def test_they_are_valid(path):
    command = [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec"]
    run = subprocess.run([*command, ROOT / path], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("path", FILES)
def test_every_variable_has_a_default(path):
    text = (ROOT / path).read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    assert "$" not in filled("\n".join(lines))


def test_the_services_are_those_of_a_training_day():
    assert set(services(FILES[0])) == {"train", "vocoder", "tensorboard", "demo"}
    assert len(services(FILES[1])) == 2


@pytest.mark.parametrize(("path", "name"), EACH)
def test_a_service_says_what_the_entrypoint_and_the_script_know(path, name):
    check_command(services(path)[name]["command"])


@pytest.mark.parametrize(("path", "name"), EACH)
def test_a_service_writes_in_its_volumes_and_tmp_alone(path, name):
    service = services(path)[name]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp:mode=1777"]
    assert service["cap_drop"] == ["ALL"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    mounts = dict(volume.split(":")[1::-1] for volume in service["volumes"])
    assert mounts.items() <= PLACES.items()
    assert "/work/logs" in mounts
    paths = [word for word in service["command"] if "/" in word]
    for word in paths:
        assert f"/work/{word.partition('/')[0]}" in mounts


@pytest.mark.parametrize(("path", "name"), EACH)
def test_a_training_gets_cards_memory_and_time(path, name):
    service = services(path)[name]
    if name == "tensorboard":
        assert "deploy" not in service
        return
    (device,) = service["deploy"]["resources"]["reservations"]["devices"]
    assert device["driver"] == "nvidia"
    assert device["capabilities"] == ["gpu"]
    assert service["shm_size"] == "4gb"
    assert service["stop_grace_period"] == "3m"


@pytest.mark.parametrize(("path", "name"), EACH)
def test_a_training_that_failed_is_continued_and_one_that_ended_is_not(path, name):
    policy = {"tensorboard": "unless-stopped", "demo": "no"}
    assert services(path)[name]["restart"] == policy.get(name, "on-failure:10")


def test_two_workers_differ_in_number_and_card():
    found = services(FILES[1])
    cluster = [service["environment"] for service in found.values()]
    addresses = {each["KERAS_DISTRIBUTION_JOB_ADDRESSES"] for each in cluster}
    assert len(addresses) == 1
    hosts = [address.partition(":")[0] for address in addresses.pop().split(",")]
    assert hosts == list(found)
    numbers = [each["KERAS_DISTRIBUTION_PROCESS_ID"] for each in cluster]
    assert numbers == [str(number) for number in range(len(found))]
    cards = [
        service["deploy"]["resources"]["reservations"]["devices"][0]["device_ids"]
        for service in found.values()
    ]
    assert cards == [["0"], ["1"]]
    rest = [
        {k: v for k, v in service.items() if k not in ("environment", "deploy")}
        for service in found.values()
    ]
    assert rest[0] == rest[1]
