"""Other hosts of a training: variables that contradict, a chief that answers or not."""

import socket

import pytest

from moksori.doctor import hosts
from moksori.doctor.findings import ERROR, OK, WARNING


def second_of_two(address: str) -> dict[str, str]:
    return {
        "JAX_COORDINATOR_ADDRESS": address,
        "JAX_NUM_PROCESSES": "2",
        "JAX_PROCESS_ID": "1",
    }


def test_one_host():
    assert hosts.check_hosts({}).level is OK


def test_variables_without_sense():
    assert hosts.check_hosts({"TF_CONFIG": "{"}).level is ERROR


def test_the_chief():
    environment = second_of_two("localhost:1") | {"JAX_PROCESS_ID": "0"}
    assert hosts.check_hosts(environment).text == "host 0 of 2, the chief"


def test_a_chief_that_listens_and_one_that_does_not_yet():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        environment = second_of_two(f"127.0.0.1:{listener.getsockname()[1]}")
        assert hosts.check_hosts(environment).text.endswith("does not listen yet")
        listener.listen()
        assert hosts.check_hosts(environment).text.endswith("listens")


@pytest.mark.parametrize(
    ("failure", "level"), [(socket.gaierror(), ERROR), (TimeoutError(), WARNING)]
)
def test_a_chief_that_is_not_there(monkeypatch, failure, level):
    def connect(*_):
        raise failure

    monkeypatch.setattr(hosts.socket, "create_connection", connect)
    assert hosts.check_hosts(second_of_two("chief:2222")).level is level
