"""Other hosts of a training: variables that contradict, a chief that answers or not."""

import socket

import pytest

from moksori.doctor.findings import ERROR, OK, WARNING
from moksori.doctor.hosts import check_hosts


@pytest.fixture
def second_of_two(monkeypatch):
    """Name the chief of two hosts, of which this is the second."""

    def name(address: str) -> None:
        monkeypatch.setenv("JAX_COORDINATOR_ADDRESS", address)

    monkeypatch.setenv("JAX_NUM_PROCESSES", "2")
    monkeypatch.setenv("JAX_PROCESS_ID", "1")
    return name


def test_one_host_and_variables_without_sense(monkeypatch):
    assert check_hosts().level is OK
    monkeypatch.setenv("TF_CONFIG", "{")
    assert check_hosts().level is ERROR


def test_the_chief(second_of_two, monkeypatch):
    second_of_two("localhost:1")
    monkeypatch.setenv("JAX_PROCESS_ID", "0")
    assert check_hosts().text == "host 0 of 2, the chief"


def test_a_chief_that_listens_and_one_that_does_not_yet(second_of_two):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        second_of_two(f"127.0.0.1:{listener.getsockname()[1]}")
        assert check_hosts().text.endswith("does not listen yet")
        listener.listen()
        assert check_hosts().text.endswith("listens")


@pytest.mark.parametrize(
    ("failure", "level"), [(socket.gaierror(), ERROR), (TimeoutError(), WARNING)]
)
def test_a_chief_that_is_not_there(monkeypatch, second_of_two, failure, level):
    def connect(*_):
        raise failure

    second_of_two("chief:2222")
    monkeypatch.setattr(socket, "create_connection", connect)
    assert check_hosts().level is level
