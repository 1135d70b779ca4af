"""Trainings on several devices and hosts, as a person runs them, on one machine."""

import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path

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
        "wavenet.layers=2",
        "wavenet_training.batch=3",
        "wavenet_training.crop_frames=2",
        "wavenet_training.compute=float32",
        "wavenet_training.log_every=1",
        "wavenet_training.held_out=0",
        "wavenet_training.previews=0",
        f"wavenet_training.steps={STEPS}",
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


@pytest.fixture(scope="module")
def alone(backend, store, tmp_path_factory):
    """A training on one device."""
    run = tmp_path_factory.mktemp("alone") / "run"
    code, _, err = finish(start(backend, store, run))
    assert code == 0, err
    return Alone(run, losses(run))


@dataclass(frozen=True)
class Alone:
    folder: Path
    losses: dict[int, float]


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


def assert_follows(ours: dict, theirs: dict) -> None:
    assert list(theirs) == list(range(1, STEPS + 1))
    assert list(ours) == list(theirs)
    np.testing.assert_allclose(list(ours.values()), list(theirs.values()), rtol=2e-3)


def wait_for(run, step: int, processes) -> None:
    while (newest(run) or 0) < step:
        assert all(process.poll() is None for process in processes)
        time.sleep(0.01)


def test_two_devices_train_as_one(backend, store, alone, tmp_path):
    code, _, err = finish(start(backend, store, tmp_path / "run", devices=2))
    assert code == 0, err
    assert "training on 2 x" in err
    assert_follows(losses(tmp_path / "run"), alone.losses)


def test_two_devices_train_a_vocoder_as_one(backend, store, tmp_path):
    """A batch of three, with its noise: two crops on one, one on the other."""
    runs = {devices: tmp_path / str(devices) for devices in (1, 2)}
    for devices, run in runs.items():
        process = start(backend, store, run, devices=devices, program=WAVENET)
        code, _, err = finish(process)
        assert code == 0, err
    assert_follows(losses(runs[2]), losses(runs[1]))


def test_two_hosts_stop_together_and_one_goes_on(backend, store, alone, tmp_path):
    """One of two hosts is asked to stop; a single process continues from there."""
    run = tmp_path / "run"
    hosts = two_hosts(backend, store, run, ENDLESS)
    wait_for(run, 5, hosts)
    hosts[1].send_signal(signal.SIGTERM)
    (first, out, err), (second, _, other) = map(finish, hosts)
    assert (first, second) == (143, 143), err + other
    step = newest(run)
    assert 5 <= step < STEPS, "the machine is too fast: ask earlier"
    assert f"stopped after step {step}; the same command continues" in out
    assert len(list((run / "checkpoints").glob("*"))) <= 4
    code, _, err = finish(start(backend, store, run))
    assert code == 0, err
    assert_follows(losses(run), alone.losses)


@pytest.mark.parametrize("dies", [0, 1])
def test_a_host_that_dies_leaves_a_run_to_continue(
    backend, store, alone, tmp_path, dies
):
    run = tmp_path / "run"
    hosts = two_hosts(backend, store, run, ENDLESS)
    wait_for(run, 5, hosts)
    hosts[dies].kill()
    code, _, err = finish(hosts[1 - dies])
    hosts[dies].communicate()
    assert code == 75, err
    assert f"train_tacotron.py: host {1 - dies} of 2: another host has gone" in err
    assert "The same command on every host continues from the last checkpoint" in err
    assert last(run).step % 5 == 0
    if dies == 1:
        code, _, err = finish(start(backend, store, run, devices=2))
        assert code == 0, err
        assert_follows(losses(run), alone.losses)


def test_two_hosts_begin_from_another_run_and_finish(backend, store, alone, tmp_path):
    """What the chief begins with, all do; pictures and judgement are its own."""
    first = alone.folder
    shown = (
        "tacotron_training.held_out=2",
        "tacotron_training.previews=1",
        "tacotron_training.preview_every=2",
    )
    few = (*shown, "tacotron_training.steps=4", "tacotron_training.save_every=2")
    runs = [tmp_path / "one", tmp_path / "two"]
    flags = ("--from", first)
    one = start(backend, store, runs[0], *few, flags=flags)
    two = two_hosts(backend, store, runs[1], *few, flags=flags)
    for process in (one, *two):
        code, _, err = finish(process)
        assert code == 0, err
    ours, theirs = losses(runs[1]), losses(runs[0])
    np.testing.assert_allclose(list(ours.values()), list(theirs.values()), rtol=2e-3)
    assert list((runs[1] / "previews" / "step-00000004").glob("*.wav"))
    assert last(runs[1]).metric == pytest.approx(last(runs[0]).metric, rel=1e-2)


def test_a_mistake_is_told_on_every_host(backend, store, tmp_path):
    hosts = two_hosts(
        backend, store, tmp_path / "run", "tacotron_training.batch_frames=0"
    )
    for process in hosts:
        code, _, err = finish(process)
        assert code == 2
        assert (
            "train_tacotron.py: tacotron_training.batch_frames must be at least 1"
            in err
        )


def test_a_number_that_is_none(backend, store, tmp_path):
    process = start(backend, store, tmp_path / "run", devices="most")
    code, _, err = finish(process)
    assert code == 2
    assert "train_tacotron.py: --devices most: all, or a number from 1" in err
