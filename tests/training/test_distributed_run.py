"""One run of two hosts: the chief's files, and what the other makes of them."""

import numpy as np
import pytest

from moksori.training.distributed_run import DistributedRun
from moksori.training.runs import Run, RunError
from tests.backend.hosts import together

ARRAYS = {
    "model/w": np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3),
    "model/noise": np.array([1, 2**32 - 1], np.uint32),
    "optimizer/iteration": np.array(7),
}
STATE = {"health": {"losses": [0.5, 0.25]}, "loss_sum": 1.5, "loss_count": 2}


def shared(devices, folder):
    """The run in `folder`, which the other host cannot even see."""
    run = (Run.open if (folder / "run.json").exists() else _create)(folder)
    return DistributedRun(run if devices.chief else None, devices, "elsewhere")


def _create(folder):
    return Run.create(folder, {"kind": "line"})


@pytest.fixture
def folder(tmp_path):
    _create(tmp_path / "run").save(3, ARRAYS, STATE, 0.25, "rank")
    return tmp_path / "run"


def test_every_host_finds_what_the_chief_reads(folder):
    def work(devices):
        run = shared(devices, folder)
        with run.lock():
            assert run.begun
            return run.restore()

    for found in together(work):
        assert (found.step, found.state) == (3, STATE)
        assert (found.metric, found.ranked_by) == (0.25, "rank")
        assert set(found.arrays) == set(ARRAYS)
        for name, array in found.arrays.items():
            assert array.dtype == ARRAYS[name].dtype
            np.testing.assert_array_equal(array, ARRAYS[name])


def test_the_chief_alone_writes(tmp_path):
    _create(tmp_path / "run")

    def work(devices):
        run = shared(devices, tmp_path / "run")
        assert not run.begun
        assert run.restore() is None
        run.save(5, {"host": np.array([devices.host])}, {}, 0.5, "rank")
        return run.events

    events, nowhere = together(work)
    assert events == tmp_path / "run" / "events"
    assert nowhere is None
    saved = Run.open(tmp_path / "run").restore()
    assert (saved.step, int(saved.arrays["host"][0])) == (5, 0)
    assert (saved.metric, saved.ranked_by) == (0.5, "rank")


def test_a_run_in_use_is_refused_on_every_host(folder):
    def work(devices):
        run = shared(devices, folder)
        with run.lock():
            return "held"

    with Run.open(folder).lock():
        for error in together(work):
            assert isinstance(error, RunError)
            assert "is being trained already" in str(error)
    assert together(work) == ["held", "held"]
