"""Trainings on several devices and hosts, as a person runs them, on one machine."""

import signal
import socket
import time

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.trainings import Program, finish, last, newest, tones

pytestmark = pytest.mark.distributed

# Replicas of TensorFlow draw numbers of their own, so that nothing may be random here.
CERTAIN = (
    "tacotron.encoder_dropout=0",
    "tacotron.prenet_dropout=0",
    "tacotron.postnet_dropout=0",
    "tacotron.zoneout=0",
    "tacotron.encoder_layers=1",
    "tacotron.postnet_layers=1",
    "tacotron_training.log_every=1",
    "tacotron_training.previews=0",
    "tacotron_training.held_out=0",
    "tacotron_training.save_every=5",
)
STEPS = 20
ENDLESS = "tacotron_training.steps=100000"
PROGRAM = Program(
    "train_tacotron.py", (*CERTAIN, f"tacotron_training.steps={STEPS}"), ENDLESS
)
WAVENET = Program(
    "train_wavenet.py",
    (
        "wavenet_training.batch=3",
        "wavenet_training.crop_frames=2",
        "wavenet_training.compute=float32",
        "wavenet_training.log_every=1",
        "wavenet_training.held_out=2",
        "wavenet_training.previews=1",
        "wavenet_training.preview_every=2",
        "wavenet_training.save_every=2",
        "wavenet_training.steps=4",
    ),
    "wavenet_training.steps=100000",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    # Seven recordings of a length make batches that two devices cannot halve.
    return tones(tmp_path_factory.mktemp("features"), count=14)


@pytest.fixture(scope="module", params=["tensorflow", "jax"])
def backend(request):
    return request.param


def start(
    backend,
    store,
    run,
    *overrides,
    host=None,
    ports=(),
    devices=1,
    program=PROGRAM,
    flags=(),
):
    environment = {"KERAS_BACKEND": backend}
    if host is not None:
        addresses = ",".join(f"127.0.0.1:{port}" for port in ports)
        environment |= {
            "KERAS_DISTRIBUTION_JOB_ADDRESSES": addresses,
            "KERAS_DISTRIBUTION_PROCESS_ID": str(host),
        }
    flags = ("--devices", str(devices), *map(str, flags))
    return program.start(store, run, *overrides, flags=flags, environment=environment)


def two_hosts(backend, store, run, *overrides, **named):
    ports = free_ports(2)
    return [
        start(backend, store, run, *overrides, host=host, ports=ports, **named)
        for host in range(2)
    ]


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def losses(run) -> dict[int, float]:
    """Step -> training loss, as TensorBoard shows it."""
    events = EventAccumulator(str(run / "events")).Reload()
    return {event.step: event.value for event in events.Scalars("train/loss")}


def wait_for(run, step: int, processes) -> None:
    while (newest(run) or 0) < step:
        assert all(process.poll() is None for process in processes)
        time.sleep(0.01)


def assert_close(ours: dict, theirs: dict, steps: int) -> None:
    assert list(ours) == list(theirs) == list(range(1, steps + 1))
    np.testing.assert_allclose(list(ours.values()), list(theirs.values()), rtol=2e-3)


def test_two_hosts_stop_together_and_two_devices_continue(backend, store, tmp_path):
    """One of two hosts is asked to stop; one process continues from there. The losses
    are those of one device."""
    alone, run = tmp_path / "alone", tmp_path / "run"
    code, _, err = finish(start(backend, store, alone))
    assert code == 0, err
    hosts = two_hosts(backend, store, run, ENDLESS)
    wait_for(run, 5, hosts)
    hosts[1].send_signal(signal.SIGTERM)
    (first, out, err), (second, _, other) = map(finish, hosts)
    assert (first, second) == (143, 143), err + other
    step = newest(run)
    assert 5 <= step < STEPS, "the machine is too fast: ask earlier"
    assert f"stopped after step {step}; the same command continues" in out
    assert len(list((run / "checkpoints").glob("*"))) <= 4
    code, _, err = finish(start(backend, store, run, devices=2))
    assert code == 0, err
    assert "training on 2 x" in err
    assert_close(losses(run), losses(alone), STEPS)


@pytest.mark.parametrize("dies", [0, 1])
def test_a_host_that_dies_leaves_a_run_to_continue(backend, store, tmp_path, dies):
    run = tmp_path / "run"
    hosts = two_hosts(backend, store, run, ENDLESS)
    wait_for(run, 5, hosts)
    hosts[dies].kill()
    code, _, err = finish(hosts[1 - dies])
    hosts[dies].communicate()
    assert code == 75, err
    assert f"train_tacotron: host {1 - dies} of 2: another host has gone" in err
    assert "The same command on every host continues from the last checkpoint" in err
    assert last(run).step % 5 == 0


def test_two_hosts_begin_a_vocoder_from_another_run(
    backend, store, tiny_vocoder_run, tmp_path
):
    """A batch of three, with its noise: two crops on one host, one on the other. What
    the chief begins with, all do; previews and evaluation are its own."""
    one, two = tmp_path / "one", tmp_path / "two"
    named = {"program": WAVENET, "flags": ("--from", tiny_vocoder_run)}
    processes = [
        start(backend, store, one, **named),
        *two_hosts(backend, store, two, **named),
    ]
    for process in processes:
        code, _, err = finish(process)
        assert code == 0, err
    assert_close(losses(two), losses(one), steps=4)
    assert list((two / "previews" / "step-00000004").glob("*.wav"))
    assert last(two).metric == pytest.approx(last(one).metric, rel=1e-2)
