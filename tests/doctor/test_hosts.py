import json
import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moksori.doctor import hosts
from moksori.doctor.findings import Level


def examined(**environment):
    (found,) = hosts.examine(environment, patience=1.0)
    return found


def tf_config(*workers, index=0):
    task = {"type": "worker", "index": index}
    return json.dumps({"cluster": {"worker": list(workers)}, "task": task})


@pytest.fixture
def port():
    """One that nothing listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        number = taken.getsockname()[1]
    return number


def test_alone():
    found = examined()
    assert found.level is Level.OK
    assert found.values == {"count": 1, "index": 0}


def test_the_first_needs_its_port(port):
    workers = (f"127.0.0.1:{port}", "b:1")
    found = examined(TF_CONFIG=tf_config(*workers))
    assert found.level is Level.OK
    assert f"port {port} is free" in found.text
    with socket.socket() as taken:
        taken.bind(("", port))
        taken.listen()
        found = examined(TF_CONFIG=tf_config(*workers))
    assert found.level is Level.ERROR
    assert f"port {port} cannot be had" in found.text


def test_the_others_call_the_first(port):
    environment = {
        "JAX_COORDINATOR_ADDRESS": f"127.0.0.1:{port}",
        "JAX_NUM_PROCESSES": "2",
        "JAX_PROCESS_ID": "1",
    }
    found = examined(**environment)
    assert (found.level, found.values["answer"]) == (Level.OK, "there")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        listener.listen()
        found = examined(**environment)
    assert (found.level, found.values["answer"]) == (Level.OK, "listening")
    assert found.text.startswith("host 1 of 2; the first, 127.0.0.1:")


def test_a_name_that_nobody_knows(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    found = examined(TF_CONFIG=tf_config("none.invalid:1", "b:2", index=1))
    assert found.level is Level.ERROR
    assert "not a name that is known" in found.text


def test_a_name_service_that_hangs(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(9) or [])
    begun = time.monotonic()
    assert hosts.reach("somewhere:1", 0.2) == "unknown"
    assert time.monotonic() - begun < 5


def test_a_host_that_does_not_answer(monkeypatch):
    def silent(*_):
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", silent)
    found = examined(TF_CONFIG=tf_config("127.0.0.1:1", "b:2", index=1))
    assert found.level is Level.WARNING
    assert "firewall" in found.advice


@pytest.mark.parametrize(
    "environment",
    [
        {"TF_CONFIG": "{"},
        {"TF_CONFIG": "{}"},
        {"TF_CONFIG": "[]"},
        {"TF_CONFIG": tf_config("a:1", "b:2", index=2)},
        {"TF_CONFIG": tf_config("a", "b")},
        {"KERAS_DISTRIBUTION_JOB_ADDRESSES": "a:1,b:1"},
        {"JAX_COORDINATOR_ADDRESS": "a:1", "JAX_NUM_PROCESSES": "two"},
        {
            "TF_CONFIG": tf_config("a:1", "b:2"),
            "KERAS_DISTRIBUTION_JOB_ADDRESSES": "a:1,c:2",
            "KERAS_DISTRIBUTION_PROCESS_ID": "0",
        },
    ],
)
def test_variables_that_make_no_sense(environment):
    found = examined(**environment)
    assert found.level is Level.ERROR
    assert "every host" in found.advice


@given(st.text(), st.integers())
def test_whatever_the_variables_say(text, number):
    config = json.dumps(
        {"cluster": {"worker": [text, text]}, "task": {"index": number}}
    )
    for environment in ({"TF_CONFIG": config}, {"TF_CONFIG": text}):
        assert list(hosts.examine(environment, patience=0.01))
